import assert from 'node:assert/strict';
import type { Question } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createdNothing } from '../../../src/servers/http.ts';
import { npm } from '../../../src/servers/npm.ts';
import { type Scripted, ScriptedServer, pagesIn, problem, secretsOf } from '../../servers/scripted.ts';

const address = new URL('https://registry.example/npm');
const { signal } = new AbortController();
const me = { json: { username: 'alice' } };
const token = (key: string, more: object = {}) => ({
  key,
  token: 'npm_1f',
  created: '2026-11-01T00:00:00Z',
  ...more,
});

function connect(answer: (call: string) => Scripted) {
  const script = new ScriptedServer(answer);
  const credential = { token: new Secret('login') };
  return { script, server: npm.connect(address, credential, script.ports) };
}

const list = (answer: (call: string) => Scripted) => {
  const { script, server } = connect(answer);
  return { script, pages: pagesIn(server.tokens({ owner: 'me' }, signal)) };
};

describe('npm: paging', () => {
  const first = 'GET /npm/-/npm/v1/tokens';

  it('follows the next page, given as a path of the registry or as an address', async () => {
    for (const next of ['/-/npm/v1/tokens?page=1', 'https://registry.example/npm/-/npm/v1/tokens?page=1']) {
      const { script, pages } = list((call) =>
        call === first
          ? { json: { objects: [token('a'), token('b')], urls: { next } } }
          : { json: { objects: [token('c')], urls: {} } },
      );
      assert.deepEqual(
        (await pages).map((page) => page.map(({ id }) => id)),
        [['a', 'b'], ['c']],
      );
      assert.deepEqual(script.paths, ['/npm/-/npm/v1/tokens', '/npm/-/npm/v1/tokens?page=1']);
    }
  });

  it('ends where a registry ignores paging, repeats itself or gives an empty page', async () => {
    let count = 0;
    const always = (objects: () => unknown[], next: () => string) => {
      count = 0;
      return list(() => ({ json: { objects: objects(), urls: { next: next() } } }));
    };
    const same = always(
      () => [token('a')],
      () => `/?page=${++count}`,
    );
    assert.equal((await same.pages).flat().length, 1);
    assert.equal(same.script.calls.length, 2);
    const circle = always(
      () => [token(`t${++count}`)],
      () => '/?page=1',
    );
    assert.equal((await circle.pages).flat().length, 2);
    const empty = always(
      () => [],
      () => `/?page=${++count}`,
    );
    assert.deepEqual(await empty.pages, []);
    assert.equal(empty.script.calls.length, 1);
    const endless = always(
      () => [token(`t${++count}`)],
      () => `/?page=${count}`,
    );
    await assert.rejects(endless.pages, problem('not-a-pat-server'));
  });

  it('takes the login to no other server', async () => {
    for (const next of ['https://evil.example/x', 'http://registry.example/x']) {
      const { script, pages } = list(() => ({ json: { objects: [token('a')], urls: { next } } }));
      await assert.rejects(pages, problem('redirected', { host: 'registry.example' }));
      assert.equal(script.calls.length, 1);
    }
    const sly = list(() => ({ json: { objects: [token('a')], urls: { next: '//evil.example/x' } } }));
    await sly.pages;
    assert.deepEqual(new Set(sly.script.calls.map(({ url }) => url.host)), new Set(['registry.example']));
  });
});

describe('npm: answers', () => {
  it('reads the names and ends of granular tokens, and does without what it cannot read', async () => {
    const { pages } = list(() => ({
      json: {
        objects: [
          token('a', {
            name: 'deploy\u202e',
            expires: '2027-01-01T00:00:00.000Z',
            cidr_whitelist: ['10.0.0.0/8'],
          }),
          token('b', { name: 7, expires: 'soon', readonly: 'maybe', created: 0, cidr_whitelist: null }),
          token('c', { token: 'x'.repeat(40) }),
        ],
      },
    }));
    const [a, b, c] = (await pages).flat();
    assert.equal(a?.name, 'deploy');
    assert.equal(a.expires, Date.UTC(2027, 0, 1));
    assert.deepEqual(a.details, [['Allowed addresses', '10.0.0.0/8']]);
    assert.equal(a.hint, 'npm_1f');
    assert.deepEqual([b?.name, b?.expires, b?.created, b?.details], [undefined, undefined, undefined, []]);
    assert.equal(c?.hint, undefined, 'a secret shown whole is no hint');
  });

  it('is no registry that answers with a page, another form, or nothing at all', async () => {
    for (const text of ['<!doctype html><title>Hi</title>', '{}', '[]', 'null', '', '{"objects":[{}]}']) {
      await assert.rejects(list(() => ({ text })).pages, problem('not-a-pat-server'), text);
    }
    await assert.rejects(list(() => ({ status: 404, json: {} })).pages, problem('unsupported'));
  });

  it('gives each refusal its reason', async () => {
    const refused: [Scripted, ...Parameters<typeof problem>][] = [
      [{ status: 401, json: {} }, 'bad-credential'],
      [{ status: 401, json: {}, headers: { 'www-authenticate': 'OTP' } }, 'unsupported'],
      [{ status: 401, json: { authUrl: 'https://x', doneUrl: 'https://y' } }, 'unsupported'],
      [{ status: 403, json: { error: 'no\u0007pe' } }, 'refused', { status: 403, says: 'no pe' }],
      [{ status: 400, text: '<html>' }, 'refused', { status: 400, says: '' }],
      [{ status: 408, text: '' }, 'server-failed'],
      [{ status: 503, json: { message: 'busy' } }, 'server-failed', { status: 503, says: 'busy' }],
      [{ status: 429, text: '', headers: { 'retry-after': '7' } }, 'slow-down', { retryAfterSeconds: 7 }],
      [
        { status: 429, text: '', headers: { 'retry-after': 'Tue, 24 Nov 2026 00:01:00 GMT' } },
        'slow-down',
        { retryAfterSeconds: 60 },
      ],
      [{ status: 429, text: '' }, 'slow-down', { retryAfterSeconds: undefined }],
    ];
    for (const [answer, ...expected] of refused) {
      await assert.rejects(list(() => answer).pages, problem(...expected));
      const { server } = connect((call) => (call.endsWith('whoami') ? me : answer));
      await assert.rejects(server.revoke({ id: 'a' }, signal), problem(...expected));
      const creation = server.create({}, () => Promise.resolve(new Secret('pw')), signal);
      // A creation can ask for a second factor, and is answered wrongly here.
      const isAsked = answer.headers?.['www-authenticate'] === 'OTP';
      await assert.rejects(creation, (error) => {
        assert.equal(createdNothing(error), expected[0] !== 'server-failed');
        return isAsked ? problem('bad-credential')(error) : problem(...expected)(error);
      });
    }
  });

  it('takes 404 to a revocation for already gone, and a web page for no answer', async () => {
    const revoke = (answer: Scripted) => connect(() => answer).server.revoke({ id: 'a' }, signal);
    assert.deepEqual(await revoke({ status: 404, json: {} }), { outcome: 'already-gone' });
    assert.deepEqual(await revoke({ status: 204, text: '' }), { outcome: 'deleted' });
    await assert.rejects(revoke({ text: '<html>Log in to the hotel' }), problem('not-a-pat-server'));
  });

  it('signs in without the call that could create an account when the password is not accepted', async () => {
    const answers = secretsOf({ account: 'alice', password: 'pw' });
    for (const answer of [{ json: {} }, { json: { username: 'bob' } }, { status: 401, json: {} }]) {
      const script = new ScriptedServer(() => answer);
      await assert.rejects(npm.signIn(address, answers, script.ports, signal), problem('bad-credential'));
      assert.deepEqual(script.paths, ['/npm/-/whoami']);
    }
    const otp = new ScriptedServer(() => ({ status: 401, json: {}, headers: { 'www-authenticate': 'OTP' } }));
    await assert.rejects(npm.signIn(address, answers, otp.ports, signal), problem('unsupported'));
  });

  const OTP = { status: 401, json: {}, headers: { 'www-authenticate': 'OTP' } };
  const minted = { json: { key: 'k', token: 'npm_new', user: 'alice', created: '2026-11-24T00:00:00Z' } };

  it('asks for a one-time password when the registry does, and once more when it was wrong', async () => {
    const asked: Question[] = [];
    const challenge = (question: Question) => {
      asked.push(question);
      return Promise.resolve(
        new Secret(question.about === 'password' ? 'pw' : question.again ? ' 222222 ' : '111111'),
      );
    };
    const script = new ScriptedServer((call, { headers = {} }) => {
      if (call.endsWith('whoami')) return me;
      const otp = headers['npm-otp'];
      return otp instanceof Secret && otp.reveal() === '222222' ? minted : OTP;
    });
    const ports = { ...script.ports, challenge };
    const server = npm.connect(address, secretsOf({ token: 't', account: 'alice' }), ports);
    const { bundle } = await server.create({}, challenge, signal);
    assert.equal(bundle.secret.reveal(), 'npm_new');
    assert.deepEqual(
      asked.map(({ about, again }) => [about, again]),
      [
        ['password', false],
        ['one-time-password', false],
        ['one-time-password', true],
      ],
    );
    await server.revoke({ id: 'k' }, signal);
    assert.equal(asked.length, 5, 'and for revoking');
  });

  it('waits for a confirmation in the browser, and uses what it brings', async () => {
    const done = new URL('-/v1/done?id=7', address);
    let looks = 0;
    const script = new ScriptedServer((call, { headers = {} }) => {
      if (call.endsWith('whoami')) return me;
      if (call === `GET ${done.pathname}${done.search}`) {
        assert.equal(headers.authorization, undefined);
        return ++looks < 3
          ? { status: 202, json: {}, headers: { 'retry-after': '0' } }
          : { json: { token: 'confirmed' } };
      }
      const otp = headers['npm-otp'];
      return otp instanceof Secret && otp.reveal() === 'confirmed'
        ? minted
        : { status: 401, json: { authUrl: 'https://www.example/auth/7', doneUrl: done.href } };
    });
    const pages: string[] = [];
    const { server } = { server: npm.connect(address, secretsOf({ token: 't' }), script.ports) };
    const challenge = ({ about, page }: Question) => {
      if (page !== undefined) pages.push(page.href);
      return Promise.resolve(new Secret(about === 'password' ? 'pw' : ''));
    };
    const { bundle } = await server.create({}, challenge, signal);
    assert.equal(bundle.secret.reveal(), 'npm_new');
    assert.deepEqual([pages, looks], [['https://www.example/auth/7'], 3]);
  });

  it('makes nothing when the user turns away from the second factor', async () => {
    const { server } = connect((call) => (call.endsWith('whoami') ? me : OTP));
    const challenge = ({ about }: Question) =>
      Promise.resolve(about === 'password' ? new Secret('pw') : undefined);
    await assert.rejects(server.create({}, challenge, signal), problem('cancelled'));
  });
});
