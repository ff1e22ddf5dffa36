import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editorDir } from '../host/folders.ts';
import { installOnce } from '../host/install-once.ts';
import { run } from '../host/processes.ts';

export interface Verdaccio {
  /** With a path, `/npm/`, as behind a company's reverse proxy; at the root there is nothing. */
  readonly address: URL;
  addAccount(name: string, password: string): Promise<void>;
  accounts(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** A real npm registry on a free port, with a storage of its own that goes when it stops. */
export async function startVerdaccio(): Promise<Verdaccio> {
  const home = await installed();
  const storage = await mkdtemp(join(tmpdir(), 'verdaccio-'));
  const config = join(storage, 'config.yaml');
  await writeFile(config, CONFIG);
  const child = spawn(process.execPath, ['--eval', SERVER, config], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const address = new URL(`http://127.0.0.1:${await portOf(child)}/npm/`);
  return {
    address,
    addAccount: async (name, password) => {
      const response = await fetch(new URL(`-/user/org.couchdb.user:${name}`, address), {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password }),
      });
      if (response.status !== 201) throw new Error(`Verdaccio: ${await response.text()}`);
    },
    accounts: async () => {
      const lines = (await readFile(join(storage, 'htpasswd'), 'utf8')).trim().split('\n');
      return lines.map((line) => line.split(':', 1).join());
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(storage, { recursive: true, force: true });
    },
  };
}

const CONFIG = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd, max_users: 1000 } }
uplinks: {}
packages: { '**': { access: $authenticated, publish: $authenticated } }
web: { enable: false }
security: { api: { legacy: false, jwt: { sign: { expiresIn: 30d } } } }
flags: { token: true }
log: { type: stdout, format: json, level: error }
`;

/** Run in the child: it tells its port, and ends with us however we end. */
const SERVER = `
process.on('disconnect', () => process.exit());
require('verdaccio').runServer(process.argv[1]).then((verdaccio) => {
  const front = require('node:http').createServer((request, response) => {
    if (!request.url.startsWith('/npm/')) return response.writeHead(404).end('<html>nothing here</html>');
    request.url = request.url.slice('/npm'.length);
    verdaccio.emit('request', request, response);
  });
  front.listen(0, '127.0.0.1', () => process.send(front.address().port));
});
`;

async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Verdaccio ended with code ${String(code)}`);
  });
  const [port] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
  return Number(port);
}

const VERSION = '6.8.0';

async function installed(): Promise<string> {
  const home = join(editorDir, `verdaccio-${VERSION}`);
  await installOnce(home, async (folder) => {
    // Verdaccio 6.8.0 asks for node-fetch@cjs, a tag that is gone: ETARGET without the override.
    const overrides = { 'node-fetch': '2.7.0' };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }));
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error'];
    await run('npm', ['install', ...options, `verdaccio@${VERSION}`], { cwd: folder });
  });
  return home;
}
