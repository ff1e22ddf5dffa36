import { conditionOf, type Instant, type Token, type TokenCondition, type TokenStatus } from './token.ts';

export const sortKeys = [
  'name',
  'status',
  'owner',
  'owner-status',
  'created',
  'expires',
  'last-used',
  'description',
] as const;
export type SortKey = (typeof sortKeys)[number];

/** What the tokens stand under. */
export const groupings = ['server', 'status', 'owner'] as const;
export type Grouping = (typeof groupings)[number];

/** Which tokens of a list are shown, and in which order. */
export interface Arrangement {
  readonly grouping: Grouping;
  readonly sort: SortKey;
  readonly descending: boolean;
  /** In name, description, owner, scopes or id, in any case; empty for all. */
  readonly text: string;
  /** Empty for all. */
  readonly conditions: readonly TokenCondition[];
  /** Not used for this many days, or never; 0 for all. Tokens whose use the server does not tell are left out. */
  readonly idleDays: number;
  readonly neverUsed: boolean;
  /** Of this owner only; undefined for all. */
  readonly owner: { readonly id: string; readonly name: string } | undefined;
}

export const plainArrangement: Arrangement = {
  grouping: 'server',
  sort: 'name',
  descending: false,
  text: '',
  conditions: [],
  idleDays: 0,
  neverUsed: false,
  owner: undefined,
};

export const isFiltered = ({ text, conditions, idleDays, neverUsed, owner }: Arrangement) =>
  text !== '' || conditions.length > 0 || idleDays > 0 || neverUsed || owner !== undefined;

const DAY = 86_400_000;

/** What a server can be asked to look for; every wish that is there is to be met. */
export interface TokenFilter {
  readonly ownerId?: string;
  readonly statuses?: readonly TokenStatus[];
  readonly neverUsed?: true;
  /** Not used since then, or never. */
  readonly unusedSince?: Instant;
}

/** The wishes of an arrangement, as far as a server may understand them. */
export function filterOf({ owner, conditions, neverUsed, idleDays }: Arrangement, now: Instant): TokenFilter {
  // Whether a token expires, or has expired since the server looked, is for us to say.
  const statuses = new Set(
    conditions.flatMap((each): TokenStatus[] =>
      each === 'expiring-soon' ? ['active'] : each === 'expired' ? ['expired', 'active'] : [each],
    ),
  );
  return {
    ...(owner === undefined ? {} : { ownerId: owner.id }),
    ...(statuses.size === 0 ? {} : { statuses: [...statuses] }),
    ...(neverUsed ? { neverUsed } : {}),
    ...(idleDays > 0 ? { unusedSince: now - idleDays * DAY } : {}),
  };
}

/** What needs attention first. */
export const CONDITIONS: readonly TokenCondition[] = [
  'expiring-soon',
  'active',
  'expired',
  'auto-revoked',
  'revoked',
];

/** The tokens that pass the filter, sorted; what the server does not say comes last in either direction. */
export function arranged(
  tokens: readonly Token[],
  arrangement: Arrangement,
  now: Instant,
  warningDays: number,
): readonly Token[] {
  const compare = ordering(arrangement, now, warningDays);
  return tokens.filter((token) => passes(token, arrangement, now, warningDays)).sort(compare);
}

function passes(token: Token, arrangement: Arrangement, now: Instant, warningDays: number): boolean {
  const { conditions, idleDays, neverUsed } = arrangement;
  if (conditions.length > 0 && !conditions.includes(conditionOf(token, now, warningDays))) return false;
  if (arrangement.owner !== undefined && token.owner?.id !== arrangement.owner.id) return false;
  if (neverUsed && token.lastUsed !== 'never') return false;
  if (idleDays > 0 && !isIdle(token, idleDays, now)) return false;
  const wanted = arrangement.text.trim().toLowerCase();
  if (wanted === '') return true;
  const texts = [token.name, token.description, token.owner?.name, ...(token.scopes ?? []), token.id];
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}

/** Last used that long ago; never used counts from the creation. */
export function isIdle({ lastUsed, created }: Token, days: number, now: Instant): boolean {
  const since = lastUsed === 'never' ? created : lastUsed;
  return since !== undefined && now - since >= days * DAY;
}

/** "item 2" before "item 10", capitals beside small letters. */
export const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function ordering({ sort, descending }: Arrangement, now: Instant, warningDays: number) {
  const valueOf = (token: Token): string | number | undefined => {
    switch (sort) {
      case 'name':
        return token.name ?? token.hint ?? token.id;
      case 'status':
        return CONDITIONS.indexOf(conditionOf(token, now, warningDays));
      case 'owner':
        return token.owner?.name;
      case 'owner-status':
        return token.owner?.status;
      case 'created':
        return token.created;
      case 'expires':
        return token.expires === 'never' ? Number.MAX_VALUE : token.expires;
      case 'last-used':
        return token.lastUsed === 'never' ? 0 : token.lastUsed;
      case 'description':
        return token.description === '' ? undefined : token.description;
    }
  };
  // Of the same name the one that is alive comes first: the others had the name before it.
  const rankOf = (token: Token) => CONDITIONS.indexOf(conditionOf(token, now, warningDays));
  return (one: Token, other: Token): number => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    const order =
      typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
    return (
      (descending ? -order : order) ||
      collator.compare(one.name ?? one.id, other.name ?? other.id) ||
      rankOf(one) - rankOf(other)
    );
  };
}
