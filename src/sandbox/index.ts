import { chmod } from 'node:fs/promises';
import type * as Sqlite from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { messageOf, PatError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { Api } from './api.ts';
import { ensureKey, keyFileOf, makePrivate, proofOf, prove, readPort, writePort } from './owner.ts';
import type { Rate } from './rate.ts';
import { SCOPES, USERS, type User } from './rules.ts';
import { listen, type Listening } from './server.ts';
import { isBusy, Store } from './store.ts';

/** The embedded PAT server. One window owns it, by holding its database; the others call it. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Whether the server runs in this process. */
  readonly owned: boolean;
  /** The port it had before, when another process has taken that one. */
  readonly movedFrom: number | undefined;
  /**
   * Whether the true server still answers at `origin`: to be asked before a credential is sent. When it does
   * not, `openSandbox` again finds it at its new address, or takes it over.
   */
  proves(): Promise<boolean>;
  /**
   * Makes a token with all rights, in process; the one made before is revoked.
   * @throws PatError `sandbox-unavailable` where another window owns the server
   */
  adminSecret(): Promise<Secret>;
  /** Ends the server when this window owns it. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** 0 for any; left out, the one it had last time. */
  readonly port?: number;
  readonly rate?: Rate;
  readonly immutableNames?: boolean;
  /** Who can own tokens; the first is the first administrator. */
  readonly users?: readonly [User, ...User[]];
  /** How long a request may take to arrive. */
  readonly requestSeconds?: number;
  /** How long to wait for an owner that starts or ends at this moment. */
  readonly patienceSeconds?: number;
  readonly log?: (line: string) => void;
}

const DATABASE = 'tokens.db';
const RATE: Rate = { burst: 500, perSecond: 50 };

/**
 * The sandbox whose data is in `folder`: started here when no other window has it, else the other's, proven.
 * @throws PatError `sandbox-unavailable`
 */
export async function openSandbox(
  folder: string,
  clock: Clock,
  options: SandboxOptions = {},
): Promise<Sandbox> {
  try {
    await makePrivate(folder);
  } catch (error) {
    throw unavailable(l10n.t('its folder cannot be used: {0}', messageOf(error)), error);
  }
  const deadline = performance.now() + (options.patienceSeconds ?? 5) * 1000;
  for (;;) {
    const store = await openStore(folder, options.users ?? USERS);
    if (store !== undefined) return own(store, folder, clock, options);
    const port = await readPort(folder);
    if (port !== undefined && (await prove(port, keyFileOf(folder)))) return borrow(port, folder);
    if (performance.now() > deadline) {
      throw unavailable(
        l10n.t('another window has started it but does not answer; close that window, or wait for it'),
      );
    }
    await sleep(50);
  }
}

async function own(store: Store, folder: string, clock: Clock, options: SandboxOptions): Promise<Sandbox> {
  const users = options.users ?? USERS;
  try {
    const key = await ensureKey(folder);
    const before = options.port ?? (await readPort(folder)) ?? 0;
    // The port is known once the server listens, and nobody can ask before.
    let bound = 0;
    const api = new Api({
      store,
      clock,
      scopes: SCOPES,
      immutableNames: options.immutableNames ?? false,
      rate: options.rate ?? RATE,
      prove: (challenge) => proofOf(key, challenge, bound),
    });
    const server = await listenNear(api, before, options);
    bound = server.port;
    await writePort(folder, server.port);
    let closed: Promise<void> | undefined;
    return {
      origin: originOf(server.port),
      owned: true,
      movedFrom: before === 0 || before === server.port ? undefined : before,
      proves: () => Promise.resolve(closed === undefined),
      adminSecret: () => Promise.resolve(new Secret(api.mintAdministrator(users[0].id))),
      close: () =>
        (closed ??= server.close().finally(() => {
          store.close();
        })),
    };
  } catch (error) {
    store.close();
    throw PatError.is(error) ? error : unavailable(messageOf(error), error);
  }
}

function borrow(port: number, folder: string): Sandbox {
  return {
    origin: originOf(port),
    owned: false,
    movedFrom: undefined,
    proves: () => prove(port, keyFileOf(folder)),
    adminSecret: () =>
      Promise.reject(
        unavailable(l10n.t('its first token is made by the window that started it; sign in there')),
      ),
    close: () => Promise.resolve(),
  };
}

/** On `port`, else on any: it may take a moment until a killed owner's port is free, or another process may keep it. */
async function listenNear(api: Api, port: number, options: SandboxOptions): Promise<Listening> {
  const on = (wanted: number) =>
    listen(api, {
      port: wanted,
      requestSeconds: options.requestSeconds ?? 30,
      log: options.log ?? (() => undefined),
    });
  for (let attempt = 0; port !== 0 && attempt < 4; attempt++) {
    if (attempt > 0) await sleep(100);
    try {
      return await on(port);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return on(0);
}

/** Another process has the port, or this user may not use it: Windows reserves ranges. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code));
}

/** The database, held by this process alone; `undefined` while another one holds it. */
async function openStore(folder: string, users: readonly User[]): Promise<Store | undefined> {
  const { DatabaseSync } = await sqlite();
  const file = join(folder, DATABASE);
  try {
    const store = new Store(new DatabaseSync(file));
    try {
      await chmod(file, 0o600);
      store.prepare(users);
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw unavailable(l10n.t('its data in {0} cannot be used: {1}', file, messageOf(error)), error);
  }
}

/** Loaded with the first use; Node has it since 22.13, and some builds of Electron leave it out. */
async function sqlite(): Promise<typeof Sqlite> {
  try {
    return await import('node:sqlite');
  } catch (error) {
    throw unavailable(
      l10n.t('Node.js {0} of this editor has no SQLite (node:sqlite)', process.versions.node),
      error,
    );
  }
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function unavailable(why: string, cause?: unknown): PatError {
  return new PatError({ reason: 'sandbox-unavailable', why }, cause);
}
