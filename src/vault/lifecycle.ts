import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { SecretBundle } from '../core/secret.ts';
import { isLive, type Token } from '../core/token.ts';
import { PatError } from '../core/errors.ts';
import type { Entry } from './entry.ts';
import type { Attempt, CreateAttempt, MintedFacts } from './journal.ts';
import type { Records } from './records.ts';
import type { Vault } from './vault.ts';

/**
 * Creating and revoking as steps that survive being killed. A server shows a secret once, so each step is
 * written to the journal before it is taken: journal, server, store, read back, ledger, journal closed.
 */
export interface Desk {
  readonly vault: Vault;
  readonly journal: Records<Attempt>;
  readonly clock: Clock;
  readonly pid: number;
  /** Whether the process that began an attempt still runs. */
  isRunning(pid: number): boolean;
}

export interface Creation {
  readonly serverId: string;
  readonly origin: string;
  readonly name: string;
  /** Ids listed before the call where lists show no names, else null. */
  readonly idsBefore: readonly string[] | null;
  /** The entry whose alias the new one takes over, so that references to it lead to the new secret. */
  readonly replaces?: Entry;
  /** Makes the one call that creates. */
  mint(): Promise<{ readonly token: Token; readonly bundle: SecretBundle }>;
  /** Whether a failure of `mint` proves that nothing was made. */
  createdNothing(error: unknown): boolean;
}

export type CreateOutcome =
  { readonly kind: 'stored'; readonly token: Token; readonly entry: Entry } | Unstored;

/** The token exists and its secret is only in memory: it stays there until the user has chosen. */
export interface Unstored {
  readonly kind: 'unstored';
  readonly token: Token;
  readonly bundle: SecretBundle;
  readonly error: unknown;
  retry(): Promise<CreateOutcome>;
  /** The user has copied the secret: the ledger remembers the token as one whose secret is not here. */
  keepWithoutSecret(): Promise<Entry>;
  /** The token was revoked on the server: nothing is left to remember. */
  dismiss(): Promise<void>;
}

export async function createToken(desk: Desk, creation: Creation): Promise<CreateOutcome> {
  const { serverId, origin, name, replaces } = creation;
  const attempt: CreateAttempt = {
    version: 1,
    operation: 'create',
    id: randomUUID(),
    pid: desk.pid,
    serverId,
    origin,
    name,
    startedAt: desk.clock.now(),
    entryId: randomUUID(),
    alias: replaces?.alias ?? desk.vault.aliasFor(serverId, name),
    replaces: replaces?.id ?? null,
    idsBefore: creation.idsBefore === null ? null : [...creation.idsBefore],
    minted: null,
  };
  await desk.journal.put(attempt);
  let minted;
  try {
    minted = await creation.mint();
  } catch (error) {
    if (creation.createdNothing(error)) await desk.journal.remove(attempt.id);
    else await desk.journal.put({ ...attempt, pid: 0 }); // left open: anybody may look whether a token came of it
    throw error;
  }
  const known: CreateAttempt = { ...attempt, minted: factsOf(minted.token, minted.bundle) };
  // The secret is in hand now. A full disk must not keep it from being stored.
  await desk.journal.put(known).catch(() => undefined);
  return storeMinted(desk, known, minted.token, minted.bundle);
}

/**
 * Stores the secret of a token that exists already, once it is known to be its secret.
 * @throws PatError `store-failed` or `store-silent`; the user still has the secret
 */
export async function importSecret(
  desk: Desk,
  { serverId, origin }: Pick<Creation, 'serverId' | 'origin'>,
  token: Token,
  bundle: SecretBundle,
): Promise<Entry> {
  const now = desk.clock.now();
  const before = desk.vault.entryOf(serverId, token);
  const name = token.name ?? token.hint ?? 'token';
  const place = {
    serverId,
    origin,
    entryId: before?.id ?? randomUUID(),
    alias: before?.alias ?? desk.vault.aliasFor(serverId, name),
    replaces: before?.id ?? null,
  };
  const entry = entryOf(desk, place, factsOf(token, bundle), now);
  await desk.vault.store(entry, bundle);
  return entry;
}

async function storeMinted(
  desk: Desk,
  attempt: CreateAttempt,
  token: Token,
  bundle: SecretBundle,
): Promise<CreateOutcome> {
  const entry = entryOf(desk, attempt, factsOf(token, bundle), desk.clock.now());
  try {
    await desk.vault.store(entry, bundle);
  } catch (error) {
    return {
      kind: 'unstored',
      token,
      bundle,
      error,
      retry: () => storeMinted(desk, attempt, token, bundle),
      keepWithoutSecret: async () => {
        await desk.vault.put({ ...entry, lostAt: desk.clock.now() });
        await endCreation(desk, attempt);
        return entry;
      },
      dismiss: () => desk.journal.remove(attempt.id),
    };
  }
  await endCreation(desk, attempt);
  return { kind: 'stored', token, entry };
}

/** With the new entry in the ledger, the one it replaces goes, and then the attempt. */
async function endCreation(desk: Desk, attempt: CreateAttempt): Promise<void> {
  const replaced = attempt.replaces === null ? undefined : desk.vault.entry(attempt.replaces);
  if (replaced !== undefined) await desk.vault.forget(replaced);
  await desk.journal.remove(attempt.id);
}

/**
 * Revokes on the server, then drops the stored secret. If the second half is cut off, `settle` ends it.
 * @param revoke the server's call; a token already gone counts as revoked
 */
export async function revokeToken(
  desk: Desk,
  serverId: string,
  token: Pick<Token, 'id'>,
  entry: Entry | undefined,
  revoke: () => Promise<unknown>,
): Promise<void> {
  if (entry === undefined) {
    await revoke();
    return;
  }
  const id = randomUUID();
  const startedAt = desk.clock.now();
  await desk.journal.put({
    version: 1,
    operation: 'revoke',
    id,
    pid: desk.pid,
    serverId,
    startedAt,
    entryId: entry.id,
    tokenId: token.id,
  });
  try {
    await revoke();
  } catch (error) {
    await desk.journal.remove(id);
    throw error;
  }
  await desk.vault.forget(entry);
  await desk.journal.remove(id);
}

/**
 * Ends what an earlier start of the editor left open, as far as this machine alone can tell. Answers the attempts
 * that cannot be settled without the server's list.
 */
export async function settle(desk: Desk, startedAt: number): Promise<readonly Attempt[]> {
  const needServer: Attempt[] = [];
  for (const attempt of await desk.journal.all()) {
    if (isUnderWay(desk, attempt, startedAt)) continue;
    if (attempt.operation === 'create' && desk.vault.entry(attempt.entryId) !== undefined) {
      await endCreation(desk, attempt);
    } else if (attempt.operation === 'create' && attempt.minted !== null) {
      await recover(desk, attempt, attempt.minted);
    } else {
      needServer.push(attempt);
    }
  }
  await desk.vault.settle(startedAt);
  return needServer;
}

/** Somebody is still at work on it: this host since its start, or another window's. */
function isUnderWay(desk: Desk, { pid, startedAt }: Attempt, hostStartedAt: number): boolean {
  if (pid === 0) return false;
  return pid === desk.pid ? startedAt >= hostStartedAt : desk.isRunning(pid);
}

/** A token was made, and the end came before the ledger knew: its secret is in the store, or nowhere. */
async function recover(desk: Desk, attempt: CreateAttempt, minted: MintedFacts): Promise<void> {
  const entry = entryOf(desk, attempt, minted, attempt.startedAt);
  const isThere = await desk.vault.read(entry).then(
    () => true,
    (error: unknown) => {
      if (PatError.is(error, 'secret-missing')) return false;
      throw error;
    },
  );
  if (!isThere) return rememberLost(desk, attempt, minted, null);
  await desk.vault.put(entry);
  await endCreation(desk, attempt);
}

/** A secret that never arrived replaces nothing: what it was to replace may still be here. */
async function rememberLost(
  desk: Desk,
  attempt: CreateAttempt,
  facts: MintedFacts,
  lostAt: Entry['lostAt'],
): Promise<void> {
  const alias = desk.vault.aliasFor(attempt.serverId, attempt.name);
  const entry = entryOf(desk, { ...attempt, alias, replaces: null }, facts, attempt.startedAt);
  await desk.vault.put({ ...entry, lostAt });
  await desk.journal.remove(attempt.id);
}

/** Clocks of server and editor may differ by this much. */
const CLOCK_SLACK = 10 * 60_000;

/**
 * Ends one open attempt with the help of the server's whole list. Answers the tokens that a lost creation may
 * have left behind; a single one is entered in the ledger as missing, several are the user's to judge.
 */
export async function settleWith(
  desk: Desk,
  attempt: Attempt,
  listed: readonly Token[],
): Promise<readonly Token[]> {
  if (attempt.operation === 'revoke') {
    const entry = desk.vault.entry(attempt.entryId);
    const token = listed.find(({ id }) => id === attempt.tokenId);
    const isOver = token === undefined || !isLive(token, desk.clock.now());
    if (entry !== undefined && isOver) await desk.vault.forget(entry);
    await desk.journal.remove(attempt.id);
    return [];
  }
  const candidates = listed.filter((token) => mayComeFrom(attempt, token) && isLive(token, desk.clock.now()));
  const [only, ...more] = candidates;
  if (only !== undefined && more.length === 0 && desk.vault.entryOf(attempt.serverId, only) === undefined) {
    await rememberLost(desk, attempt, factsOf(only), desk.clock.now()); // its caller tells of the candidates
    return candidates;
  }
  await desk.journal.remove(attempt.id);
  return candidates;
}

function mayComeFrom(attempt: CreateAttempt, token: Token): boolean {
  if (token.created !== undefined && token.created < attempt.startedAt - CLOCK_SLACK) return false;
  return attempt.idsBefore === null ? token.name === attempt.name : !attempt.idsBefore.includes(token.id);
}

type Place = Pick<CreateAttempt, 'serverId' | 'origin' | 'entryId' | 'alias' | 'replaces'>;

function factsOf(token: Token, bundle?: SecretBundle): MintedFacts {
  return {
    tokenId: token.id,
    tokenName: token.name ?? null,
    tokenCreated: token.created ?? null,
    expires: token.expires ?? null,
    ownerName: token.owner?.name ?? null,
    scopes: token.scopes === undefined ? null : [...token.scopes],
    fingerprint: bundle?.secret.fingerprint() ?? '',
    parts: bundle === undefined ? [] : Object.keys(bundle),
  };
}

function entryOf(desk: Desk, attempt: Place, facts: MintedFacts, storedAt: number): Entry {
  const replaced = attempt.replaces === null ? undefined : desk.vault.entry(attempt.replaces);
  return {
    version: 1,
    id: attempt.entryId,
    serverId: attempt.serverId,
    origin: attempt.origin,
    alias: attempt.alias,
    ...facts,
    status: 'active',
    generation: (replaced?.generation ?? 0) + 1,
    storedAt,
    settledAt: null,
    lostAt: null,
    // Who was allowed the old token is asked about anew for the new one.
    shared: false,
    shareCount: (replaced?.shareCount ?? 0) + 1,
  };
}
