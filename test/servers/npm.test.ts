import assert from 'node:assert/strict';
import { initialDraft, problemsOf } from '../../src/core/form.ts';
import type { Challenge, Question } from '../../src/core/ports.ts';
import { Secret, type SecretBundle } from '../../src/core/secret.ts';
import type { Token } from '../../src/core/token.ts';
import { callAt, http } from '../../src/servers/http.ts';
import { npm } from '../../src/servers/npm.ts';
import type { Credential, PatServer } from '../../src/servers/server.ts';
import { observed } from './proven.ts';
import { pagesIn, problem, secretsOf } from './scripted.ts';
import { type Verdaccio, startVerdaccio } from './verdaccio.ts';

const PASSWORD = 'correct horse: €';
const clock = { now: Date.now };
const ports = { http, clock };
const { signal } = new AbortController();

describe('npm, against Verdaccio behind a path', () => {
  let verdaccio: Verdaccio;
  let credential: Credential;
  let server: PatServer;

  before(async () => {
    verdaccio = await startVerdaccio();
    await verdaccio.addAccount('alice', PASSWORD);
  });
  after(() => verdaccio.stop());

  const signIn = (account: string, password: string) =>
    npm.signIn(verdaccio.address, secretsOf({ account, password }), ports, signal);

  beforeEach(async () => {
    credential = await signIn('alice', PASSWORD);
    server = observed('npm', 'Verdaccio 6.8', npm.connect(verdaccio.address, credential, ports));
    for (const token of await listed()) await server.revoke(token, signal);
  });

  const listed = async (): Promise<readonly Token[]> =>
    (await pagesIn(server.tokens({ owner: 'me' }, signal))).flat();

  const create = (values: object = {}, challenge: Challenge = () => Promise.resolve(new Secret(PASSWORD))) =>
    server.create({ name: 'ci', readonly: false, cidr_whitelist: [], ...values }, challenge, signal);

  async function use(bundle: SecretBundle, path = '-/whoami', method: 'GET' | 'DELETE' = 'GET') {
    const { headers } = await server.authorization(bundle, signal);
    return http({ method, url: callAt(verdaccio.address, path), headers, signal });
  }

  it('keeps a login token and the account, and not the password', async () => {
    const values = Object.entries(credential).map(([name, value]) => [name, value.reveal()]);
    const { token, account } = Object.fromEntries(values) as Record<string, string>;
    assert.equal(account, 'alice');
    assert.match(token ?? '', /^eyJ/);
    assert(!JSON.stringify(values).includes(PASSWORD));
    assert.equal((await server.caller(signal)).account.name, 'alice');
  });

  it('tells a wrong password apart, and creates no account for a mistyped user name', async () => {
    await assert.rejects(signIn('alice', 'wrong'), problem('bad-credential'));
    await assert.rejects(signIn('alicf', PASSWORD), problem('bad-credential'));
    await assert.rejects(signIn('alice:x', PASSWORD), problem('bad-credential'));
    await assert.rejects(signIn('', ''), problem('bad-credential'));
    assert.deepEqual(await verdaccio.accounts(), ['alice']);
  });

  it('says so when the address is not a registry’s', async () => {
    const elsewhere = new URL('/', verdaccio.address);
    const answers = secretsOf({ account: 'alice', password: PASSWORD });
    await assert.rejects(npm.signIn(elsewhere, answers, ports, signal), problem('not-a-pat-server'));
  });

  it('creates a token that is listed masked, used, revoked, and then refused', async () => {
    const form = await server.form(signal);
    const draft = { ...initialDraft(form, clock.now()), name: 'ci' };
    assert.deepEqual(problemsOf(form, draft, clock.now()), []);
    const { token, bundle } = await create(draft);
    const secret = bundle.secret.reveal();

    const [row, ...others] = await listed();
    assert.deepEqual(others, []);
    assert.deepEqual({ ...row, hint: undefined }, token);
    assert.equal(row?.hint, `${secret.slice(0, 5)}...${secret.slice(-5)}`);
    assert.equal(row.owner?.name, 'alice');
    assert(Math.abs((row.created ?? 0) - clock.now()) < 60_000);
    assert.deepEqual(row.details, [['Read-only', 'no']]);
    assert(row.status === 'active' && row.statusIsDerived && row.expires === undefined);

    assert.deepEqual(JSON.parse((await use(bundle)).text), { username: 'alice' });
    assert.deepEqual(await server.revoke(token, signal), { outcome: 'deleted' });
    assert.equal((await use(bundle)).status, 403);
    assert.deepEqual(await listed(), []);
  });

  it('asks for the password in mid-call, once more when it was wrong, and not a third time', async () => {
    const questions: Question[] = [];
    const answering = (...passwords: string[]): Challenge => {
      return (question) => {
        questions.push(question);
        const password = passwords.shift();
        return Promise.resolve(password === undefined ? undefined : new Secret(password));
      };
    };
    await create({}, answering('wrong', PASSWORD));
    const { host } = verdaccio.address;
    assert.deepEqual(questions, [
      { about: 'password', account: 'alice', host, again: false },
      { about: 'password', account: 'alice', host, again: true },
    ]);
    await assert.rejects(create({}, answering('wrong', 'wrong', PASSWORD)), problem('bad-credential'));
    await assert.rejects(create({}, answering('wrong')), problem('cancelled'));
    await assert.rejects(create({}, answering()), problem('cancelled'));
    assert.equal((await listed()).length, 1);
  });

  it('does not ask for a password when the login itself has run out', async () => {
    server = npm.connect(verdaccio.address, { ...credential, token: new Secret('eyJ.gone') }, ports);
    const unasked = () => Promise.reject(new Error('asked'));
    await assert.rejects(create({}, unasked), problem('bad-credential'));
    await assert.rejects(listed(), problem('bad-credential'));
    await assert.rejects(server.caller(signal), problem('bad-credential'));
    await assert.rejects(server.revoke({ id: 'x' }, signal), problem('bad-credential'));
    server = observed('npm', 'Verdaccio 6.8', npm.connect(verdaccio.address, credential, ports));
  });

  it('checks a secret by a call that changes nothing', async () => {
    const { bundle } = await create();
    assert.deepEqual(await server.verify(bundle, signal), { tokenId: undefined });
    await assert.rejects(
      server.verify({ secret: new Secret('eyJ.wrong') }, signal),
      problem('bad-credential'),
    );
  });

  it('makes tokens that only read, and tokens for some networks', async () => {
    const reading = await create({ readonly: true });
    assert.deepEqual(reading.token.details, [['Read-only', 'yes']]);
    assert.equal((await use(reading.bundle)).status, 200);
    const deletion = await use(reading.bundle, `-/npm/v1/tokens/token/${reading.token.id}`, 'DELETE');
    assert.equal(deletion.status, 403);

    const elsewhere = await create({ cidr_whitelist: ['10.0.0.0/8', '172.16.0.0/12'] });
    assert.deepEqual(elsewhere.token.details[1], ['Allowed addresses', '10.0.0.0/8, 172.16.0.0/12']);
    assert.equal((await use(elsewhere.bundle)).status, 403);
    const here = await create({ cidr_whitelist: ['127.0.0.1/32'] });
    assert.equal((await use(here.bundle)).status, 200);
    assert.equal((await listed()).length, 3);
  });

  it('takes a token that is already gone for revoked', async () => {
    assert.deepEqual(await server.revoke({ id: 'no-such-key' }, signal), { outcome: 'deleted' });
  });

  it('never lets an id reach another call', async () => {
    await assert.rejects(server.revoke({ id: '..' }, signal), problem('bad-address'));
    await create();
    await server.revoke({ id: '../tokens' }, signal);
    assert.equal((await listed()).length, 1);
  });
});
