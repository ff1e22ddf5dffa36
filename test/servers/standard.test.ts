import assert from 'node:assert/strict';
import type { TokenFilter } from '../../src/core/arrange.ts';
import { type Draft, type Form, daysFrom, initialDraft, problemsOf } from '../../src/core/form.ts';
import { Secret, type SecretBundle } from '../../src/core/secret.ts';
import { callAt, http } from '../../src/servers/http.ts';
import type { PatServer } from '../../src/servers/server.ts';
import { standard } from '../../src/servers/standard.ts';
import { observed } from './proven.ts';
import { pagesIn, problem } from './scripted.ts';
import { type ObservedSandbox, startObservedSandbox } from './standard-fixture.ts';

const clock = { now: Date.now };
const ports = { http, clock };
const { signal } = new AbortController();
const nothingAsked = () => Promise.reject(new Error('asked'));

describe('standard, against the sandbox through Prism', () => {
  let sandbox: ObservedSandbox;
  let server: PatServer;
  let form: Form;

  before(async () => {
    sandbox = await startObservedSandbox();
    server = await signedIn(await sandbox.adminSecret());
    form = await server.form(signal);
  });
  after(() => sandbox.stop());

  async function signedIn(secret: Secret): Promise<PatServer> {
    const credential = await standard.signIn(sandbox.address, { secret }, ports, signal);
    return observed('standard', 'the sandbox', standard.connect(sandbox.address, credential, ports));
  }

  /** As the form would send it; without a subject, as Prism has another address than the sandbox. */
  function create(values: Draft, by = server) {
    const draft = { ...initialDraft(form, clock.now()), subject: '', ...values };
    assert.deepEqual(problemsOf(form, draft, clock.now()), []);
    return by.create(draft, nothingAsked, signal);
  }

  async function use(bundle: SecretBundle): Promise<number> {
    const { headers } = await server.authorization(bundle, signal);
    return (await http({ method: 'GET', url: callAt(sandbox.address, 'whoami'), headers, signal })).status;
  }

  const listed = async (owner: 'me' | 'all', by = server) =>
    (await pagesIn(by.tokens({ owner }, signal))).flat();

  it('signs in with a token, and with no other text', async () => {
    await assert.rejects(signedIn(new Secret('patv_wrong')), problem('bad-credential'));
    const { account, abilities } = await server.caller(signal);
    assert.deepEqual(
      { role: account.role, status: account.status },
      { role: 'administrator', status: 'active' },
    );
    assert.deepEqual(abilities.createForOthers, { by: 'api' });
  });

  it('offers what the server will take', () => {
    const names = form.fields.map(({ name }) => name);
    assert.deepEqual(names, ['name', 'description', 'owner', 'scopes', 'expires', 'subject', 'referrer']);
    const [owner, scopes, expires] = form.fields.slice(2);
    assert(owner?.input === 'choice' && owner.options.length > 1);
    assert(scopes?.input === 'many' && scopes.suggestions.some(({ value }) => value === 'tokens:read'));
    assert(expires?.input === 'expiry' && expires.initial === 14 && expires.presets.includes(365));
    assert.equal(expires.before, Date.UTC(2038, 0, 19));
  });

  it('creates a token that is listed, used, revoked, and then refused', async () => {
    const { token, bundle } = await create({
      name: 'CI runner',
      description: 'Uploads build results',
      scopes: ['builds:read', 'builds:write'],
    });
    assert.equal(token.name, 'CI runner');
    assert.deepEqual(token.scopes, ['builds:read', 'builds:write']);
    assert(typeof token.expires === 'number' && Math.abs(token.expires - daysFrom(clock.now(), 14)) < 60_000);
    const [start = '', end = ''] = token.hint?.split('…') ?? [];
    const secret = bundle.secret.reveal();
    assert(start !== '' && secret.startsWith(start) && end !== '' && secret.endsWith(end));
    assert.deepEqual(
      (await listed('me')).find(({ id }) => id === token.id),
      token,
    );

    assert.equal(await use(bundle), 200);
    assert.deepEqual(await server.revoke(token, signal), { outcome: 'revoked' });
    assert.equal(await use(bundle), 401);
    assert.deepEqual(await server.revoke(token, signal), { outcome: 'revoked' });
    assert.equal((await listed('me')).find(({ id }) => id === token.id)?.status, 'revoked');
    assert.deepEqual(await server.revoke({ id: 'no-such-token' }, signal), { outcome: 'already-gone' });
  });

  it('creates for another user, whose name is then taken, and tokens for ever', async () => {
    const owner = form.fields.find(({ name }) => name === 'owner');
    assert(owner?.input === 'choice');
    const other = owner.options.find(({ value }) => value !== owner.initial)?.value ?? '';
    const draft = { name: 'Nightly', owner: other, expires: null };
    assert.equal(await server.nameTaken('Nightly', draft, signal), false);
    const { token } = await create(draft);
    assert.equal(token.owner?.id, other);
    assert.equal(token.expires, 'never');
    assert.equal(await server.nameTaken(' Nightly ', draft, signal), true);
    assert.equal(await server.nameTaken('Night', draft, signal), false);
    assert.equal(await server.nameTaken('Nightly', {}, signal), false, 'of one’s own');
    await assert.rejects(create(draft), problem('name-taken', { name: 'Nightly' }));

    assert(!(await listed('me')).some(({ id }) => id === token.id));
    assert((await listed('all')).some(({ id }) => id === token.id));
    await server.revoke(token, signal);
    assert.equal(await server.nameTaken('Nightly', draft, signal), false, 'free again');
  });

  it('leaves out by itself what is not looked for, and no token that fits', async () => {
    const { token, bundle } = await create({ name: 'Once used' });
    const unused = await create({ name: 'Never used' });
    assert.equal(await use(bundle), 200);
    const names = async (filter: TokenFilter) =>
      (await pagesIn(server.tokens({ owner: 'all', filter }, signal))).flat().map(({ name }) => name);
    const neverUsed = await names({ neverUsed: true });
    assert(neverUsed.includes('Never used') && !neverUsed.includes('Once used'));
    assert((await names({ unusedSince: clock.now() + 60_000 })).includes('Once used'));
    assert(!(await names({ unusedSince: clock.now() - 60_000 })).includes('Once used'));
    await server.revoke(token, signal);
    const owner = token.owner?.id ?? '';
    assert((await names({ ownerId: owner, statuses: ['revoked'] })).includes('Once used'));
    assert(!(await names({ ownerId: owner, statuses: ['active', 'expired'] })).includes('Once used'));
    await server.revoke(unused.token, signal);
  });

  it('changes what the server lets be changed, and sends nothing when nothing differs', async () => {
    const { token } = await create({ name: 'Before', scopes: ['builds:read'] });
    const editing = await server.changeForm(token, signal);
    assert(editing);
    const names = editing.fields.map(({ name }) => name);
    assert.deepEqual(names, ['name', 'description', 'scopes', 'expires']);
    const before = initialDraft(editing, clock.now());
    assert.equal(await server.change(token, before, signal), token);

    const draft = {
      ...before,
      name: 'After',
      description: 'changed',
      scopes: ['builds:write'],
      expires: null,
    };
    assert.deepEqual(problemsOf(editing, draft, clock.now()), []);
    const changed = await server.change(token, draft, signal);
    assert.deepEqual(
      [changed.name, changed.description, changed.scopes, changed.expires],
      ['After', 'changed', ['builds:write'], 'never'],
    );
    await create({ name: 'Taken' });
    await assert.rejects(server.change(changed, { ...draft, name: 'Taken' }, signal), problem('name-taken'));
    await server.revoke(token, signal);
    assert.equal(await server.changeForm({ ...changed, status: 'revoked' }, signal), undefined);
  });

  it('knows the token it logs in with', async () => {
    const { token } = await create({ name: 'Not the login' });
    const mine = (await listed('me')).filter((one) => server.isOwn(one));
    assert.deepEqual(
      mine.map(({ managed }) => managed),
      [true],
    );
    assert.equal(server.isOwn(token), false);
  });

  it('tells which token a secret is, by a call that changes nothing', async () => {
    const { token, bundle } = await create({ name: 'To be imported' });
    assert.deepEqual(await server.verify(bundle, signal), { tokenId: token.id });
    await assert.rejects(
      server.verify({ secret: new Secret('patv_wrong') }, signal),
      problem('bad-credential'),
    );
    await server.revoke(token, signal);
    await assert.rejects(server.verify(bundle, signal), problem('bad-credential'));
  });

  it('names the right that a caller lacks', async () => {
    const { bundle } = await create({ name: 'Reader', scopes: ['tokens:read'] });
    const reader = await signedIn(bundle.secret);
    const { abilities } = await reader.caller(signal);
    assert.deepEqual(abilities.list, { by: 'api' });
    assert.deepEqual(abilities.create, { by: 'none', missingRight: 'scope tokens:write' });
    assert((await listed('me', reader)).length > 0);
    await assert.rejects(
      create({ name: 'x' }, reader),
      problem('missing-right', { right: 'scope tokens:write' }),
    );
    const { fields } = await reader.form(signal);
    assert(!fields.some(({ name }) => name === 'owner'));
  });

  it('passes on the server’s words for what it refuses', async () => {
    const draft = { name: 'Odd', expires: clock.now() + 3_600_000 };
    await assert.rejects(server.create(draft, nothingAsked, signal), (error) => {
      problem('refused', { status: 400 })(error);
      assert.match(String(error), /expires/);
      return true;
    });
  });

  it('limits a token to an address and a referrer', async () => {
    const elsewhere = await create({ name: 'Elsewhere', subject: 'https://elsewhere.example/app' });
    assert.equal(await use(elsewhere.bundle), 403);
    const referred = await create({ name: 'Referred', referrer: 'example.com' });
    assert.equal(await use(referred.bundle), 403);
    const stranger = signedIn(elsewhere.bundle.secret);
    await assert.rejects(stranger, problem('refused', { status: 403 }));
  });

  it('reads a list of more than one page', async () => {
    const names = Array.from({ length: 201 }, (_, n) => `Many ${n}`);
    for (const name of names) await create({ name });
    const pages = await pagesIn(server.tokens({ owner: 'me' }, signal));
    assert(pages.length > 1);
    const found = new Set(pages.flat().map(({ name }) => name));
    assert(names.every((name) => found.has(name)));
  });
});
