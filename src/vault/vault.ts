import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import { PatError } from '../core/errors.ts';
import type { Clock, SecretStore } from '../core/ports.ts';
import { formatReference, nameFrom, type Reference } from '../core/reference.ts';
import type { SecretBundle } from '../core/secret.ts';
import type { Token } from '../core/token.ts';
import { asBundle, type Entry, type Presence, seal, secretKey, SETTLE_AFTER, unseal } from './entry.ts';
import type { Records } from './records.ts';
import { withinSeconds } from './limit.ts';

/**
 * The stored secrets and the ledger that says where each belongs. The ledger is read once and kept in memory;
 * `reload` takes in what other windows wrote. Secrets are read one at a time, when somebody needs one.
 */
export class Vault {
  readonly #ledger: Records<Entry>;
  readonly #secrets: SecretStore;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #presence = new Map<string, Presence>();
  readonly #listeners = new Set<() => void>();

  constructor(ledger: Records<Entry>, secrets: SecretStore, clock: Clock) {
    this.#ledger = ledger;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** Calls `listener` after every change; the answer stops it. */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async reload(): Promise<void> {
    const entries = await this.#ledger.all();
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.id, entry);
    this.#changed();
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  entry(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  presenceOf(entry: Entry): Presence {
    return this.#presence.get(entry.id) ?? 'unknown';
  }

  /** The entry that holds a listed token's secret; ids alone do not say so, for servers reuse them. */
  entryOf(serverId: string, token: Pick<Token, 'id' | 'created'>): Entry | undefined {
    return this.entries().find(
      (entry) =>
        entry.serverId === serverId &&
        entry.tokenId === token.id &&
        (token.created === undefined || entry.tokenCreated === null || entry.tokenCreated === token.created),
    );
  }

  /** @throws PatError `unknown-alias` */
  find({ server, alias }: Reference): Entry {
    const named = this.entries().filter((e) => e.serverId === server && e.alias === alias);
    // While one replaces another there are two for a moment.
    const entry = named.sort((one, other) => other.generation - one.generation)[0];
    if (entry === undefined) throw new PatError({ reason: 'unknown-alias', server, alias });
    return entry;
  }

  referenceOf(entry: Entry): string {
    return formatReference({ server: entry.serverId, alias: entry.alias });
  }

  /** A free alias for `name` on a server. */
  aliasFor(serverId: string, name: string): string {
    const taken = this.entries().filter((entry) => entry.serverId === serverId);
    return nameFrom(name, new Set(taken.map((entry) => entry.alias)), 'token');
  }

  /**
   * Stores a bundle, reads it back, then writes the ledger: an entry in the ledger is a promise that its secret
   * was seen in the store.
   * @throws PatError `store-failed` or `store-silent`; nothing is then in the ledger
   */
  async store(entry: Entry, bundle: SecretBundle): Promise<void> {
    const sealed = seal(entry.origin, bundle);
    const key = secretKey(entry.id);
    try {
      await withinSeconds(this.#secrets.store(key, sealed));
      const back = await withinSeconds(this.#secrets.get(key));
      if (back?.equals(sealed) !== true) {
        throw new PatError({ reason: 'store-failed', why: l10n.t('the secret could not be read back') });
      }
    } catch (error) {
      if (PatError.is(error)) throw error;
      throw new PatError({ reason: 'store-failed', why: l10n.t('the secret store refused it') }, error);
    }
    this.#presence.set(entry.id, 'here');
    await this.put(entry);
  }

  /** Changes what the ledger says of an entry. */
  async put(entry: Entry): Promise<void> {
    await this.#ledger.put(entry);
    this.#entries.set(entry.id, entry);
    this.#changed();
  }

  /**
   * @throws PatError `secret-missing`, `store-silent`, `origin-changed` when the stored origin is not the ledger's
   */
  async read(entry: Entry): Promise<SecretBundle> {
    const text = await withinSeconds(this.#secrets.get(secretKey(entry.id)));
    const sealed = text === undefined ? undefined : unseal(text);
    const bundle = sealed === undefined ? undefined : asBundle(sealed.parts);
    this.#seen(entry, bundle === undefined ? 'missing' : 'here');
    if (sealed === undefined || bundle === undefined) {
      throw new PatError({ reason: 'secret-missing', alias: entry.alias, server: entry.serverId });
    }
    if (sealed.origin !== entry.origin) {
      throw new PatError({ reason: 'origin-changed', pinned: sealed.origin, now: entry.origin });
    }
    return bundle;
  }

  /** Removes the secret, then its entry: if the first fails, the entry still says that there is something. */
  async forget(entry: Entry): Promise<void> {
    await withinSeconds(this.#secrets.delete(secretKey(entry.id)));
    await this.#ledger.remove(entry.id);
    this.#entries.delete(entry.id);
    this.#presence.delete(entry.id);
    this.#changed();
  }

  /** Looks which secrets are there, by name only; no value is read. */
  async look(): Promise<void> {
    const keys = new Set(await withinSeconds(this.#secrets.keys()));
    let changed = false;
    for (const entry of this.entries()) {
      const presence = keys.has(secretKey(entry.id)) ? 'here' : 'missing';
      changed ||= this.#presence.get(entry.id) !== presence;
      this.#presence.set(entry.id, presence);
    }
    if (changed) this.#changed();
  }

  /**
   * Reads again what was stored but never seen afterwards.
   * @param sinceStart entries stored before this instant were written by an earlier start of the editor
   */
  async settle(sinceStart: number): Promise<void> {
    for (const entry of this.entries()) {
      const due = entry.storedAt < sinceStart || this.#clock.now() - entry.storedAt >= SETTLE_AFTER;
      if (entry.settledAt !== null || !due) continue;
      try {
        await this.read(entry);
        await this.put({ ...entry, settledAt: this.#clock.now() });
      } catch (error) {
        if (!PatError.is(error, 'secret-missing')) throw error;
      }
    }
  }

  /** The entries whose secret was found missing by the last look: each is answered once, until it was there again. */
  async takeLost(): Promise<readonly Entry[]> {
    const lost: Entry[] = [];
    for (const entry of this.entries()) {
      const isMissing = this.presenceOf(entry) === 'missing';
      if (isMissing === (entry.lostAt !== null)) continue;
      if (isMissing) lost.push(entry);
      await this.put({ ...entry, lostAt: isMissing ? this.#clock.now() : null });
    }
    return lost;
  }

  /** The ledger repeats what a server says of a token, for when it cannot be asked. The alias stays. */
  async learn(entry: Entry, token: Token): Promise<void> {
    const told = {
      tokenName: token.name ?? entry.tokenName,
      status: token.status,
      expires: token.expires ?? entry.expires,
      scopes: token.scopes === undefined ? entry.scopes : [...token.scopes],
    };
    const { tokenName, status, expires, scopes } = entry;
    if (!isDeepStrictEqual(told, { tokenName, status, expires, scopes }))
      await this.put({ ...entry, ...told });
  }

  async share(entry: Entry): Promise<void> {
    await this.put({ ...entry, shared: true });
  }

  /** Ends sharing; the next share gets another label, so grants of this one are worthless. */
  async unshare(entry: Entry): Promise<void> {
    await this.put({ ...entry, shared: false, shareCount: entry.shareCount + 1 });
  }

  #seen(entry: Entry, presence: Presence): void {
    if (this.#presence.get(entry.id) === presence) return;
    this.#presence.set(entry.id, presence);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
