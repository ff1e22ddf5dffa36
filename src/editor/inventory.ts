import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import type { Token } from '../core/token.ts';
import type { TokenFilter } from '../core/arrange.ts';
import type { Caller } from '../servers/server.ts';
import { coalesce } from './coalesce.ts';
import type { Connections } from './connected.ts';
import type { Connection } from './settings.ts';

/** What is known of one server's tokens right now. */
export interface Listing {
  readonly connection: Connection;
  readonly state: 'not-loaded' | 'loading' | 'loaded' | 'failed';
  readonly tokens: readonly Token[];
  readonly caller: Caller | undefined;
  readonly owner: 'me' | 'all';
  /** What the server was asked for; `tokens` are all of the owner's where nothing was left out. */
  readonly filter: TokenFilter;
  /** Where the user manages their tokens in a browser, once that is known. */
  readonly tokenPage: URL | undefined;
  /** Why, when `failed`; the tokens are then those of the last success. */
  readonly error: unknown;
}

const NO_FILTER: TokenFilter = {};

/** Whether everything there is stands in the list. */
export const isWhole = ({ state, filter }: Listing) => state === 'loaded' && filter === NO_FILTER;

/** Milliseconds between two drawings of a list that is still coming. */
const SHOW_EVERY = 250;

/** The listed tokens of every configured server, filled page by page. */
export class Inventory {
  readonly #connections: Connections;
  readonly #log: vscode.LogOutputChannel;
  readonly #listings = new Map<string, Listing>();
  readonly #owners = new Map<string, 'me' | 'all'>();
  readonly #indexes = new WeakMap<readonly Token[], ReadonlyMap<string, Token>>();
  readonly #running = new Map<string, AbortController>();
  readonly #filters = new Map<string, TokenFilter>();
  readonly #refreshes = new Map<string, () => Promise<void>>();
  readonly #changed = new vscode.EventEmitter<string | undefined>();
  /** Fires with a server's id, or undefined when the list of servers changed. */
  readonly onDidChange = this.#changed.event;

  constructor(connections: Connections, log: vscode.LogOutputChannel) {
    this.#connections = connections;
    this.#log = log;
  }

  /** In the order of the settings. */
  all(): readonly Listing[] {
    return this.#connections.list().map((connection) => this.#of(connection));
  }

  of(serverId: string): Listing {
    return this.#of(this.#connections.find(serverId));
  }

  stateOf(serverId: string): Listing['state'] | undefined {
    return this.#listings.get(serverId)?.state;
  }

  token(serverId: string, tokenId: string): Token | undefined {
    const listing = this.#listings.get(serverId);
    return listing === undefined ? undefined : this.#byId(listing.tokens).get(tokenId);
  }

  #byId(tokens: readonly Token[]): ReadonlyMap<string, Token> {
    const known = this.#indexes.get(tokens);
    if (known !== undefined) return known;
    const index = new Map(tokens.map((token) => [token.id, token]));
    this.#indexes.set(tokens, index);
    return index;
  }

  /** Ends every refresh under way; what has arrived is kept. */
  cancel(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  async refreshAll(): Promise<void> {
    this.#changed.fire(undefined);
    await Promise.all(this.#connections.list().map(({ id }) => this.refresh(id)));
  }

  /** Loads all there is. Never rejects: a failure is the listing's state. */
  refresh(serverId: string): Promise<void> {
    this.#filters.delete(serverId);
    return this.#refresh(serverId);
  }

  /**
   * The user looks for something: a server that can find it by itself is asked for just that, unless everything is
   * here already. With nothing to look for, what was left out is fetched.
   */
  async narrow(filter: TokenFilter): Promise<void> {
    const partial = this.all().filter((listing) => listing.state !== 'not-loaded' && !isWhole(listing));
    await Promise.all(
      partial.map(async (listing) => {
        const { id } = listing.connection;
        const isNarrow = listing.filter !== NO_FILTER;
        const server = await this.#connections.server(id).catch(() => undefined);
        const wishes = Object.keys(filter);
        const canFind = server?.server.filters.some((wish) => wishes.includes(wish)) ?? false;
        if (!canFind && !isNarrow) return;
        if (canFind) this.#filters.set(id, filter);
        else this.#filters.delete(id);
        this.#running.get(id)?.abort();
        await this.#refresh(id);
      }),
    );
  }

  /** One run at a time a server, at most one waiting. */
  #refresh(serverId: string): Promise<void> {
    let refresh = this.#refreshes.get(serverId);
    if (refresh === undefined) {
      refresh = coalesce(async () => {
        await vscode.window.withProgress({ location: { viewId: 'patVault.tokens' } }, () =>
          this.#load(serverId),
        );
      });
      this.#refreshes.set(serverId, refresh);
    }
    return refresh();
  }

  async show(serverId: string, owner: 'me' | 'all'): Promise<void> {
    this.#owners.set(serverId, owner);
    await this.refresh(serverId);
  }

  #started(serverId: string, controller: AbortController): void {
    this.#running.set(serverId, controller);
    void vscode.commands.executeCommand('setContext', 'patVault.loading', true);
  }

  #ended(serverId: string): void {
    this.#running.delete(serverId);
    if (this.#running.size === 0)
      void vscode.commands.executeCommand('setContext', 'patVault.loading', false);
  }

  #of(connection: Connection): Listing {
    const known = this.#listings.get(connection.id);
    if (known !== undefined) return { ...known, connection };
    const owner = this.#owners.get(connection.id) ?? 'me';
    return {
      ...{ connection, owner, state: 'not-loaded', tokens: [], filter: NO_FILTER },
      ...{ caller: undefined, tokenPage: undefined, error: undefined },
    };
  }

  async #load(serverId: string): Promise<void> {
    const before = this.of(serverId);
    const owner = this.#owners.get(serverId) ?? 'me';
    const filter = this.#filters.get(serverId) ?? NO_FILTER;
    const set = (change: Partial<Listing>) => {
      this.#listings.set(serverId, { ...this.of(serverId), ...change });
      this.#changed.fire(serverId);
    };
    // The rows stay while newer ones are on their way, unless they are of somebody else.
    const kept = before.owner === owner ? before.tokens : [];
    set({ state: 'loading', owner, filter, error: undefined, tokens: kept });
    const controller = new AbortController();
    const { signal } = controller;
    this.#started(serverId, controller);
    const tokens: Token[] = [];
    let shownAt = 0;
    try {
      set({ tokenPage: await this.#connections.tokenPage(serverId) });
      const { server } = await this.#connections.server(serverId);
      const caller = await server.caller(signal);
      for await (const page of server.tokens({ owner, filter }, signal)) {
        tokens.push(...page);
        signal.throwIfAborted();
        // Pages may come faster than a tree can be drawn.
        if (tokens.length <= before.tokens.length || performance.now() - shownAt < SHOW_EVERY) continue;
        set({ tokens: [...tokens], caller });
        shownAt = performance.now();
      }
      set({ state: 'loaded', tokens, caller });
    } catch (error) {
      if (PatError.is(error, 'unknown-server')) {
        this.#listings.delete(serverId);
        this.#changed.fire(undefined);
        return;
      }
      this.#log.warn(`${serverId}: ${error instanceof Error ? error.message : String(error)}`);
      const isCancelled = signal.aborted;
      set({
        state: 'failed',
        error: isCancelled ? new PatError({ reason: 'cancelled' }, error) : error,
        ...(isCancelled && tokens.length > before.tokens.length ? { tokens: [...tokens] } : {}),
      });
    } finally {
      this.#ended(serverId);
    }
  }
}
