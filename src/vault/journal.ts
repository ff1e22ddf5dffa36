import * as z from 'zod/mini';

const base = {
  version: z.literal(1),
  id: z.string(),
  /** The extension host that is at work on it: while that lives, nobody else settles the attempt. */
  pid: z.number(),
  serverId: z.string(),
  startedAt: z.number(),
};

/** What is known of a token once the server has made it; never its secret. */
const mintedSchema = z.object({
  tokenId: z.string(),
  tokenName: z.nullable(z.string()),
  tokenCreated: z.nullable(z.number()),
  expires: z.nullable(z.union([z.number(), z.literal('never')])),
  ownerName: z.nullable(z.string()),
  scopes: z.nullable(z.array(z.string())),
  fingerprint: z.string(),
  parts: z.array(z.string()),
});

const createSchema = z.object({
  ...base,
  operation: z.literal('create'),
  origin: z.string(),
  /** Reserved before the call, so that a secret stored under it can be found after a crash. */
  entryId: z.string(),
  alias: z.string(),
  /** The entry whose alias it takes over. */
  replaces: z.nullable(z.string()),
  name: z.string(),
  /** Ids listed before the call, for servers whose lists show no names. */
  idsBefore: z.nullable(z.array(z.string())),
  minted: z.nullable(mintedSchema),
});

const revokeSchema = z.object({
  ...base,
  operation: z.literal('revoke'),
  entryId: z.string(),
  tokenId: z.string(),
});

/** An operation begun and not known to be finished. */
export const attemptSchema = z.discriminatedUnion('operation', [createSchema, revokeSchema]);

export type Attempt = z.infer<typeof attemptSchema>;
export type CreateAttempt = z.infer<typeof createSchema>;
export type RevokeAttempt = z.infer<typeof revokeSchema>;
export type MintedFacts = z.infer<typeof mintedSchema>;
