import type { Instant, TokenStatus } from '../core/token.ts';

/** What a token may be and do. Nothing here reads, writes or waits. */

const DAY = 86_400_000;

export const LIMITS = {
  defaultValidityDays: 14,
  minValidityDays: 1,
  /** 32-bit clocks end on this day; EQuIS makes tokens from it on invalid. */
  expiresBefore: Date.UTC(2038, 0, 19),
  nameMaxLength: 100,
  descriptionMaxLength: 500,
} as const;

/** A form stays open for some minutes between choosing "1 day" and pressing Create. */
const LEEWAY = 5 * 60_000;

export interface Scope {
  readonly name: string;
  readonly description: string;
  /** A right at this server itself. */
  readonly management: boolean;
}

export const SCOPES: readonly Scope[] = [
  { name: 'whoami', description: 'Ask whose token this is. Every token may.', management: true },
  { name: 'tokens:read', description: 'List and describe personal access tokens', management: true },
  { name: 'tokens:write', description: 'Create, change and revoke personal access tokens', management: true },
  { name: 'users:read', description: 'List the people who can own tokens', management: true },
  { name: 'builds:read', description: 'See builds and their logs', management: false },
  { name: 'builds:write', description: 'Start and cancel builds', management: false },
  { name: 'packages:read', description: 'Download packages', management: false },
  { name: 'packages:write', description: 'Publish packages', management: false },
  { name: 'deployments:read', description: 'See what is deployed where', management: false },
  { name: 'deployments:write', description: 'Deploy and roll back', management: false },
  { name: 'reports:read', description: 'Read reports and dashboards', management: false },
];

export const ADMINISTRATOR = 'administrator';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  readonly role: string;
}

/** The first is the sandbox's first administrator: whoever sits at this machine. */
export const USERS: readonly [User, ...User[]] = [
  { id: 'you', name: 'You', status: 'active', role: ADMINISTRATOR },
  { id: 'ada', name: 'Ada Lindqvist', status: 'active', role: 'developer' },
  { id: 'build-bot', name: 'Build bot', status: 'active', role: 'service account' },
  { id: 'jonas', name: 'Jonas Weber', status: 'disabled', role: 'developer' },
];

export function statusOf(
  token: { readonly expires: Instant | null; readonly ended: TokenStatus | null },
  now: Instant,
): TokenStatus {
  if (token.ended !== null) return token.ended;
  return token.expires !== null && token.expires <= now ? 'expired' : 'active';
}

export function defaultExpiry(now: Instant): Instant {
  return now + LIMITS.defaultValidityDays * DAY;
}

/** What is wrong with a new expiry; null is never and always right. */
export function problemOfExpiry(expires: Instant | null, now: Instant): string | undefined {
  if (expires === null) return undefined;
  if (expires < now + LIMITS.minValidityDays * DAY - LEEWAY) return 'A token is valid for at least one day.';
  return expires >= LIMITS.expiresBefore ? 'A token expires before 2038-01-19, or never.' : undefined;
}

/** A subject limits a token to one address and what is below it, by whole path segments. */
export function subjectCovers(subject: string, address: URL): boolean {
  const limit = new URL(subject);
  const allowed = segments(limit.pathname);
  const asked = segments(address.pathname);
  return limit.origin === address.origin && allowed.every((segment, at) => segment === asked[at]);
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** A referrer limits a token to calls whose Referer is at that host or below it, by whole labels. */
export function referrerCovers(referrer: string, referer: string | undefined): boolean {
  const host = referer === undefined ? undefined : URL.parse(referer)?.hostname.replace(/\.$/, '');
  const limit = referrer.toLowerCase();
  return host !== undefined && (host === limit || host.endsWith(`.${limit}`));
}

export interface Caller {
  readonly user: User;
  readonly scopes: readonly string[];
}

export interface Need {
  readonly scope?: string;
  readonly role?: string;
}

/** The first right that `caller` lacks, in the words of the API: `scope tokens:read`, `role administrator`. */
export function missingRight(caller: Caller, need: Need): string | undefined {
  if (need.scope !== undefined && !caller.scopes.includes(need.scope)) return `scope ${need.scope}`;
  if (need.role !== undefined && caller.user.role !== need.role) return `role ${need.role}`;
  return undefined;
}

/** The management scope among `wanted` that `caller` cannot give, because it does not hold it. */
export function ungrantable(
  caller: Caller,
  wanted: readonly string[],
  scopes: readonly Scope[],
): string | undefined {
  return scopes.find(
    ({ name, management }) => management && wanted.includes(name) && !caller.scopes.includes(name),
  )?.name;
}
