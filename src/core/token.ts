/** A point in time, in milliseconds since 1970 (UTC). */
export type Instant = number;

export type TokenStatus = 'active' | 'expired' | 'revoked' | 'auto-revoked';

/** What a token's row is drawn as: the server's status, with active ones near their end set apart. */
export type TokenCondition = TokenStatus | 'expiring-soon';

export interface Owner {
  readonly id: string;
  readonly name: string;
  /** `undefined`: the server does not say. */
  readonly status: 'active' | 'disabled' | undefined;
  readonly role: string | undefined;
}

/** A token as its server lists it; never its secret. `undefined` always means "the server does not say". */
export interface Token {
  readonly id: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly owner: Owner | undefined;
  readonly status: TokenStatus;
  /** True where the server lists no status and ours was worked out from the expiry. */
  readonly statusIsDerived: boolean;
  readonly scopes: readonly string[] | undefined;
  readonly created: Instant | undefined;
  readonly expires: Instant | 'never' | undefined;
  readonly lastUsed: Instant | 'never' | undefined;
  /** Belongs to the platform, not to a person: shown, not offered for revoking. */
  readonly managed: boolean;
  /** What the server shows of the secret, e.g. `pat_3f…9XkQ`. */
  readonly hint: string | undefined;
  /** Fields only this kind of server has (npm: "Read-only", "CIDR"), label first. */
  readonly details: readonly (readonly [label: string, value: string])[];
}

const DAY = 86_400_000;

type Lifetime = Pick<Token, 'status' | 'expires'>;

/** Status refined by the clock: an active token past its expiry is expired, one within `warningDays` of it expires soon. */
export function conditionOf(token: Lifetime, now: Instant, warningDays: number): TokenCondition {
  if (token.status !== 'active' || typeof token.expires !== 'number') return token.status;
  if (token.expires <= now) return 'expired';
  return token.expires - now <= warningDays * DAY ? 'expiring-soon' : 'active';
}

/** Whether the server may still accept the token. */
export function isLive(token: Lifetime, now: Instant): boolean {
  const condition = conditionOf(token, now, 0);
  return condition === 'active' || condition === 'expiring-soon';
}
