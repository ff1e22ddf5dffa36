import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import type { Clock, Http, SecretStore } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import type { Authorization, Credential, KindPorts, PatServer, ServerKind } from '../servers/server.ts';
import { type Entry, seal, unseal } from '../vault/entry.ts';
import type { Vault } from '../vault/vault.ts';
import { withinSeconds } from '../vault/limit.ts';
import { challenge } from './challenge.ts';
import type { SandboxHost } from './sandbox.ts';
import { type Connection, connectionName, connections } from './settings.ts';

const credentialKey = (serverId: string) => `credential/${serverId}`;

/** The kinds of servers, loaded with the first use (zod and the HTTP client come with them). */
export const loadKinds = () => import('../servers/index.ts');

/** A configured server with a signed-in caller. */
export interface Connected {
  readonly connection: Connection;
  readonly address: URL;
  readonly server: PatServer;
}

/** Signs in to configured servers and keeps their credentials, each pinned to the origin it was given for. */
export class Connections {
  readonly #secrets: SecretStore;
  readonly #sandbox: SandboxHost;
  readonly #clock: Clock;
  readonly #open = new Map<string, Promise<Connected>>();
  readonly #lenders = new Map<string, { address: string; origin: string; server: PatServer }>();
  readonly #changed = new vscode.EventEmitter<string>();
  /** Fires with a server's id when its sign-in changed. */
  readonly onDidChange = this.#changed.event;

  constructor(secrets: SecretStore, sandbox: SandboxHost, clock: Clock) {
    this.#secrets = secrets;
    this.#sandbox = sandbox;
    this.#clock = clock;
  }

  list(): readonly Connection[] {
    return connections();
  }

  find(id: string): Connection {
    const connection = this.list().find((c) => c.id === id);
    if (connection === undefined) throw new PatError({ reason: 'unknown-server', server: id });
    return connection;
  }

  /** @throws PatError `unknown-server`, `signed-out`, `origin-changed`, `sandbox-unavailable` … */
  async server(id: string): Promise<Connected> {
    const open = this.#open.get(id) ?? this.#connect(this.find(id));
    this.#open.set(id, open);
    try {
      return await open;
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
  }

  async ports(connection?: Connection): Promise<KindPorts> {
    const { http } = await import('../servers/http.ts');
    return {
      http: connection?.kind === 'sandbox' ? this.#provenFirst(http) : http,
      clock: this.#clock,
      challenge,
    };
  }

  /** The sandbox proves itself before each call: what follows carries a credential. */
  #provenFirst(http: Http): Http {
    return async (request) => {
      const { origin } = await this.#sandbox.proven();
      if (origin === request.url.origin) return http(request);
      this.#open.clear(); // the server has moved: the next use finds it
      throw new PatError({ reason: 'impostor', host: request.url.host });
    };
  }

  async kindOf(connection: Connection): Promise<ServerKind> {
    // The sandbox is a server of the standard kind whose address we know ourselves.
    const id = connection.kind === 'sandbox' ? 'standard' : connection.kind;
    const kind = (await loadKinds()).kindOf(id);
    if (kind === undefined)
      throw new PatError({
        reason: 'bad-settings',
        why: vscode.l10n.t('unknown kind "{0}"', connection.kind),
      });
    return kind;
  }

  async addressOf(connection: Connection): Promise<URL> {
    if (connection.kind === 'sandbox') return new URL((await this.#sandbox.proven()).origin);
    return parseAddress(connection.url ?? '');
  }

  async tokenPage(id: string): Promise<URL | undefined> {
    const connection = this.find(id);
    if (connection.kind === 'sandbox') return undefined;
    return (await this.kindOf(connection)).tokenPage(parseAddress(connection.url ?? ''));
  }

  /**
   * What a call with a stored secret needs. It goes to its own origin or nowhere; whether this editor is signed in
   * to the server plays no part.
   */
  async accessToken(entry: Entry, vault: Vault): Promise<Secret> {
    return (await this.authorization(entry, vault)).accessToken;
  }

  /** The same, with the headers that carry it. */
  async authorization(entry: Entry, vault: Vault): Promise<Authorization> {
    const bundle = await vault.read(entry);
    const lender = await this.#lender(this.find(entry.serverId));
    if (lender.origin !== entry.origin) {
      throw new PatError({ reason: 'origin-changed', pinned: entry.origin, now: lender.origin });
    }
    return lender.server.authorization(bundle, new AbortController().signal);
  }

  /** Keeps a checked credential. */
  async keep(id: string, address: URL, credential: Credential): Promise<void> {
    await withinSeconds(this.#secrets.store(credentialKey(id), seal(address.origin, credential)));
    this.forgetOpen(id);
  }

  /** The credential goes; the server and its secrets stay. */
  async signOut(id: string): Promise<void> {
    await withinSeconds(this.#secrets.delete(credentialKey(id)));
    this.forgetOpen(id);
  }

  /** The next use connects anew. */
  forgetOpen(id: string): void {
    this.#open.delete(id);
    this.#changed.fire(id);
  }

  /** A server without a caller: enough to tell how its tokens are used. Kept, since some exchange them first. */
  async #lender(connection: Connection): Promise<{ origin: string; server: PatServer }> {
    const [address, kind, ports] = await Promise.all([
      this.addressOf(connection),
      this.kindOf(connection),
      this.ports(connection),
    ]);
    const known = this.#lenders.get(connection.id);
    if (known?.address === address.href) return known;
    const lender = {
      address: address.href,
      origin: address.origin,
      server: kind.connect(address, {}, ports),
    };
    this.#lenders.set(connection.id, lender);
    return lender;
  }

  async #connect(connection: Connection): Promise<Connected> {
    const [address, kind, ports] = await Promise.all([
      this.addressOf(connection),
      this.kindOf(connection),
      this.ports(connection),
    ]);
    const credential =
      (await this.#credential(connection, address)) ?? (await this.#sandboxCredential(connection, address));
    if (credential === undefined)
      throw new PatError({ reason: 'signed-out', server: connectionName(connection) });
    return { connection, address, server: kind.connect(address, credential, ports) };
  }

  async #credential(connection: Connection, address: URL): Promise<Credential | undefined> {
    const text = await withinSeconds(this.#secrets.get(credentialKey(connection.id)));
    const sealed = text === undefined ? undefined : unseal(text);
    if (sealed === undefined) return undefined;
    if (sealed.origin === address.origin) return sealed.parts;
    if (connection.kind === 'sandbox') return undefined; // its port was taken: a new token is made for the new origin
    throw new PatError({ reason: 'origin-changed', pinned: sealed.origin, now: address.origin });
  }

  async #sandboxCredential(connection: Connection, address: URL): Promise<Credential | undefined> {
    if (connection.kind !== 'sandbox') return undefined;
    const secret = await (await this.#sandbox.proven()).adminSecret();
    await withinSeconds(this.#secrets.store(credentialKey(connection.id), seal(address.origin, { secret })));
    return { secret };
  }
}

/** @throws PatError `bad-address` */
export function parseAddress(text: string): URL {
  if (!URL.canParse(text)) throw new PatError({ reason: 'bad-address', address: text });
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new PatError({ reason: 'bad-address', address: `${url.protocol}//${url.host}` });
  }
  url.search = '';
  url.hash = '';
  return url;
}
