import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type RequestListener, type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { PatError } from '../../../src/core/errors.ts';
import type { HttpRequest } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  assertSafe,
  callAt,
  createdNothing,
  httpClient,
  json,
  oncePatient,
  parseAnswer,
  plain,
} from '../../../src/servers/http.ts';
import { problem } from '../../servers/scripted.ts';

const small = httpClient({ seconds: 0.3, maxBytes: 1000 });
const { signal } = new AbortController();
const authorization = new Secret('Bearer hidden');

describe('The HTTP client', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  async function started(server: Server, protocol = 'http'): Promise<URL> {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    assert(address !== null && typeof address === 'object');
    return new URL(`${protocol}://127.0.0.1:${address.port}/`);
  }

  const serve = (listener: RequestListener) => started(createServer(listener));

  const get = (url: URL, more: Partial<HttpRequest> = {}) => small({ method: 'GET', url, signal, ...more });

  it('sends headers and body, and gives any status as an answer', async () => {
    const url = await serve((request, response) => {
      void request.toArray().then((chunks: Buffer[]) => {
        const { authorization, 'content-type': type } = request.headers;
        const body = Buffer.concat(chunks).toString();
        response
          .writeHead(418, { 'x-one': '1' })
          .end(JSON.stringify([request.method, authorization, type, body]));
      });
    });
    const answer = await get(url, { method: 'POST', headers: { authorization }, body: json({ a: 'ü' }) });
    assert.equal(answer.status, 418);
    assert.equal(answer.header('X-One'), '1');
    assert.equal(answer.header('x-two'), undefined);
    assert.deepEqual(JSON.parse(answer.text), ['POST', 'Bearer hidden', 'application/json', '{"a":"ü"}']);
  });

  it('follows no redirect, so nothing is carried elsewhere, and tells where it points without secrets', async () => {
    let reached = 0;
    const other = await serve((_request, response) => {
      reached++;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_request, response) => {
        response.writeHead(status, { location: `${other.href}login?code=hidden#x` }).end();
      });
      const expected = { host: url.host, to: `${other.href}login` };
      await assert.rejects(get(url, { headers: { authorization } }), problem('redirected', expected));
    }
    assert.equal(reached, 0);
    const nowhere = await serve((_request, response) => response.writeHead(302).end());
    await assert.rejects(get(nowhere), problem('redirected'));
  });

  it('waits only so long for an answer, and only so long for its end', async () => {
    const silent = await serve(() => undefined);
    await assert.rejects(get(silent), problem('timed-out', { host: silent.host, seconds: 0.3 }));
    const slow = await serve((_request, response) => response.write('['));
    await assert.rejects(get(slow), problem('timed-out'));
  });

  it('reads only so much', async () => {
    const url = await serve((_request, response) => response.end('x'.repeat(1001)));
    await assert.rejects(get(url), problem('answer-too-large', { host: url.host, limit: 1000 }));
  });

  it('stops when it is told to', async () => {
    const url = await serve(() => undefined);
    const controller = new AbortController();
    const call = get(url, { signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 20);
    await assert.rejects(call, problem('cancelled'));
    await assert.rejects(get(url, { signal: AbortSignal.abort() }), problem('cancelled'));
  });

  it('trusts no certificate that nobody vouches for', async () => {
    const pem = readFileSync(join(import.meta.dirname, 'localhost.pem'));
    const url = await started(
      createTlsServer({ key: pem, cert: pem }, (_request, response) => response.end()),
      'https',
    );
    const expected = { host: url.host, code: 'DEPTH_ZERO_SELF_SIGNED_CERT' };
    await assert.rejects(get(url), problem('untrusted-certificate', expected));
  });

  it('knows whether a failed call may have arrived', async () => {
    const gone = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await assert.rejects(get(gone), problem('unreachable', { host: gone.host, sent: false }));

    const hangsUp = await serve((request) => request.socket.destroy());
    await assert.rejects(get(hangsUp), problem('unreachable', { sent: true }));

    const noTls = await serve(() => undefined);
    noTls.protocol = 'https:';
    await assert.rejects(get(noTls), problem('unreachable', { sent: false }));

    const headers = { authorization: new Secret('Bearer two\nlines') };
    await assert.rejects(get(hangsUp, { headers }), (error) => {
      assert(!String((error as Error).cause).includes('two'));
      return problem('unreachable', { sent: false })(error);
    });
  });

  it('speaks plain http to this machine only, and takes no user name in an address', async () => {
    const reasonFor = (address: string) => {
      try {
        assertSafe(new URL(address));
        return 'safe';
      } catch (error) {
        return PatError.is(error) ? error.problem.reason : error;
      }
    };
    for (const address of [
      'https://example.org',
      'http://localhost:1',
      'http://127.0.0.1',
      'http://[::1]:1',
      'http://LOCALHOST/x',
    ]) {
      assert.equal(reasonFor(address), 'safe', address);
    }
    for (const address of [
      'http://example.org',
      'http://localhost.example.org',
      'http://127.0.0.1.example.org',
      'http://10.0.0.1',
      'http://127.0.0.2',
      'ftp://localhost',
      'file:///etc/passwd',
    ]) {
      assert.equal(reasonFor(address), 'insecure-address', address);
    }
    assert.equal(reasonFor('https://user@example.org'), 'bad-address');
    assert.equal(reasonFor('https://:pw@example.org'), 'bad-address');
    await assert.rejects(get(new URL('http://example.org')), problem('insecure-address'));
  });

  describe('tried once more', () => {
    const patient = oncePatient(small);
    /** Answers the first call as told, and the next ones with 200. */
    async function counting(first: { status: number; retryAfter?: string } | 'break off') {
      let calls = 0;
      const url = await serve((request, response) => {
        calls++;
        if (calls > 1) response.end('{}');
        else if (first === 'break off') request.destroy();
        else
          response
            .writeHead(
              first.status,
              first.retryAfter === undefined ? {} : { 'retry-after': first.retryAfter },
            )
            .end();
      });
      const ask = (method: HttpRequest['method'], by = signal) => patient({ method, url, signal: by });
      return { ask, calls: () => calls };
    }

    it('is a GET that broke off, or was told when to come back', async () => {
      for (const first of [
        'break off',
        { status: 429, retryAfter: '0' },
        { status: 503, retryAfter: '1' },
      ] as const) {
        const { ask, calls } = await counting(first);
        assert.equal((await ask('GET')).status, 200);
        assert.equal(calls(), 2);
      }
    });

    it('is no GET that was refused otherwise, or sent away for long', async () => {
      for (const first of [
        { status: 429 },
        { status: 503, retryAfter: '60' },
        { status: 500, retryAfter: '0' },
      ]) {
        const { ask, calls } = await counting(first);
        assert.equal((await ask('GET')).status, first.status);
        assert.equal(calls(), 1);
      }
    });

    it('is no call that creates or changes anything', async () => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const broken = await counting('break off');
        await assert.rejects(broken.ask(method), problem('unreachable'));
        const busy = await counting({ status: 429, retryAfter: '0' });
        assert.equal((await busy.ask(method)).status, 429);
        assert.deepEqual([broken.calls(), busy.calls()], [1, 1]);
      }
    });

    it('is nothing that the user has cancelled while it waited', async () => {
      const { ask, calls } = await counting({ status: 429, retryAfter: '5' });
      const controller = new AbortController();
      const asked = ask('GET', controller.signal);
      setTimeout(() => {
        controller.abort();
      }, 50);
      await assert.rejects(asked, problem('cancelled'));
      assert.equal(calls(), 1);
    });
  });
});

describe('The address of a call', () => {
  it('keeps the path of the server, and each id in its place', () => {
    const at = (base: string, ...ids: string[]) => callAt(new URL(base), 'a/b', ...ids).href;
    assert.equal(at('https://x.example'), 'https://x.example/a/b');
    assert.equal(at('https://x.example/npm'), 'https://x.example/npm/a/b');
    assert.equal(
      at('https://x.example/npm//?q#f', 'ö/../c?d#e'),
      'https://x.example/npm/a/b/%C3%B6%2F..%2Fc%3Fd%23e',
    );
    for (const id of ['', '.', '..']) {
      assert.throws(() => at('https://x.example', id), problem('bad-address'));
    }
  });
});

describe('An answer', () => {
  const url = new URL('https://x.example');
  const parse = (text: string) => parseAnswer({ status: 200, text, header: () => undefined }, url, String);

  it('that is no JSON is no answer, and its text stays out of the log', () => {
    assert.equal(parse('"yes"'), 'yes');
    assert.throws(() => parse(' <html>'), problem('not-a-pat-server', { why: 'a web page instead of JSON' }));
    assert.throws(
      () => parse('pat_hidden'),
      (error) => {
        assert(!String((error as Error).cause).includes('hidden'));
        return problem('not-a-pat-server')(error);
      },
    );
  });

  it('is shown as one plain line', () => {
    assert.equal(plain(' a\r\n\tb\u0000\u202ec\u2066 '), 'a b c');
    assert.equal(plain('x'.repeat(301)).length, 300);
  });

  it('lost on the way leaves open whether something was created', () => {
    const made = (...args: ConstructorParameters<typeof PatError>) => !createdNothing(new PatError(...args));
    assert(made({ reason: 'unreachable', host: 'x', sent: true }));
    assert(made({ reason: 'timed-out', host: 'x', seconds: 1 }));
    assert(made({ reason: 'server-failed', status: 502, says: '' }));
    assert(made({ reason: 'not-a-pat-server', host: 'x', why: '' }));
    assert(made({ reason: 'cancelled' }));
    assert(!made({ reason: 'unreachable', host: 'x', sent: false }));
    assert(!made({ reason: 'refused', status: 400, says: '' }));
    assert(!createdNothing(new Error('anything else')));
  });
});
