import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../src/sandbox/index.ts';
import { FakeClock } from '../../fakes/stores.ts';

export const DAY = 86_400_000;

export interface Shown {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly scopes: readonly string[];
  readonly created: string;
  readonly expires: string | null;
  readonly lastUsed: string | null;
  readonly secretStart: string;
  readonly secretEnd: string;
}

export interface Minted {
  readonly token: Shown;
  readonly secret: string;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface Refused {
  readonly detailCode: string;
  readonly causes: readonly { readonly field?: string; readonly right?: string; readonly text: string }[];
}

export interface CallOptions {
  /** The administrator's when left out; none when null. */
  readonly secret?: string | null;
  readonly body?: unknown;
  /** The body as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The real sandbox over real HTTP, with data of its own and a clock that the test moves. */
export class Bench {
  readonly clock = new FakeClock();
  readonly folder: string;
  sandbox: Sandbox;
  admin: string;

  static async start(options: SandboxOptions = {}): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'pat-vault-sandbox-'));
    const bench = new Bench(folder);
    await bench.open(options);
    return bench;
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.admin = '';
    this.sandbox = undefined as unknown as Sandbox;
  }

  async open(options: SandboxOptions = {}): Promise<void> {
    this.sandbox = await openSandbox(this.folder, this.clock, options);
    this.admin = (await this.sandbox.adminSecret()).reveal();
  }

  async call<T = Refused>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const { secret = this.admin, body, raw } = options;
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = options.type ?? (method === 'PATCH' ? 'application/json-patch+json' : 'application/json');
    const answer = await fetch(`${this.sandbox.origin}${path}`, {
      method,
      headers: {
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        ...(content === undefined ? {} : { 'content-type': type }),
        ...options.headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  async create(values: Readonly<Record<string, unknown>>, secret = this.admin): Promise<Minted> {
    const { status, body } = await this.call<Minted>('POST', '/personal-access-tokens', {
      secret,
      body: values,
    });
    if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async describe(id: string): Promise<Shown> {
    return (await this.call<Shown>('GET', `/personal-access-tokens/${id}`)).body;
  }

  /** What `/whoami` says to a secret. */
  async use(secret: string, headers: Readonly<Record<string, string>> = {}) {
    const { status, body } = await this.call('GET', '/whoami', { secret, headers });
    return status === 200 ? 'ok' : `${status} ${body.detailCode}`;
  }

  async stop(): Promise<void> {
    await this.sandbox.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** `403 missing-right: scope tokens:read`, for comparing at a glance. */
export function inShort({ status, body }: Answer<unknown>): string {
  const { detailCode, causes = [] } = (body ?? {}) as Partial<Refused>;
  const why = causes.map(({ field, right }) => right ?? field ?? '').join(', ');
  return (
    [String(status), ...(detailCode === undefined ? [] : [detailCode])].join(' ') +
    (why === '' ? '' : `: ${why}`)
  );
}
