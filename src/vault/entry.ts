import * as z from 'zod/mini';
import type { SecretBundle } from '../core/secret.ts';
import { Secret } from '../core/secret.ts';
import { conditionOf, type Instant, type TokenCondition } from '../core/token.ts';

/**
 * What the ledger knows of one stored secret; never the secret. The secret is in SecretStorage under
 * `entry/<id>`, together with the origin it may be sent to.
 */
export const entrySchema = z.object({
  version: z.literal(1),
  /** Our own uuid: server ids are reused, names change. */
  id: z.string(),
  serverId: z.string(),
  /** The only origin the secret may be sent to. */
  origin: z.string(),
  /** Unique per server; what references name. */
  alias: z.string(),
  tokenId: z.string(),
  tokenName: z.nullable(z.string()),
  tokenCreated: z.nullable(z.number()),
  /** As the server said when it was asked last, as the name, expiry and scopes are. */
  status: z._default(z.enum(['active', 'expired', 'revoked', 'auto-revoked']), 'active'),
  expires: z.nullable(z.union([z.number(), z.literal('never')])),
  ownerName: z.nullable(z.string()),
  scopes: z.nullable(z.array(z.string())),
  fingerprint: z.string(),
  parts: z.array(z.string()),
  /** Grows with each replacement of the secret. */
  generation: z.number(),
  storedAt: z.number(),
  /** When a later read found the secret again; null until then, because a browser may lose the last 5 s of writes. */
  settledAt: z.nullable(z.number()),
  /** When its secret was first found missing, and the user was told; null while it is there. */
  lostAt: z._default(z.nullable(z.number()), null),
  /** Published to other extensions as an account. */
  shared: z.boolean(),
  /** Grows each time sharing ends, so that a label once granted never returns. */
  shareCount: z.number(),
});

export type Entry = z.infer<typeof entrySchema>;

/** Whether an entry's secret is known to be in SecretStorage, known to be lost, or not yet looked for. */
export type Presence = 'here' | 'missing' | 'unknown';

/** How its token is, as far as the ledger knows. */
export const entryCondition = ({ status, expires }: Entry, now: Instant, warningDays = 0): TokenCondition =>
  conditionOf({ status, expires: expires ?? undefined }, now, warningDays);

export const secretKey = (entryId: string) => `entry/${entryId}`;

const sealedSchema = z.object({ origin: z.string(), parts: z.record(z.string(), z.string()) });

/** A bundle and its origin as the one text that SecretStorage keeps. */
export function seal(origin: string, bundle: Readonly<Record<string, Secret>>): Secret {
  const parts = Object.fromEntries(Object.entries(bundle).map(([name, part]) => [name, part.reveal()]));
  return new Secret(JSON.stringify({ origin, parts }));
}

/** The reverse of `seal`; `undefined` for text that `seal` did not write. */
export function unseal(
  text: Secret,
): { origin: string; parts: Readonly<Record<string, Secret>> } | undefined {
  try {
    const { origin, parts } = sealedSchema.parse(JSON.parse(text.reveal()));
    const secrets = Object.entries(parts).map(([name, part]) => [name, new Secret(part)] as const);
    return { origin, parts: Object.fromEntries(secrets) };
  } catch {
    return undefined;
  }
}

export function asBundle(parts: Readonly<Record<string, Secret>>): SecretBundle | undefined {
  const { secret } = parts;
  return secret === undefined ? undefined : { ...parts, secret };
}

/** How long after storing a second look at the secret proves that it reached the disk. */
export const SETTLE_AFTER: Instant = 30_000;
