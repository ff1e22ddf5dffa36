import assert from 'node:assert/strict';
import { type Draft, type ExpiryField, initialDraft, problemsOf } from '../../../src/core/form.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createdNothing } from '../../../src/servers/http.ts';
import { standard } from '../../../src/servers/standard.ts';
import {
  type Scripted,
  ScriptedServer,
  bodyOf,
  pagesIn,
  problem,
  secretsOf,
} from '../../servers/scripted.ts';

const NOW = Date.UTC(2026, 10, 24);
const address = new URL('https://tokens.example/pats');
const { signal } = new AbortController();
const nothingAsked = () => Promise.reject(new Error('asked'));

const alice = { id: 'alice', name: 'Alice', status: 'active', role: 'administrator' };
const bob = { id: 'bob', name: 'Bob', status: 'disabled', role: 'developer' };
const row = (id: string, more: object = {}) => ({
  id,
  name: `Token ${id}`,
  description: '',
  owner: alice,
  status: 'active',
  scopes: ['a:read'],
  created: '2026-11-01T00:00:00Z',
  expires: null,
  lastUsed: null,
  managed: false,
  secretStart: 'patv_7Qx2',
  secretEnd: 'Kd0a',
  ...more,
});

const yes = { allowed: true, missingRight: null };
const lacks = (missingRight: string) => ({ allowed: false, missingRight });
const abilities = {
  list: yes,
  listAll: yes,
  create: yes,
  createForOthers: yes,
  change: yes,
  changeOthers: yes,
  revoke: yes,
  revokeOthers: yes,
  listUsers: yes,
};
const limits = {
  defaultValidityDays: 14,
  minValidityDays: 1,
  expiresBefore: null,
  neverAllowed: true,
  nameMaxLength: 100,
  descriptionMaxLength: 500,
};
const me = (more: object = {}) => ({
  user: alice,
  roles: [],
  scopes: ['tokens:read'],
  abilities,
  immutableNames: true,
  limits,
  ...more,
});

const error = (status: number, detailCode: string, causes: object[] = [], headers = {}): Scripted => ({
  status,
  headers,
  json: {
    detailCode,
    trackingId: '6f1f4c1e-0000-4000-8000-000000000000',
    messages: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text: 'It is refused.' }],
    causes,
  },
});

function connect(answer: (call: string) => Scripted) {
  const script = new ScriptedServer(answer, NOW);
  return { script, server: standard.connect(address, { secret: new Secret('patv_mine') }, script.ports) };
}

const list = (answer: (call: string) => Scripted, owner: 'me' | 'all' = 'me') => {
  const { script, server } = connect(answer);
  return { script, pages: pagesIn(server.tokens({ owner }, signal)) };
};

const create = (answer: Scripted, draft: Draft = { name: 'ci' }) => {
  const { script, server } = connect(() => answer);
  return { script, minted: server.create(draft, nothingAsked, signal) };
};

describe('standard: signing in', () => {
  const signIn = (secret: string, answer: Scripted) => {
    const { ports, calls } = new ScriptedServer(() => answer, NOW);
    return { calls, credential: standard.signIn(address, secretsOf({ secret }), ports, signal) };
  };

  it('checks the token with a call, and keeps it without blanks', async () => {
    const { calls, credential } = signIn(' patv_x\n', { json: me() });
    assert.equal((await credential).secret?.reveal(), 'patv_x');
    assert.equal(calls[0]?.url.href, 'https://tokens.example/pats/me');
    assert.equal(String(calls[0].headers?.authorization), '•••');
  });

  it('sends nothing that cannot be a token', async () => {
    for (const secret of ['', '  ', 'two words', 'two\nlines', 'ümlaut']) {
      const { calls, credential } = signIn(secret, { json: me() });
      await assert.rejects(credential, problem('bad-credential'));
      assert.equal(calls.length, 0);
    }
  });

  it('tells a wrong token from a server of another kind', async () => {
    await assert.rejects(signIn('x', error(401, 'bad-credential')).credential, problem('bad-credential'));
    const others: Scripted[] = [
      { text: '<!doctype html><title>Welcome</title>' },
      { status: 404, text: '<html>' },
      { status: 404, json: { error: 'no' } },
      error(404, 'no-such-path'),
      { json: {} },
      { json: [] },
      { json: null },
      { text: '' },
      { json: me({ user: { ...alice, status: 7 } }) },
      { json: me({ limits: { ...limits, nameMaxLength: '100' } }) },
      { json: me({ abilities: {} }) },
    ];
    for (const answer of others) {
      await assert.rejects(
        signIn('x', answer).credential,
        problem('not-a-pat-server'),
        JSON.stringify(answer),
      );
    }
    await signIn('x', { json: { ...me(), future: 1 } }).credential;
  });
});

describe('standard: what the caller can do', () => {
  it('names the right that is missing', async () => {
    const some = { ...abilities, listAll: lacks('role administrator'), create: lacks('scope tokens:write') };
    const { server } = connect(() => ({ json: me({ abilities: some }) }));
    const caller = await server.caller(signal);
    assert.deepEqual(caller.account, alice);
    assert.deepEqual(caller.abilities.list, { by: 'api' });
    assert.deepEqual(caller.abilities.listAll, { by: 'none', missingRight: 'role administrator' });
    assert.deepEqual(caller.abilities.create, { by: 'none', missingRight: 'scope tokens:write' });
    assert.deepEqual(caller.abilities.rotate, { by: 'none', missingRight: undefined });
  });
});

describe('standard: the form', () => {
  const scopes = [
    { name: 'tokens:read', description: 'See tokens', management: true },
    { name: 'tokens:write', description: 'Create tokens', management: true },
    { name: 'builds:read', description: 'See builds', management: false },
  ];
  const formFor = async (more: object = {}) => {
    const { script, server } = connect((call) => {
      if (call.endsWith('/me')) return { json: me(more) };
      return { json: call.endsWith('/users') ? { users: [alice, bob] } : { scopes } };
    });
    const form = await server.form(signal);
    const field = (name: string) => form.fields.find((one) => one.name === name);
    return { script, form, field };
  };

  it('lets administrators choose among active users, and nobody else', async () => {
    const { field } = await formFor();
    const owner = field('owner');
    assert(owner?.input === 'choice' && owner.initial === 'alice');
    assert.deepEqual(owner.options, [{ value: 'alice', label: 'Alice', detail: 'administrator, active' }]);
    for (const lacking of ['createForOthers', 'listUsers']) {
      const { script, field } = await formFor({ abilities: { ...abilities, [lacking]: lacks('role x') } });
      assert.equal(field('owner'), undefined);
      assert(!script.paths.includes('/pats/users'));
    }
  });

  it('suggests the scopes this caller may give, with what they mean', async () => {
    const field = (await formFor()).field('scopes');
    assert(field?.input === 'many' && field.freeEntry);
    assert.deepEqual(field.suggestions, [
      { value: 'tokens:read', label: 'tokens:read', detail: 'See tokens' },
      { value: 'builds:read', label: 'builds:read', detail: 'See builds' },
    ]);
  });

  it('offers the lengths of life the server grants', async () => {
    const expiry = async (more: object) => {
      const field = (await formFor({ limits: { ...limits, ...more } })).field('expires');
      assert(field?.input === 'expiry');
      return field as ExpiryField;
    };
    const all = await expiry({});
    assert.deepEqual(all.presets, [1, 7, 14, 30, 60, 90, 180, 365]);
    assert(all.never && all.initial === 14 && all.before === undefined);
    const few = await expiry({
      minValidityDays: 7,
      expiresBefore: '2027-01-24T00:00:00Z',
      neverAllowed: false,
    });
    assert.deepEqual(few.presets, [7, 14, 30, 60]);
    assert(!few.never && few.before === Date.UTC(2027, 0, 24));
    assert.deepEqual((await expiry({ defaultValidityDays: 10 })).presets.slice(0, 3), [1, 7, 10]);
  });

  it('marks what can never be changed, and starts with the server’s own address as subject', async () => {
    const { form, field } = await formFor();
    assert.deepEqual([field('name')?.immutable, field('description')?.immutable], [true, false]);
    const changeable = await formFor({ immutableNames: false });
    assert.equal(changeable.field('name')?.immutable, false);
    const draft = initialDraft(form, NOW);
    assert.equal(draft.subject, address.href);
    assert.deepEqual(problemsOf(form, { ...draft, name: 'ci' }, NOW), []);
  });

  it('asks for a name among the active tokens of the chosen user', async () => {
    const asked = async (answer: Scripted, name = ' a&b ', draft: Draft = {}) => {
      const { script, server } = connect(() => answer);
      return { taken: await server.nameTaken(name, draft, signal), query: script.calls[0]?.url.searchParams };
    };
    const found = { json: { tokens: [row('1', { name: 'a&b' })], nextCursor: null } };
    const { taken, query } = await asked(found, ' a&b ', { owner: 'bob' });
    assert.equal(taken, true);
    assert.deepEqual(Object.fromEntries(query ?? []), {
      'owner-id': 'bob',
      status: 'active',
      name: 'a&b',
      limit: '1',
    });
    assert.equal((await asked(found)).query?.get('owner-id'), 'me');
    const ignoring = { json: { tokens: [row('1')], nextCursor: null } };
    assert.equal((await asked(ignoring)).taken, false, 'a server that ignores the question');
    assert.equal(
      (await asked(error(403, 'missing-right', [{ text: 'x', right: 'scope tokens:read' }]))).taken,
      false,
    );
    assert.deepEqual(await asked(found, '  '), { taken: false, query: undefined });
  });
});

describe('standard: listing', () => {
  const page = (ids: string[], nextCursor: string | null): Scripted => ({
    json: { tokens: ids.map((id) => row(id)), nextCursor },
  });
  const idsOf = async (pages: Promise<(readonly { id: string }[])[]>) =>
    (await pages).map((one) => one.map(({ id }) => id));

  it('reads page after page', async () => {
    const { script, pages } = list((call) =>
      call.includes('cursor=two') ? page(['c'], null) : page(['a', 'b'], 'two'),
    );
    assert.deepEqual(await idsOf(pages), [['a', 'b'], ['c']]);
    assert.deepEqual(script.paths, [
      '/pats/personal-access-tokens?owner-id=me&limit=200',
      '/pats/personal-access-tokens?owner-id=me&limit=200&cursor=two',
    ]);
    const all = list(() => page([], null), 'all');
    assert.deepEqual(await idsOf(all.pages), []);
    assert.deepEqual(all.script.paths, ['/pats/personal-access-tokens?limit=200']);
  });

  it('ends where the server ignores paging or its cursors run in circles', async () => {
    let count = 0;
    const ignoring = list(() => page(['a'], `${++count}`));
    assert.deepEqual(await idsOf(ignoring.pages), [['a']]);
    const circling = list(() => page([`${++count}`], count % 2 === 0 ? 'even' : 'odd'));
    assert.equal((await idsOf(circling.pages)).length, 3);
    const empty = list(() => page([], 'more'));
    assert.deepEqual(await idsOf(empty.pages), []);
    assert.equal(empty.script.calls.length, 1);
  });

  it('reads a token as the server means it', async () => {
    const { pages } = list(() => ({
      json: {
        tokens: [
          row('a', { expires: '2027-01-01T01:00:00+01:00', lastUsed: '2026-11-02T00:00:00.5Z', future: 1 }),
          row('b', {
            name: '\u202eevil\n',
            status: 'auto-revoked',
            secretStart: undefined,
            secretEnd: undefined,
          }),
        ],
        nextCursor: null,
        future: {},
      },
    }));
    const [a, b] = (await pages).flat();
    assert.deepEqual(a, {
      id: 'a',
      name: 'Token a',
      description: '',
      owner: alice,
      status: 'active',
      statusIsDerived: false,
      scopes: ['a:read'],
      created: Date.UTC(2026, 10, 1),
      expires: Date.UTC(2027, 0, 1),
      lastUsed: Date.UTC(2026, 10, 2, 0, 0, 0, 500),
      managed: false,
      hint: 'patv_7Qx2…Kd0a',
      details: [],
    });
    assert.deepEqual([b?.name, b?.status, b?.hint, b?.expires], ['evil', 'auto-revoked', undefined, 'never']);
  });

  it('takes an answer of another form for another server, never for an empty list', async () => {
    const wrong = [
      {},
      [],
      null,
      { tokens: {}, nextCursor: null },
      { tokens: [] },
      { tokens: [row('')], nextCursor: null },
      { tokens: [row('a', { created: 'yesterday' })], nextCursor: null },
      { tokens: [row('a', { created: '2026-11-01T00:00:00' })], nextCursor: null },
      { tokens: [row('a', { status: 'sleeping' })], nextCursor: null },
      { tokens: [row('a', { managed: 'no' })], nextCursor: null },
      { tokens: [], nextCursor: 7 },
    ];
    for (const json of wrong) {
      await assert.rejects(list(() => ({ json })).pages, problem('not-a-pat-server'), JSON.stringify(json));
    }
  });
});

describe('standard: creating and revoking', () => {
  it('sends what was filled in, and leaves the rest to the server', async () => {
    const answer = { status: 201, json: { token: row('1'), secret: 'patv_new' } };
    const full = create(answer, {
      name: ' ci ',
      description: 'd',
      owner: 'bob',
      scopes: ['a'],
      expires: NOW,
      subject: 'https://x.example',
      referrer: ' example.com',
    });
    const { token, bundle } = await full.minted;
    assert.equal(token.id, '1');
    assert.equal(bundle.secret.reveal(), 'patv_new');
    assert.deepEqual(bodyOf(full.script.calls[0]), {
      name: 'ci',
      description: 'd',
      owner: 'bob',
      scopes: ['a'],
      expires: '2026-11-24T00:00:00.000Z',
      subject: 'https://x.example',
      referrer: 'example.com',
    });
    const bare = create(answer, { name: 'ci', description: '', expires: null, subject: ' ', referrer: '' });
    await bare.minted;
    assert.deepEqual(bodyOf(bare.script.calls[0]), { name: 'ci', expires: null });
  });

  it('gives each refusal its reason, and knows whether a token may have been made', async () => {
    const bad = error(400, 'invalid-body', [{ text: 'is in the past', field: '/expires' }]);
    const refusals: [Scripted, boolean, ...Parameters<typeof problem>][] = [
      [error(401, 'token-expired'), true, 'bad-credential'],
      [error(409, 'name-taken'), true, 'name-taken', { name: 'ci' }],
      [error(409, 'owner-disabled'), true, 'refused', { status: 409, says: 'It is refused.' }],
      [
        error(403, 'missing-right', [{ text: 'x', right: 'scope tokens:write' }]),
        true,
        'missing-right',
        { right: 'scope tokens:write' },
      ],
      [error(403, 'outside-subject'), true, 'refused', { status: 403 }],
      [{ status: 403, text: '<html>' }, true, 'refused', { status: 403, says: '' }],
      [bad, true, 'refused', { status: 400, says: 'It is refused. /expires: is in the past' }],
      [error(413, 'body-too-large'), true, 'refused', { status: 413 }],
      [error(408, 'too-slow'), false, 'server-failed', { status: 408 }],
      [error(500, 'internal'), false, 'server-failed', { status: 500, says: 'It is refused.' }],
      [{ status: 502, text: '<html>' }, false, 'server-failed', { status: 502, says: '' }],
      [error(429, 'slow-down', [], { 'retry-after': '3' }), true, 'slow-down', { retryAfterSeconds: 3 }],
      [{ status: 429, text: '' }, true, 'slow-down', { retryAfterSeconds: undefined }],
      [{ status: 201, text: '<html>' }, false, 'not-a-pat-server'],
      [{ status: 201, json: { token: row('1') } }, false, 'not-a-pat-server'],
      [{ status: 201, json: { token: row('1'), secret: '' } }, false, 'not-a-pat-server'],
    ];
    for (const [answer, provesNothingMade, ...expected] of refusals) {
      await assert.rejects(create(answer).minted, (error) => {
        assert.equal(createdNothing(error), provesNothingMade, JSON.stringify(answer));
        return problem(...expected)(error);
      });
    }
  });

  it('counts a token that is gone as revoked, and nothing else', async () => {
    const revoke = (answer: Scripted, id = 'a/b') => connect(() => answer).server.revoke({ id }, signal);
    assert.deepEqual(await revoke({ status: 204, text: '' }), { outcome: 'revoked' });
    assert.deepEqual(await revoke(error(404, 'token-not-found')), { outcome: 'already-gone' });
    await assert.rejects(revoke(error(404, 'no-such-path')), problem('not-a-pat-server'));
    await assert.rejects(revoke({ status: 404, text: '<html>' }), problem('not-a-pat-server'));
    await assert.rejects(revoke({ status: 200, text: '<html>' }), problem('not-a-pat-server'));
    await assert.rejects(revoke(error(409, 'token-managed')), problem('refused', { status: 409 }));
    await assert.rejects(revoke({ status: 204 }, '..'), problem('bad-address'));
  });
});
