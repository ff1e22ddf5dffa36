import type { Token } from '../../src/core/token.ts';

/** A plausible token, for tests that care about one or two of its fields. */
export function tokenLike(fields: Partial<Token> = {}): Token {
  return {
    id: 't1',
    name: 'ci-runner',
    description: undefined,
    owner: { id: 'u1', name: 'Ada', status: 'active', role: 'user' },
    status: 'active',
    statusIsDerived: false,
    scopes: ['whoami'],
    created: Date.UTC(2026, 10, 24, 12),
    expires: Date.UTC(2026, 11, 8, 12),
    lastUsed: 'never',
    managed: false,
    hint: undefined,
    details: [],
    ...fields,
  };
}
