import * as vscode from 'vscode';
import type { Secret } from '../../core/secret.ts';
import type { Instant } from '../../core/token.ts';
import { type Entry, entryCondition } from '../../vault/entry.ts';
import type { Vault } from '../../vault/vault.ts';
import { speaking } from '../notices.ts';

/** What the provider needs besides the vault. */
export interface Lending {
  readonly vault: Vault;
  /** What a call needs of a stored secret: the secret itself, or what its server exchanges it for, until when. */
  authorization(
    entry: Entry,
  ): Promise<{ readonly accessToken: Secret; readonly expires: Instant | undefined }>;
  serverName(entry: Entry): string;
  kindOf(entry: Entry): string | undefined;
  /** Has the user make a token in the form; `undefined` when they turn away. */
  create(): Promise<Entry | undefined>;
  /** Keeps that a token was handed to VS Code, for the extensions the user has allowed there. */
  note(entry: Entry, outcome: string): Promise<void>;
  /** Every failure that must not stop the other sessions. */
  log(error: unknown): void;
}

const PROVIDER = 'pat-vault';

/** A bearer is renewed this long before it ends: a call takes its time. */
const EARLY = 30_000;

interface Held {
  readonly session: vscode.AuthenticationSession;
  readonly until: Instant;
}

/**
 * Lends shared tokens to other extensions, each as one account, so that VS Code asks for every token and every
 * extension by itself. VS Code remembers what was allowed by the account's label: the label changes whenever
 * sharing ends, or an old permission would open the token when it is shared again.
 */
export class PatAuthentication implements vscode.AuthenticationProvider, vscode.Disposable {
  readonly #lending: Lending;
  readonly #changed =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly onDidChangeSessions = this.#changed.event;
  readonly #registration: vscode.Disposable;
  readonly #stopWatching: () => void;
  /** Read once and kept while nothing changes: VS Code asks several times for one use. */
  readonly #sessions = new Map<string, Held>();
  readonly #reading = new Map<string, Promise<Held>>();
  #published: ReadonlyMap<string, Entry>;

  constructor(lending: Lending) {
    this.#lending = lending;
    this.#published = this.#shared();
    this.#stopWatching = lending.vault.onDidChange(() => {
      this.#announce();
    });
    this.#registration = vscode.authentication.registerAuthenticationProvider(PROVIDER, 'PAT Vault', this, {
      supportsMultipleAccounts: true,
    });
  }

  async getSessions(
    scopes: readonly string[] | undefined,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession[]> {
    const entries = [...this.#published.values()].filter(
      (entry) =>
        (options.account === undefined || options.account.id === entry.id) && this.#fits(entry, scopes ?? []),
    );
    const sessions = await Promise.all(
      entries.map((entry) =>
        this.#session(entry).catch((error: unknown) => {
          this.#lending.log(error);
          return undefined;
        }),
      ),
    );
    return sessions.filter((session) => session !== undefined);
  }

  /** Lets the user pick which stored token to share. Turning away is the asking extension's to know, not an error. */
  createSession(
    scopes: readonly string[],
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    return speaking(async () => {
      const entry = this.#entryOfAccount(options.account) ?? (await this.#pick(scopes));
      if (entry === undefined) throw new vscode.CancellationError();
      if (!entry.shared) await this.#lending.vault.share(entry);
      return this.#session(this.#lending.vault.entry(entry.id) ?? entry);
    });
  }

  /** "Sign out" in the Accounts menu: sharing ends; the token stays valid on its server, its secret stays here. */
  async removeSession(sessionId: string): Promise<void> {
    const entry = this.#lending.vault.entry(sessionId);
    if (entry?.shared === true) await this.#lending.vault.unshare(entry);
  }

  dispose(): void {
    this.#stopWatching();
    this.#registration.dispose();
    this.#changed.dispose();
  }

  #shared(): ReadonlyMap<string, Entry> {
    const shared = this.#lending.vault.entries().filter((entry) => entry.shared && !isOver(entry));
    return new Map(shared.map((entry) => [entry.id, entry]));
  }

  #entryOfAccount(account: vscode.AuthenticationSessionAccountInformation | undefined): Entry | undefined {
    return account === undefined ? undefined : this.#lending.vault.entry(account.id);
  }

  async #pick(scopes: readonly string[]): Promise<Entry | undefined> {
    const fitting = this.#lending.vault
      .entries()
      .filter((entry) => !isOver(entry) && this.#lending.vault.presenceOf(entry) !== 'missing')
      .filter((entry) => this.#fits(entry, scopes));
    const create = {
      label: vscode.l10n.t('Create Token…'),
      description: '',
      iconPath: new vscode.ThemeIcon('add'),
      entry: undefined,
    };
    const picked = await vscode.window.showQuickPick(
      [
        ...fitting.map((entry) => ({
          label: entry.alias,
          description: this.#lending.serverName(entry),
          iconPath: new vscode.ThemeIcon('key'),
          entry,
        })),
        create,
      ],
      {
        title: vscode.l10n.t('Share a Token'),
        placeHolder:
          fitting.length === 0
            ? vscode.l10n.t('No stored token fits; create one')
            : vscode.l10n.t('Which stored token may the extension use?'),
        ignoreFocusOut: true,
      },
    );
    if (picked !== create) return picked?.entry;
    const created = await this.#lending.create();
    // What was made may be another kind of token than the one asked for.
    return created !== undefined && this.#fits(created, scopes) ? created : undefined;
  }

  /** `server:<id>` and `kind:<kind>` choose where a token is of; every other scope is one that it must have. */
  #fits(entry: Entry, scopes: readonly string[]): boolean {
    return scopes.every((scope) => {
      if (scope.startsWith('server:')) return entry.serverId === scope.slice('server:'.length);
      if (scope.startsWith('kind:')) return this.#lending.kindOf(entry) === scope.slice('kind:'.length);
      return entry.scopes?.includes(scope) ?? false;
    });
  }

  /** @throws PatError when the secret cannot be read or exchanged */
  async #session(entry: Entry): Promise<vscode.AuthenticationSession> {
    const known = this.#sessions.get(entry.id);
    if (known !== undefined && known.until > Date.now()) return known.session;
    // Several may have waited for the first: one of them reads anew.
    const reading = this.#reading.get(entry.id) ?? this.#read(entry);
    this.#reading.set(entry.id, reading);
    const held = await reading.finally(() => this.#reading.delete(entry.id));
    this.#sessions.set(entry.id, held);
    // Who keeps a session learns that its bearer is another one now.
    if (known !== undefined && known.session.accessToken !== held.session.accessToken)
      this.#changed.fire({ added: [], removed: [], changed: [this.#sessionOf(entry, '')] });
    return held.session;
  }

  async #read(entry: Entry): Promise<Held> {
    const { accessToken, expires = Infinity } = await this.#lending.authorization(entry);
    // VS Code hands it on after its consent.
    const session = this.#sessionOf(entry, accessToken.reveal());
    await this.#lending.note(entry, 'given');
    return { session, until: expires - EARLY };
  }

  #sessionOf(entry: Entry, accessToken: string): vscode.AuthenticationSession {
    const times = entry.shareCount === 1 ? '' : ` (${entry.shareCount})`;
    return {
      id: entry.id,
      accessToken,
      account: { id: entry.id, label: `${entry.alias} · ${this.#lending.serverName(entry)}${times}` },
      scopes: [...(entry.scopes ?? [])].sort(),
    };
  }

  /** Tells VS Code what was shared and what no longer is, once for each change. */
  #announce(): void {
    const before = this.#published;
    const now = this.#shared();
    this.#published = now;
    const added = [...now.values()].filter(({ id }) => !before.has(id));
    const removed = [...before.values()].filter(({ id }) => !now.has(id));
    const replaced = [...now.values()].filter((entry) => {
      const old = before.get(entry.id);
      return (
        old !== undefined && (old.generation !== entry.generation || old.fingerprint !== entry.fingerprint)
      );
    });
    for (const { id } of [...removed, ...replaced]) this.#sessions.delete(id);
    if (added.length + removed.length + replaced.length === 0) return;
    // Listeners compare ids; the token itself is only handed out by getSessions.
    const bare = (entries: readonly Entry[]) => entries.map((entry) => this.#sessionOf(entry, ''));
    this.#changed.fire({ added: bare(added), removed: bare(removed), changed: bare(replaced) });
  }
}

const isOver = (entry: Entry) => !['active', 'expiring-soon'].includes(entryCondition(entry, Date.now()));
