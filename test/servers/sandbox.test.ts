import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../host/folders.ts';
import { type ObservedSandbox, startObservedSandbox } from './standard-fixture.ts';

const TOKENS = '/personal-access-tokens';
const MANAGEMENT = ['tokens:read', 'tokens:write', 'users:read'];
const MB = 1_048_576;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly secret?: string;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses?: object }>>>>;
}

/**
 * Every answer that openapi.yaml promises, brought about and held to it by Prism. Requests are wrong on purpose
 * here, so Prism notes violations rather than refusing them; only those of answers count.
 */
describe('the sandbox, every answer through Prism', () => {
  const seen = new Set<string>();
  let sandbox: ObservedSandbox;
  let slow: ObservedSandbox;
  let admin: string;
  let id: string;
  let gone: string;
  let managed: string;

  before(async () => {
    [sandbox, slow] = await Promise.all([
      startObservedSandbox('note'),
      startObservedSandbox('note', { rate: { burst: 1, perSecond: 0.001 } }),
    ]);
    admin = (await sandbox.adminSecret()).reveal();
    ({ id } = await minted({ name: 'one' }));
    ({ id: gone } = await minted({ name: 'gone' }));
    await call({ method: 'DELETE', path: `${TOKENS}/${gone}` });
    const { tokens } = (await call({ method: 'GET', path: TOKENS })).body as {
      tokens: { id: string; managed: boolean }[];
    };
    managed = tokens.find((token) => token.managed)?.id ?? '';
  });
  after(() => Promise.all([sandbox.stop(), slow.stop()]));

  async function call(
    { method, path, secret = admin, body, type = typeOf(method), headers = {} }: Call,
    { address } = sandbox,
  ) {
    const answer = await fetch(new URL(path, address), {
      method,
      headers: {
        ...(secret === '' ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const noted = JSON.parse(answer.headers.get('sl-violations') ?? '[]') as { location: string[] }[];
    assert.deepEqual(
      noted.filter(({ location }) => location[0] === 'response'),
      [],
      `${method} ${path}: ${answer.status} ${text.slice(0, 200)}`,
    );
    seen.add(`${method} ${templateOf(path)} ${answer.status}`);
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as unknown };
  }

  const typeOf = (method: string) =>
    method === 'PATCH' ? 'application/json-patch+json' : 'application/json';

  function templateOf(path: string): string {
    const [plain = ''] = path.split('?');
    return plain.startsWith(`${TOKENS}/`) ? `${TOKENS}/{id}` : plain;
  }

  async function minted(values: object): Promise<{ id: string; secret: string }> {
    const { body } = await call({ method: 'POST', path: TOKENS, body: JSON.stringify(values) });
    const { token, secret } = body as { token: { id: string }; secret: string };
    return { id: token.id, secret };
  }

  const patch = (...operations: readonly object[]) => JSON.stringify(operations);
  const describe1 = patch({ op: 'replace', path: '/description', value: 'changed' });

  it('answers what went well', async () => {
    const calls: readonly [Call, number][] = [
      [{ method: 'GET', path: `${TOKENS}?owner-id=me&status=active&sort=-created&limit=1` }, 200],
      [{ method: 'GET', path: `${TOKENS}/${id}` }, 200],
      [{ method: 'POST', path: TOKENS, body: '{"name":"two","expires":null,"scopes":["builds:read"]}' }, 201],
      [{ method: 'PATCH', path: `${TOKENS}/${id}`, body: describe1 }, 200],
      [{ method: 'DELETE', path: `${TOKENS}/${gone}` }, 204],
      [{ method: 'GET', path: '/users' }, 200],
      [{ method: 'GET', path: '/scopes' }, 200],
      [{ method: 'GET', path: '/me' }, 200],
      [{ method: 'GET', path: '/whoami' }, 200],
      [{ method: 'GET', path: `/.well-known/pat-vault-proof?challenge=${'0a'.repeat(32)}`, secret: '' }, 200],
    ];
    for (const [one, status] of calls) assert.equal((await call(one)).status, status, one.path);
  });

  it('does not send again what the caller has', async () => {
    const query = `${TOKENS}?status=revoked`;
    const first = await fetch(new URL(query, sandbox.address), {
      headers: { authorization: `Bearer ${admin}` },
    });
    const etag = first.headers.get('etag') ?? '';
    const { status } = await call({ method: 'GET', path: query, headers: { 'if-none-match': etag } });
    assert.equal(status, 304);
  });

  it('refuses what it does not understand, with 400', async () => {
    for (const one of [
      { method: 'GET', path: `${TOKENS}?limit=none` },
      { method: 'GET', path: `${TOKENS}/${id}?x=1` },
      { method: 'POST', path: TOKENS, body: '{"name":1}' },
      { method: 'PATCH', path: `${TOKENS}/${id}`, body: patch({ op: 'move', path: '/name' }) },
      { method: 'DELETE', path: `${TOKENS}/${id}?x=1` },
      { method: 'GET', path: '/users?x=1' },
      { method: 'GET', path: '/scopes?x=1' },
      { method: 'GET', path: '/me?x=1' },
      { method: 'GET', path: '/whoami?x=1' },
      { method: 'GET', path: '/.well-known/pat-vault-proof?challenge=short', secret: '' },
    ]) {
      assert.equal((await call(one)).status, 400, one.path);
    }
  });

  it('refuses who is nobody, with 401', async () => {
    for (const { method, path, body } of everything()) {
      const answer = await call({
        method,
        path,
        secret: 'patv_nobody',
        ...(body === undefined ? {} : { body }),
      });
      assert.equal(answer.status, 401, path);
    }
  });

  it('refuses who may not, with 403', async () => {
    const bare = await minted({ name: 'bare', scopes: [] });
    const outside = await minted({ name: 'outside', scopes: MANAGEMENT, subject: 'https://a.test/' });
    for (const { method, path, body } of everything()) {
      const isFree = ['/scopes', '/me', '/whoami'].includes(path);
      const { secret } = isFree ? outside : bare;
      const answer = await call({ method, path, secret, ...(body === undefined ? {} : { body }) });
      assert.equal(answer.status, 403, path);
    }
  });

  it('says what is not there, with 404', async () => {
    const path = `${TOKENS}/nothing`;
    for (const one of [
      { method: 'GET', path },
      { method: 'PATCH', path, body: describe1 },
      { method: 'DELETE', path },
    ]) {
      assert.equal((await call(one)).status, 404, one.method);
    }
  });

  it('says what is in the way, with 409', async () => {
    for (const one of [
      { method: 'POST', path: TOKENS, body: '{"name":"one"}' },
      { method: 'PATCH', path: `${TOKENS}/${gone}`, body: describe1 },
      { method: 'DELETE', path: `${TOKENS}/${managed}` },
    ]) {
      assert.equal((await call(one)).status, 409, one.method);
    }
  });

  it('refuses what is too large or of another type, with 413 and 415', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(MB) });
    for (const one of [
      { method: 'POST', path: TOKENS },
      { method: 'PATCH', path: `${TOKENS}/${id}` },
    ]) {
      assert.equal((await call({ ...one, body: large })).status, 413, one.method);
      assert.equal((await call({ ...one, body: 'name', type: 'text/plain' })).status, 415, one.method);
    }
  });

  it('asks for fewer calls, with 429', async () => {
    const secret = (await slow.adminSecret()).reveal();
    await call({ method: 'GET', path: '/whoami', secret }, slow);
    for (const { method, path, body } of everything()) {
      const answer = await call({ method, path, secret, ...(body === undefined ? {} : { body }) }, slow);
      assert.equal(answer.status, 429, path);
    }
  });

  it('has been seen to give every answer of its contract but 500', async () => {
    const { paths } = parse(await readFile(join(root, 'src/sandbox/openapi.yaml'), 'utf8')) as Contract;
    const promised = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses = {} }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
    const missing = promised.filter((answer) => !answer.endsWith(' 500') && !seen.has(answer));
    assert.deepEqual(missing, []);
    assert.deepEqual(
      [...seen].filter((answer) => !promised.includes(answer)),
      [],
    );
  });

  /** One call of each operation that needs a caller. */
  function everything(): { method: string; path: string; body?: string }[] {
    return [
      { method: 'GET', path: TOKENS },
      { method: 'POST', path: TOKENS, body: '{"name":"another"}' },
      { method: 'GET', path: `${TOKENS}/${id}` },
      { method: 'PATCH', path: `${TOKENS}/${id}`, body: describe1 },
      { method: 'DELETE', path: `${TOKENS}/${id}` },
      { method: 'GET', path: '/users' },
      { method: 'GET', path: '/scopes' },
      { method: 'GET', path: '/me' },
      { method: 'GET', path: '/whoami' },
    ];
  }
});
