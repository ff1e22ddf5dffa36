import { strict as assert } from 'node:assert';
import {
  arranged,
  type Arrangement,
  isFiltered,
  isIdle,
  filterOf,
  plainArrangement,
  sortKeys,
} from '../../../src/core/arrange.ts';
import type { Token } from '../../../src/core/token.ts';
import { tokenLike } from '../../fakes/tokens.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24);
const owner = (name: string, status: 'active' | 'disabled') => ({ id: name, name, status, role: undefined });

const tokens: readonly Token[] = [
  tokenLike({
    id: '1',
    name: 'item 10',
    created: NOW - 9 * DAY,
    expires: 'never',
    lastUsed: 'never',
    owner: owner('Zoe', 'active'),
    description: '',
  }),
  tokenLike({
    id: '2',
    name: 'Item 2',
    created: NOW - 99 * DAY,
    expires: NOW + 3 * DAY,
    lastUsed: NOW - 1 * DAY,
    owner: owner('ann', 'disabled'),
    description: 'beta',
  }),
  tokenLike({
    id: '3',
    name: 'alpha',
    created: undefined,
    expires: NOW - DAY,
    lastUsed: undefined,
    owner: undefined,
    description: 'Alpha builds',
  }),
  tokenLike({
    id: '4',
    name: 'beta',
    created: NOW - 50 * DAY,
    expires: NOW + 90 * DAY,
    lastUsed: NOW - 40 * DAY,
    status: 'revoked',
    owner: owner('Ben', 'active'),
    description: 'alpha 2',
  }),
];

const ids = (change: Partial<Arrangement>) =>
  arranged(tokens, { ...plainArrangement, ...change }, NOW, 7)
    .map(({ id }) => id)
    .join('');

describe('the order of tokens', () => {
  for (const [sort, up, down] of [
    ['name', '3421', '1243'],
    ['status', '2134', '4312'],
    ['owner', '2413', '1423'],
    ['owner-status', '4123', '2413'],
    ['created', '2413', '1423'],
    ['expires', '3241', '1423'],
    ['last-used', '1423', '2413'],
    ['description', '4321', '2341'],
  ] as const) {
    it(`by ${sort}, with what is not known last in either direction`, () => {
      assert.equal(ids({ sort }), up);
      assert.equal(ids({ sort, descending: true }), down);
    });
  }

  it('is tested for every key', () => {
    assert.equal(sortKeys.length, 8);
  });
});

describe('the filter of tokens', () => {
  it('finds text in name, description, owner, scopes and id, in any case', () => {
    assert.equal(ids({ text: ' ALPHA ' }), '34');
    assert.equal(ids({ text: 'zoe' }), '1');
    assert.equal(ids({ text: 'nowhere' }), '');
  });

  it('knows statuses, what was never used, and what lies idle', () => {
    assert.equal(ids({ conditions: ['expiring-soon', 'revoked'] }), '42');
    assert.equal(ids({ neverUsed: true }), '1');
    assert.equal(ids({ idleDays: 30 }), '4');
    assert.equal(ids({ idleDays: 5 }), '41', 'never used since its creation nine days ago');
    assert.ok(tokens.every((token) => !isIdle(token, 41, NOW)));
  });

  it('tells a server no more than it understands, so that nothing that fits is left out', () => {
    const wishes = (change: Partial<Arrangement>) => filterOf({ ...plainArrangement, ...change }, NOW);
    assert.deepEqual(wishes({ text: 'alpha', sort: 'owner' }), {});
    assert.deepEqual(wishes({ conditions: ['expiring-soon', 'revoked'] }), {
      statuses: ['active', 'revoked'],
    });
    // The server's list may be older than the token's last minute.
    assert.deepEqual(wishes({ conditions: ['expired'] }), { statuses: ['expired', 'active'] });
    assert.deepEqual(wishes({ neverUsed: true, owner: { id: 'zoe', name: 'Zoe' } }), {
      neverUsed: true,
      ownerId: 'zoe',
    });
    assert.deepEqual(wishes({ idleDays: 1 }), { unusedSince: NOW - 86_400_000 });
  });

  it('knows whether it hides anything', () => {
    assert.equal(isFiltered(plainArrangement), false);
    assert.equal(isFiltered({ ...plainArrangement, sort: 'owner', descending: true }), false);
    assert.equal(isFiltered({ ...plainArrangement, idleDays: 1 }), true);
  });
});
