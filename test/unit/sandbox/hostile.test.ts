import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Bench, inShort } from './bench.ts';

const TOKENS = '/personal-access-tokens';
const MB = 1_048_576;

describe('the sandbox, called by somebody hostile', () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start({ requestSeconds: 1 });
  });
  after(() => bench.stop());
  // Whatever was sent: it still serves everybody else.
  afterEach(async () => {
    assert.equal(await bench.use(bench.admin), 'ok');
  });

  const post = (raw: string | Uint8Array<ArrayBuffer>, type?: string) =>
    bench.call('POST', TOKENS, { raw, ...(type === undefined ? {} : { type }) }).then(inShort);

  /** Bytes as they are, and what is answered to them. */
  async function say(bytes: string): Promise<string> {
    const socket = connect(Number(new URL(bench.sandbox.origin).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    const answer = await text(socket).catch(() => '');
    return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '';
  }

  const get = (headers: string) => say(`GET /whoami HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);

  for (const [what, raw] of [
    ['no JSON', '{'],
    ['nothing', ''],
    ['text', '"name"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '1e999'],
    ['an unknown member', '{"name":"a","admin":true}'],
    ['a prototype', '{"name":"a","__proto__":{"managed":true}}'],
    ['a constructor', '{"name":"a","constructor":{}}'],
    ['deep nesting', `{"name":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['a number as a name', '{"name":1}'],
    ['a list as a name', '{"name":["a"]}'],
    ['no name', '{}'],
    ['an empty name', '{"name":" "}'],
    ['a name with a null byte', '{"name":"a\\u0000b"}'],
    ['half a character as a name', '{"name":"\\ud800"}'],
    ['a name that is too long', JSON.stringify({ name: 'x'.repeat(101) })],
    ['a description that is too long', JSON.stringify({ name: 'a', description: 'x'.repeat(501) })],
    ['scopes that are no list', '{"name":"a","scopes":"all"}'],
    ['a scope twice', '{"name":"a","scopes":["builds:read","builds:read"]}'],
    ['scopes without end', JSON.stringify({ name: 'a', scopes: Array.from({ length: 1000 }, String) })],
    ['an expiry that is no instant', '{"name":"a","expires":"tomorrow"}'],
    ['an expiry as a number', '{"name":"a","expires":1e15}'],
    ['an owner that is nobody', '{"name":"a","owner":"nobody"}'],
    ['a subject that is no address', '{"name":"a","subject":"/app"}'],
    ['a subject with a password', '{"name":"a","subject":"https://u:p@a.test/"}'],
    ['a subject of another scheme', '{"name":"a","subject":"javascript:alert(1)"}'],
    ['a referrer that is no host', '{"name":"a","referrer":"https://a.test/"}'],
  ] as const) {
    it(`refuses to create by ${what}`, async () => {
      const answer = await post(raw);
      // A token for somebody else is refused for its owner first.
      assert.match(answer, /^400 invalid-(json|body)/, answer);
    });
  }

  it('refuses what is not UTF-8, not JSON by its type, or compressed', async () => {
    assert.equal(await post(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), '400 invalid-json');
    assert.equal(await post('{"name":"a"}', 'text/plain'), '415 unsupported-media-type');
    assert.equal(await post('name=a', 'application/x-www-form-urlencoded'), '415 unsupported-media-type');
    const encoded = await bench.call('POST', TOKENS, { raw: 'x', headers: { 'content-encoding': 'gzip' } });
    assert.equal(inShort(encoded), '415 unsupported-media-type');
  });

  it('reads a body of 1 MB and not one byte more, told beforehand or not', async () => {
    const filled = (size: number) => `{"name":"a"}${' '.repeat(size - 12)}`;
    assert.equal(await post(filled(MB)), '201');
    assert.equal(await post(filled(MB + 1)), '413 body-too-large');
    const head = `POST ${TOKENS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bench.admin}\r\n`;
    const type = 'Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    assert.equal(await say(`${head}${type}${chunk.repeat(17)}0\r\n\r\n`), '413');
  });

  it('answers only to names of this machine, so that no web page can call it by its own', async () => {
    const { port } = new URL(bench.sandbox.origin);
    assert.equal(await get(`Host: 127.0.0.1:${port}\r\n`), '401');
    assert.equal(await get('Host: localhost\r\n'), '401');
    for (const host of ['evil.test', `evil.test:${port}`, '127.0.0.1.evil.test', '', 'localhost:99x']) {
      assert.equal(await get(`Host: ${host}\r\n`), '400', host);
    }
    assert.equal(await get('Host: localhost\r\nHost: evil.test\r\n'), '400');
    assert.equal(await get(''), '400');
  });

  it('lets no web page read an answer', async () => {
    const answer = await bench.call('GET', '/whoami', { headers: { origin: 'https://evil.test' } });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.match(inShort(await bench.call('OPTIONS', '/whoami')), /^405/);
  });

  it('refuses what is no HTTP, an address that is no path, and headers without end', async () => {
    assert.equal(await say('garbage\r\n\r\n'), '400');
    assert.equal(
      await say('GET http://localhost/whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      '400',
    );
    assert.equal(await get(`Host: localhost\r\nX: ${'x'.repeat(100_000)}\r\n`), '431');
  });

  it('ends a request that never ends', async () => {
    assert.equal(await say('GET /whoami HTTP/1.1\r\nHost: localhost\r\n'), '408');
  });

  it('refuses paths and methods it does not have, and says which it has', async () => {
    assert.equal(inShort(await bench.call('GET', '/nowhere')), '404 no-such-path');
    assert.equal(inShort(await bench.call('GET', `${TOKENS}/a/b`)), '404 no-such-path');
    const put = await bench.call('PUT', TOKENS, { body: {} });
    assert.equal(inShort(put), '405 method-not-allowed');
    assert.equal(put.headers.get('allow'), 'GET, POST');
    assert.equal(
      inShort(await bench.call('GET', `${TOKENS}/${encodeURIComponent("' OR '1'='1")}`)),
      '404 token-not-found',
    );
  });

  for (const [what, authorization] of [
    ['no token', ''],
    ['another scheme', 'Basic eDp5'],
    ['half a token', 'Bearer patv_'],
    ['another form', 'Bearer ghp_0123456789'],
    ['SQL', "Bearer ' OR 1=1 --"],
    ['a token of the right form that nobody made', `Bearer patv_${'0'.repeat(49)}`],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const headers = authorization === '' ? {} : { authorization };
      const answer = await bench.call('GET', '/whoami', { secret: null, headers });
      assert.equal(inShort(answer), authorization === '' ? '401 no-credential' : '401 bad-credential');
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    });
  }

  it('says 429 and when to come back: to a caller that calls too often, and to whoever guesses', async () => {
    const other = await Bench.start({ rate: { burst: 3, perSecond: 1 } });
    const calls = async (secret: string) => {
      const answers = [];
      for (let n = 0; n < 5; n++) answers.push(await other.call('GET', '/whoami', { secret }));
      return answers;
    };
    for (const [secret, usual] of [
      [other.admin, 200],
      ['guess', 401],
    ] as const) {
      const answers = await calls(secret);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [usual, usual, usual, 429, 429],
      );
      assert.equal(answers.at(-1)?.headers.get('retry-after'), '1');
    }
    other.clock.pass(1000);
    assert.equal(await other.use(other.admin), 'ok');
    await other.stop();
  });
});
