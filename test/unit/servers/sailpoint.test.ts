import assert from 'node:assert/strict';
import { initialDraft, problemsOf } from '../../../src/core/form.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createdNothing } from '../../../src/servers/http.ts';
import { sailpoint } from '../../../src/servers/sailpoint.ts';
import {
  bodyOf,
  pagesIn,
  problem,
  type Scripted,
  ScriptedServer,
  secretsOf,
} from '../../servers/scripted.ts';

const NOW = Date.UTC(2026, 10, 24);
const address = new URL('https://acme.api.identitynow.com/v2025');
const { signal } = new AbortController();
const nothingAsked = () => Promise.reject(new Error('asked'));
const login = secretsOf({ clientId: 'client-1', secret: 'hush' });

const row = (id: string, more: object = {}) => ({
  id,
  name: `Token ${id}`,
  scope: ['sp:scopes:all'],
  owner: { type: 'IDENTITY', id: 'alice', name: 'Alice' },
  created: '2026-11-01T00:00:00.000Z',
  lastUsed: null,
  managed: false,
  accessTokenValiditySeconds: 43200,
  expirationDate: '2027-01-01T00:00:00.000Z',
  ...more,
});

/** A tenant that exchanges for `bearer-1`, `bearer-2`, … and answers the rest as told. */
function tenant(answer: (call: string, bearer: string) => Scripted, at = address) {
  let exchanges = 0;
  const script = new ScriptedServer((call, { headers }) => {
    if (call.endsWith('/oauth/token')) {
      return { json: { access_token: `bearer-${++exchanges}`, expires_in: 600, token_type: 'bearer' } };
    }
    const authorization = headers?.authorization;
    return answer(call, authorization instanceof Secret ? authorization.reveal() : '');
  }, NOW);
  return { script, server: sailpoint.connect(at, login, script.ports), exchanges: () => exchanges };
}

const said = (text: string) => ({
  detailCode: '400.1 Bad request content',
  trackingId: 'x',
  messages: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text }],
  causes: [],
});

describe('sailpoint', () => {
  it('exchanges client ID and secret in a form body, once for many calls', async () => {
    const { script, server, exchanges } = tenant(() => ({ json: [row('client-1')] }));
    await server.caller(signal);
    await server.caller(signal);
    assert.equal(exchanges(), 1);
    const [exchange] = script.calls;
    assert.equal(exchange?.url.href, 'https://acme.api.identitynow.com/oauth/token');
    assert.equal(exchange.body?.type, 'application/x-www-form-urlencoded');
    assert.deepEqual(Object.fromEntries(new URLSearchParams(exchange.body.text.reveal())), {
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_secret: 'hush',
    });
  });

  it('meets a bearer that ended early by one new exchange and one repetition, also of a POST', async () => {
    const { script, server, exchanges } = tenant((call, bearer) =>
      bearer === 'Bearer bearer-1'
        ? { status: 401, json: { error: 'JWT validation failed: JWT is expired' } }
        : { json: call.startsWith('POST') ? { ...row('new'), secret: 'fresh' } : [row('a')] },
    );
    const { bundle } = await server.create({ name: 'ci', expires: null }, nothingAsked, signal);
    assert.equal(bundle.secret.reveal(), 'fresh');
    assert.equal(exchanges(), 2);
    assert.equal(
      script.calls.filter(({ method, url }) => method === 'POST' && url.pathname.startsWith('/v2025')).length,
      2,
    );
  });

  it('gives up after the second 401', async () => {
    const { server, exchanges } = tenant(() => ({ status: 401, json: { error: 'no' } }));
    await assert.rejects(server.caller(signal), problem('bad-credential'));
    assert.equal(exchanges(), 2);
  });

  it('says that the pair is wrong when it cannot be exchanged', async () => {
    for (const status of [400, 401]) {
      const script = new ScriptedServer(() => ({ status, json: { error: 'invalid_client' } }));
      await assert.rejects(
        sailpoint.signIn(address, login, script.ports, signal),
        problem('bad-credential', { host: 'acme.api.identitynow.com' }),
      );
    }
    await assert.rejects(
      sailpoint.signIn(
        address,
        secretsOf({ clientId: ' ', secret: 'x' }),
        tenant(() => ({})).script.ports,
        signal,
      ),
      problem('bad-credential'),
    );
  });

  it('asks the version that the address names, and the newest it knows where it names none', async () => {
    for (const [given, path] of [
      ['https://acme.example/v3', '/v3/personal-access-tokens?owner-id=me'],
      ['https://acme.example/beta/', '/beta/personal-access-tokens?owner-id=me'],
      ['https://acme.example', '/v2025/personal-access-tokens?owner-id=me'],
      ['https://acme.example/v1', '/personal-access-tokens/v1?owner-id=me'],
      ['https://proxy.example/acme/v2026', '/acme/v2026/personal-access-tokens?owner-id=me'],
    ] as const) {
      const { script, server } = tenant(() => ({ json: [] }), new URL(given));
      await server.caller(signal);
      assert.equal(script.paths.at(-1), path);
    }
    assert.throws(() => tenant(() => ({}), new URL('https://acme.example/v9')), problem('bad-address'));
  });

  it('knows the caller by the token it logs in with, and how many of the ten are left', async () => {
    const others = Array.from({ length: 6 }, (_, n) => row(`t${n}`, { owner: { id: 'bob', name: 'Bob' } }));
    const { server } = tenant(() => ({ json: [...others, row('client-1'), row('wf', { managed: true })] }));
    const { account, slotsLeft } = await server.caller(signal);
    assert.deepEqual([account.id, account.name, slotsLeft], ['alice', 'Alice', 3]);
  });

  it('reads null as all rights for scopes, as never for an expiry, and keeps what is left out open', async () => {
    const { expirationDate: _, ...silent } = row('d');
    const { server } = tenant(() => ({
      json: [
        row('a', { scope: null, expirationDate: null }),
        row('b', { expirationDate: '2026-11-23T00:00:00Z' }),
        silent,
      ],
    }));
    const [a, b, d] = (await pagesIn(server.tokens({ owner: 'all' }, signal))).flat();
    assert.deepEqual(
      [a?.scopes, a?.expires, a?.status, a?.lastUsed],
      [['sp:scopes:all'], 'never', 'active', 'never'],
    );
    assert.deepEqual([b?.status, b?.statusIsDerived], ['expired', true]);
    assert.equal(d?.expires, undefined);
  });

  it('reads a list once, whatever a server makes of paging', async () => {
    const { script, server } = tenant(() => ({ json: [row('a'), row('b')] }));
    assert.equal((await pagesIn(server.tokens({ owner: 'all' }, signal))).flat().length, 2);
    assert.deepEqual(script.paths.slice(1), ['/v2025/personal-access-tokens']);
  });

  it('asks for an acknowledged token without end, and for a date as an instant', async () => {
    const { script, server } = tenant(() => ({ json: { ...row('new'), secret: 's' } }));
    const expires = Date.UTC(2027, 5, 1);
    await server.create({ name: ' ci ', scopes: [], validity: 60, expires: null }, nothingAsked, signal);
    await server.create({ name: 'ci', scopes: ['a:b'], validity: 60, expires }, nothingAsked, signal);
    assert.deepEqual(script.calls.filter(({ url }) => url.pathname.includes('pers')).map(bodyOf), [
      {
        name: 'ci',
        scope: ['sp:scopes:all'],
        accessTokenValiditySeconds: 60,
        expirationDate: null,
        userAwareTokenNeverExpires: true,
      },
      {
        name: 'ci',
        scope: ['a:b'],
        accessTokenValiditySeconds: 60,
        expirationDate: '2027-06-01T00:00:00.000Z',
      },
    ]);
  });

  it('lends the bearer, not the secret', async () => {
    const { server, exchanges } = tenant(() => ({}));
    const bundle = { clientId: new Secret('other'), secret: new Secret('its secret') };
    const { accessToken, expires } = await server.authorization(bundle, signal);
    assert.equal(accessToken.reveal(), 'bearer-1');
    assert.equal(expires, NOW + 600_000);
    await server.authorization(bundle, signal);
    assert.equal(exchanges(), 1);
    await server.authorization({ ...bundle, secret: new Secret('a new one') }, signal);
    assert.equal(exchanges(), 2);
  });

  it('limits expiry to six months in the older versions, and offers never in the newer ones', async () => {
    for (const [version, latest, never] of [
      ['v3', Date.UTC(2027, 4, 23), false],
      ['v2025', Date.UTC(2040, 0, 1), true],
    ] as const) {
      const { server } = tenant(() => ({ json: [] }), new URL(`https://acme.example/${version}`));
      const form = await server.form(signal);
      const draft = { ...initialDraft(form, NOW), name: 'a' };
      assert.deepEqual(problemsOf(form, { ...draft, expires: latest }, NOW), []);
      assert.equal(problemsOf(form, { ...draft, expires: null }, NOW).length === 0, never);
      assert.deepEqual(problemsOf(form, { ...draft, validity: 14 }, NOW), [
        { field: 'validity', kind: 'out-of-range', min: 15, max: 43_200 },
      ]);
    }
    const { server } = tenant(() => ({ json: [] }), new URL('https://acme.example/v3'));
    const form = await server.form(signal);
    const draft = { ...initialDraft(form, NOW), name: 'a', expires: Date.UTC(2027, 4, 25) };
    assert.equal(problemsOf(form, draft, NOW)[0]?.kind, 'too-late');
  });

  it('changes only what differs, acknowledges never, and leaves the platform’s tokens alone', async () => {
    const { script, server } = tenant(() => ({ json: row('a') }));
    const listed = { ...row('a'), ...(await firstOf(row('a'))) };
    const form = await server.changeForm(listed, signal);
    assert.ok(form);
    assert.match(form.notes.join(), /20 minutes/);
    const before = initialDraft(form, NOW);
    assert.equal(await server.change(listed, before, signal), listed);
    assert.equal(script.calls.length, 0);
    await server.change(listed, { ...before, name: 'b', expires: null }, signal);
    assert.deepEqual(bodyOf(script.calls.at(-1)), [
      { op: 'replace', path: '/name', value: 'b' },
      { op: 'replace', path: '/expirationDate', value: null },
      { op: 'replace', path: '/userAwareTokenNeverExpires', value: true },
    ]);
    assert.equal(await server.changeForm({ ...listed, managed: true }, signal), undefined);
    assert.equal(await server.changeForm({ ...listed, status: 'expired' }, signal), undefined);
    assert.equal(server.isOwn({ ...listed, id: 'client-1' }), true);
    assert.equal(server.isOwn(listed), false);
  });

  async function firstOf(listed: object) {
    const [token] = (
      await pagesIn(tenant(() => ({ json: [listed] })).server.tokens({ owner: 'me' }, signal))
    ).flat();
    assert.ok(token);
    return token;
  }

  for (const [what, answer, reason, facts, nothing] of [
    [
      'a bad request',
      { status: 400, json: said('Scope is invalid') },
      'refused',
      { says: 'Scope is invalid' },
      true,
    ],
    [
      'a name that is taken',
      { status: 400, json: said('A token with this name already exists') },
      'name-taken',
      { name: 'ci' },
      true,
    ],
    [
      'an eleventh token',
      { status: 400, json: said('The limit of personal access tokens is reached') },
      'refused',
      {},
      true,
    ],
    [
      'a missing right',
      { status: 403, json: said('The server refuses to authorize it.') },
      'missing-right',
      { right: 'sp:my-personal-access-tokens:manage or sp:all-personal-access-tokens:manage' },
      true,
    ],
    ['another path', { status: 404, json: said('not found') }, 'not-found', {}, true],
    [
      'too many calls',
      { status: 429, json: { message: ' Rate Limit Exceeded ' }, headers: { 'retry-after': '7' } },
      'slow-down',
      { retryAfterSeconds: 7 },
      true,
    ],
    [
      'too many calls without a time',
      { status: 429, json: {} },
      'slow-down',
      { retryAfterSeconds: undefined },
      true,
    ],
    [
      'a failure of the server',
      { status: 500, json: said('oops') },
      'server-failed',
      { says: 'oops' },
      false,
    ],
    ['a web page', { text: '<html>sign in</html>' }, 'not-a-pat-server', {}, false],
  ] as const) {
    it(`says what ${what} means when creating, and ${nothing ? 'that nothing' : 'that perhaps something'} was made`, async () => {
      const { server } = tenant(() => answer);
      await assert.rejects(server.create({ name: 'ci', expires: null }, nothingAsked, signal), (error) => {
        assert.equal(createdNothing(error), nothing);
        return problem(reason, facts)(error);
      });
    });
  }

  it('asks for the tokens of another owner, and for those not used since, and lists each once', async () => {
    const { script, server } = tenant((call) => ({
      json: call.includes('isnull')
        ? [row('a'), row('b')]
        : [row('b'), row('c', { lastUsed: '2026-01-01T00:00:00Z' })],
    }));
    const filter = { ownerId: 'bob', unusedSince: Date.UTC(2026, 8, 1) };
    const pages = await pagesIn(server.tokens({ owner: 'all', filter }, signal));
    assert.deepEqual(
      pages.flat().map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    const asked = script.calls.slice(1).map(({ url }) => Object.fromEntries(url.searchParams));
    assert.deepEqual(asked, [
      { 'owner-id': 'bob', filters: 'lastUsed isnull' },
      { 'owner-id': 'bob', filters: 'lastUsed le 2026-09-01T00:00:00.000Z' },
    ]);
  });

  it('knows the page about tokens of a tenant by its usual name, and of no other', () => {
    assert.equal(
      sailpoint.tokenPage(address)?.href,
      'https://acme.identitynow.com/ui/d/user-preferences/personal-access-tokens',
    );
    assert.equal(sailpoint.tokenPage(new URL('https://sailpoint.acme.com/v3')), undefined);
  });

  it('names the right that is missing for each list, and for changing', async () => {
    const { server } = tenant(() => ({ status: 403, json: said('no') }));
    const list = (owner: 'me' | 'all') => pagesIn(server.tokens({ owner }, signal));
    await assert.rejects(
      list('me'),
      problem('missing-right', { right: 'idn:my-personal-access-tokens:read' }),
    );
    await assert.rejects(
      list('all'),
      problem('missing-right', {
        right: 'idn:all-personal-access-tokens:read',
        scope: 'idn:all-personal-access-tokens:read',
      }),
    );
    const token = await firstOf(row('a'));
    await assert.rejects(
      server.change(token, { name: 'b' }, signal),
      problem('missing-right', { right: 'sp:my-personal-access-tokens:manage' }),
    );
  });

  it('revokes, and takes a token that is gone as revoked', async () => {
    assert.deepEqual(await tenant(() => ({ status: 204, text: '' })).server.revoke({ id: 'a' }, signal), {
      outcome: 'deleted',
    });
    assert.deepEqual(
      await tenant(() => ({ status: 404, json: said('no') })).server.revoke({ id: 'a' }, signal),
      {
        outcome: 'already-gone',
      },
    );
  });
});
