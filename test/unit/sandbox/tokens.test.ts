import { strict as assert } from 'node:assert';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Bench, DAY, inShort, type Shown } from './bench.ts';

const TOKENS = '/personal-access-tokens';
const all = ['tokens:read', 'tokens:write', 'users:read'];

describe('a token of the sandbox', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.start();
  });
  afterEach(() => bench.stop());

  it('is valid for 14 days when nothing else is said', async () => {
    const { token } = await bench.create({ name: 'a' });
    assert.equal(Date.parse(token.expires ?? ''), bench.clock.now() + 14 * DAY);
  });

  it('shows its secret in the answer that creates it, and in no other', async () => {
    const { token, secret } = await bench.create({ name: 'a', scopes: all });
    assert.ok(secret.startsWith(token.secretStart) && secret.endsWith(token.secretEnd));
    const paths = [TOKENS, `${TOKENS}/${token.id}`, '/me', '/whoami', '/users', '/scopes'];
    for (const path of paths) {
      const { body } = await bench.call<unknown>('GET', path, { secret });
      assert.ok(!JSON.stringify(body).includes(secret.slice(9, -4)), path);
    }
  });

  it('keeps no secret in any file, and its files from everybody else', async () => {
    const { secret } = await bench.create({ name: 'a' });
    const names = await readdir(bench.folder);
    assert.ok(names.length > 0);
    for (const name of names) {
      const file = join(bench.folder, name);
      assert.ok(!(await readFile(file)).includes(secret.slice(5, -6)), name);
      assert.equal((await stat(file)).mode & 0o077, 0, name);
    }
    assert.equal((await stat(bench.folder)).mode & 0o077, 0);
  });

  it('never shows subject and referrer again', async () => {
    const { token } = await bench.create({ name: 'a', subject: 'https://a.test/x', referrer: 'b.test' });
    assert.ok(!JSON.stringify([token, await bench.describe(token.id)]).includes('.test'));
  });

  it('is auto-revoked when it is used after its expiry, and only then', async () => {
    const { token, secret } = await bench.create({ name: 'a' });
    assert.equal(await bench.use(secret), 'ok');
    bench.clock.pass(14 * DAY);
    assert.equal((await bench.describe(token.id)).status, 'expired');
    assert.equal(await bench.use(secret), '401 token-expired');
    assert.equal((await bench.describe(token.id)).status, 'auto-revoked');
    assert.equal(await bench.use(secret), '401 token-revoked');
  });

  it('is refused once it is revoked, and stays in the list', async () => {
    const { token, secret } = await bench.create({ name: 'a' });
    assert.equal(inShort(await bench.call('DELETE', `${TOKENS}/${token.id}`)), '204');
    assert.equal(await bench.use(secret), '401 token-revoked');
    assert.equal((await bench.describe(token.id)).status, 'revoked');
    assert.equal(inShort(await bench.call('DELETE', `${TOKENS}/${token.id}`)), '204', 'once more');
  });

  it('says when it was last used, to the minute', async () => {
    const { token, secret } = await bench.create({ name: 'a' });
    assert.equal((await bench.describe(token.id)).lastUsed, null);
    const first = bench.clock.now();
    await bench.use(secret);
    bench.clock.pass(30_000);
    await bench.use(secret);
    assert.equal(Date.parse((await bench.describe(token.id)).lastUsed ?? ''), first);
    bench.clock.pass(30_000);
    await bench.use(secret);
    assert.equal(Date.parse((await bench.describe(token.id)).lastUsed ?? ''), first + 60_000);
  });

  it('of a disabled owner cannot be made', async () => {
    const answer = await bench.call('POST', TOKENS, { body: { name: 'a', owner: 'jonas' } });
    assert.equal(inShort(answer), '409 owner-disabled');
  });

  it('is limited to its subject and to its referrer', async () => {
    const { origin } = bench.sandbox;
    const here = await bench.create({ name: 'here', subject: `${origin}/whoami` });
    assert.equal(await bench.use(here.secret), 'ok');
    assert.equal(inShort(await bench.call('GET', '/me', { secret: here.secret })), '403 outside-subject');
    const referred = await bench.create({ name: 'referred', referrer: 'a.test' });
    assert.equal(await bench.use(referred.secret), '403 outside-referrer');
    assert.equal(await bench.use(referred.secret, { referer: 'https://b.a.test/x' }), 'ok');
    assert.equal(await bench.use(referred.secret, { referer: 'https://xa.test/' }), '403 outside-referrer');
  });

  it('has a name of its own among its owner’s active tokens', async () => {
    const create = (name: string, owner: string) => bench.call('POST', TOKENS, { body: { name, owner } });
    const { token } = await bench.create({ name: 'a' });
    assert.equal(inShort(await create('a', 'you')), '409 name-taken: /name');
    assert.equal(inShort(await create(' a ', 'you')), '409 name-taken: /name');
    assert.equal(inShort(await create('a', 'ada')), '201');
    await bench.call('DELETE', `${TOKENS}/${token.id}`);
    assert.equal(inShort(await create('a', 'you')), '201');
    bench.clock.pass(14 * DAY);
    assert.equal(inShort(await create('a', 'you')), '201', 'an expired one keeps no name');
  });

  it('has an owner who is limited to their own tokens, unless they are an administrator', async () => {
    const mine = await bench.create({ name: 'mine' });
    const ada = await bench.create({ name: 'ada', owner: 'ada', scopes: all });
    const by = (method: string, path: string, body?: unknown) =>
      bench.call(method, path, { secret: ada.secret, ...(body === undefined ? {} : { body }) }).then(inShort);
    const lacking = '403 missing-right: role administrator';
    assert.equal(await by('GET', TOKENS), lacking);
    assert.equal(await by('GET', `${TOKENS}?owner-id=you`), lacking);
    assert.equal(await by('GET', `${TOKENS}?owner-id=me`), '200');
    assert.equal(await by('GET', `${TOKENS}?owner-id=ada`), '200');
    assert.equal(await by('GET', '/users'), lacking);
    assert.equal(await by('POST', TOKENS, { name: 'x', owner: 'you' }), lacking);
    assert.equal(await by('POST', TOKENS, { name: 'x' }), '201');
    for (const id of [mine.token.id]) {
      assert.equal(await by('GET', `${TOKENS}/${id}`), lacking);
      assert.equal(await by('DELETE', `${TOKENS}/${id}`), lacking);
      assert.equal(
        await by('PATCH', `${TOKENS}/${id}`, [{ op: 'replace', path: '/name', value: 'x' }]),
        lacking,
      );
    }
    assert.equal(
      inShort(await bench.call('DELETE', `${TOKENS}/${ada.token.id}`)),
      '204',
      'an administrator may',
    );
  });

  for (const [scope, calls] of [
    [
      'tokens:read',
      [
        ['GET', TOKENS],
        ['GET', `${TOKENS}/x`],
      ],
    ],
    [
      'tokens:write',
      [
        ['POST', TOKENS],
        ['PATCH', `${TOKENS}/x`],
        ['DELETE', `${TOKENS}/x`],
      ],
    ],
    ['users:read', [['GET', '/users']]],
  ] as const) {
    it(`needs ${scope} for what that scope is for`, async () => {
      const { secret } = await bench.create({ name: 'without', scopes: all.filter((one) => one !== scope) });
      for (const [method, path] of calls) {
        const answer = await bench.call(method, path, { secret });
        assert.equal(inShort(answer), `403 missing-right: scope ${scope}`, `${method} ${path}`);
      }
    });
  }

  it('may call whoami, me and scopes without any scope', async () => {
    const { secret } = await bench.create({ name: 'bare', scopes: [] });
    for (const path of ['/whoami', '/me', '/scopes']) {
      assert.equal((await bench.call('GET', path, { secret })).status, 200, path);
    }
  });

  it('cannot be given a management scope by who does not hold it', async () => {
    const { secret } = await bench.create({ name: 'writer', scopes: ['tokens:write'] });
    const create = (scopes: string[]) =>
      bench.call('POST', TOKENS, { secret, body: { name: scopes.join(), scopes } }).then(inShort);
    assert.equal(await create(['tokens:read']), '403 missing-right: scope tokens:read');
    assert.equal(await create(['builds:write']), '201');
    assert.equal(await create(['no:such']), '400 invalid-body: /scopes');
  });

  it('of the platform cannot be changed or revoked', async () => {
    const { body } = await bench.call<{ tokens: (Shown & { managed: boolean })[] }>('GET', TOKENS);
    const [token] = body.tokens.filter(({ managed }) => managed);
    assert.ok(token);
    const path = `${TOKENS}/${token.id}`;
    assert.equal(inShort(await bench.call('DELETE', path)), '409 token-managed');
    const patch = [{ op: 'replace', path: '/name', value: 'x' }];
    assert.equal(inShort(await bench.call('PATCH', path, { body: patch })), '409 token-managed');
  });
});
