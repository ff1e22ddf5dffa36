import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import type { Token } from '../core/token.ts';
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
  /** Why, when `failed`; the tokens are then those of the last success. */
  readonly error: unknown;
}

/** Milliseconds between two drawings of a list that is still coming. */
const SHOW_EVERY = 250;

/** The listed tokens of every configured server, filled page by page. */
export class Inventory {
  readonly #connections: Connections;
  readonly #log: vscode.LogOutputChannel;
  readonly #listings = new Map<string, Listing>();
  readonly #owners = new Map<string, 'me' | 'all'>();
  readonly #indexes = new WeakMap<readonly Token[], ReadonlyMap<string, Token>>();
  readonly #running = new Set<AbortController>();
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
    for (const controller of this.#running) controller.abort();
  }

  async refreshAll(): Promise<void> {
    this.#changed.fire(undefined);
    await Promise.all(this.#connections.list().map(({ id }) => this.refresh(id)));
  }

  /** One run at a time a server, at most one waiting. Never rejects: a failure is the listing's state. */
  refresh(serverId: string): Promise<void> {
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

  #started(controller: AbortController): void {
    this.#running.add(controller);
    void vscode.commands.executeCommand('setContext', 'patVault.loading', true);
  }

  #ended(controller: AbortController): void {
    this.#running.delete(controller);
    if (this.#running.size === 0)
      void vscode.commands.executeCommand('setContext', 'patVault.loading', false);
  }

  #of(connection: Connection): Listing {
    const known = this.#listings.get(connection.id);
    if (known !== undefined) return { ...known, connection };
    const owner = this.#owners.get(connection.id) ?? 'me';
    return { connection, state: 'not-loaded', tokens: [], caller: undefined, owner, error: undefined };
  }

  async #load(serverId: string): Promise<void> {
    const before = this.of(serverId);
    const owner = this.#owners.get(serverId) ?? 'me';
    const set = (change: Partial<Listing>) => {
      this.#listings.set(serverId, { ...this.of(serverId), ...change });
      this.#changed.fire(serverId);
    };
    // The rows stay while newer ones are on their way, unless they are of somebody else.
    set({ state: 'loading', owner, error: undefined, tokens: before.owner === owner ? before.tokens : [] });
    const controller = new AbortController();
    const { signal } = controller;
    this.#started(controller);
    const tokens: Token[] = [];
    let shownAt = 0;
    try {
      const { server } = await this.#connections.server(serverId);
      const caller = await server.caller(signal);
      for await (const page of server.tokens({ owner }, signal)) {
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
      this.#ended(controller);
    }
  }
}
