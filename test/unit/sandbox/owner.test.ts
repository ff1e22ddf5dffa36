import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openSandbox } from '../../../src/sandbox/index.ts';
import { PatError } from '../../../src/core/errors.ts';
import { Bench } from './bench.ts';

interface Opened {
  readonly origin: string;
  readonly owned: boolean;
  readonly secret: string;
}

describe('the sandbox and the windows that share it', () => {
  let bench: Bench;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    bench = await Bench.start();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await bench.stop();
  });

  /** Another process opens the same folder. */
  async function openElsewhere(): Promise<{ opened: Opened; child: ChildProcess }> {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'opener.ts'), bench.folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { opened: JSON.parse(line) as Opened, child };
  }

  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** A server that takes the sandbox's port for itself. */
  async function takePort(answer: (challenge: string) => Promise<string>): Promise<Server> {
    const { port } = new URL(bench.sandbox.origin);
    await bench.sandbox.close();
    const server = createServer((incoming, response) => {
      void answer(incoming.url ?? '').then((body) => response.end(body));
    });
    server.listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  it('keeps port, users and tokens from one start to the next', async () => {
    const { origin } = bench.sandbox;
    const { secret } = await bench.create({ name: 'kept' });
    await bench.sandbox.close();
    await bench.open();
    assert.equal(bench.sandbox.origin, origin);
    assert.equal(bench.sandbox.movedFrom, undefined);
    assert.equal(await bench.use(secret), 'ok');
  });

  it('makes one administrator token at a time', async () => {
    const before = bench.admin;
    bench.admin = (await bench.sandbox.adminSecret()).reveal();
    assert.equal(await bench.use(before), '401 token-revoked');
    assert.equal(await bench.use(bench.admin), 'ok');
  });

  it('is owned by one process, and used by the others', async () => {
    const { opened } = await openElsewhere();
    assert.deepEqual([opened.owned, opened.origin], [false, bench.sandbox.origin]);
    const inSameProcess = await openSandbox(bench.folder, bench.clock);
    assert.equal(inSameProcess.owned, false);
    assert.equal(await inSameProcess.proves(), true);
    await assert.rejects(inSameProcess.adminSecret(), (error) => PatError.is(error, 'sandbox-unavailable'));
    await inSameProcess.close();
    assert.equal(await bench.use(bench.admin), 'ok', 'a borrower closes nothing');
  });

  it('moves to the next process when its owner is killed, with all its tokens, at the same address', async () => {
    await bench.sandbox.close();
    const { opened, child } = await openElsewhere();
    assert.equal(opened.owned, true);
    const borrowed = await openSandbox(bench.folder, bench.clock);
    assert.deepEqual([borrowed.owned, await borrowed.proves()], [false, true]);
    await kill(child);
    assert.equal(await borrowed.proves(), false);

    await bench.open();
    assert.deepEqual([bench.sandbox.owned, bench.sandbox.origin], [true, opened.origin]);
    assert.equal(await bench.use(opened.secret), '401 token-revoked', 'the killed one’s was replaced');
    const { body } = await bench.call<{ tokens: unknown[] }>('GET', '/personal-access-tokens');
    assert.equal(body.tokens.length, 3);
  });

  it('moves to another port when a stranger has taken its own, and says so', async () => {
    const { origin } = bench.sandbox;
    const stranger = await takePort(() => Promise.resolve('{}'));
    await bench.open();
    assert.notEqual(bench.sandbox.origin, origin);
    assert.equal(bench.sandbox.movedFrom, Number(new URL(origin).port));
    assert.equal(await bench.use(bench.admin), 'ok');
    stranger.close();
  });

  it('is not taken for a stranger who answers at its address, nor for one who passes the question on', async () => {
    const borrowed = await openSandbox(bench.folder, bench.clock);
    assert.equal(await borrowed.proves(), true);
    const { port } = new URL(borrowed.origin);

    const stranger = await takePort(() => Promise.resolve(JSON.stringify({ proof: '0'.repeat(64) })));
    assert.equal(await borrowed.proves(), false);
    stranger.close();
    await once(stranger, 'close');

    // The true one now runs elsewhere; a relay at the old port asks it for every proof.
    const relay = createServer((incoming, response) => {
      const onward = request(`${bench.sandbox.origin}${incoming.url ?? ''}`, (answer) =>
        answer.pipe(response),
      );
      onward.end();
    });
    relay.listen(Number(port), '127.0.0.1');
    await once(relay, 'listening');
    await bench.open();
    assert.notEqual(new URL(bench.sandbox.origin).port, port);
    assert.equal(await borrowed.proves(), false);
    relay.close();
  });

  it('starts anew with a broken key or address, and says when its data is broken', async () => {
    await bench.sandbox.close();
    await writeFile(join(bench.folder, 'proof.key'), 'broken');
    await writeFile(join(bench.folder, 'address.json'), '{"port":"x"');
    await bench.open();
    assert.equal(await bench.sandbox.proves(), true);
    assert.match(await readFile(join(bench.folder, 'proof.key'), 'utf8'), /^[0-9a-f]{64}$/);

    await bench.sandbox.close();
    await writeFile(
      join(bench.folder, 'tokens.db'),
      'this is no database, and long enough to be looked at'.repeat(50),
    );
    await assert.rejects(openSandbox(bench.folder, bench.clock), (error) =>
      PatError.is(error, 'sandbox-unavailable'),
    );
  });
});
