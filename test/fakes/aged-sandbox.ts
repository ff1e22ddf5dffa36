import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Draft } from '../../src/core/form.ts';
import { Secret } from '../../src/core/secret.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import { http } from '../../src/servers/http.ts';
import type { Minted } from '../../src/servers/server.ts';
import { standard } from '../../src/servers/standard.ts';

const DAY = 86_400_000;

/** One of the tokens that a server has had for a while. */
export interface Aged {
  readonly name: string;
  /** Days ago, all of these. */
  readonly created: number;
  readonly used?: number;
  /** Days from now; left out: never. */
  readonly expires?: number;
  /** A user of the sandbox; left out: you. */
  readonly owner?: string;
  readonly scopes?: readonly string[];
}

export interface AgedSandbox {
  readonly address: URL;
  /** The secret of a listed token, or of the administrator. */
  secretOf(name: string): Secret;
  readonly administrator: Secret;
  stop(): Promise<void>;
}

/** A true server of the standard kind whose tokens were made and used in the past: its clock was put back for that. */
export async function startAgedSandbox(tokens: readonly Aged[]): Promise<AgedSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'aged-sandbox-'));
  let passed = 0;
  const clock = { now: () => Date.now() - passed };
  const ago = async <T>(days: number, work: () => Promise<T>): Promise<T> => {
    passed = days * DAY;
    return work().finally(() => (passed = 0));
  };
  const options = { port: 0, rate: { burst: 1e6, perSecond: 1e6 } };
  const sandbox = await openSandbox(folder, clock, options);
  const oldest = Math.max(0, ...tokens.map(({ created }) => created)) + 1;
  const administrator = await ago(oldest, () => sandbox.adminSecret());
  const address = new URL(sandbox.origin);
  const server = standard.connect(address, { secret: administrator }, { http, clock });
  const { signal } = new AbortController();

  const minted = new Map<string, Minted>();
  for (const { name, created, expires, owner, scopes = [] } of tokens) {
    const draft: Draft = {
      name,
      scopes,
      expires: expires === undefined ? null : Date.now() + expires * DAY,
      ...(owner === undefined ? {} : { owner }),
    };
    const ask = () => server.create(draft, () => Promise.reject(new Error('asked')), signal);
    minted.set(name, await ago(created, ask));
  }
  const secretOf = (name: string) => minted.get(name)?.bundle.secret ?? new Secret('');
  for (const { name, used } of tokens) {
    if (used === undefined) continue;
    await ago(used, () =>
      standard.connect(address, { secret: secretOf(name) }, { http, clock }).caller(signal),
    );
  }
  return {
    ...{ address, administrator, secretOf },
    stop: async () => {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
