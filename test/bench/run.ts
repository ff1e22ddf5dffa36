// `npm run bench`: what ten thousand tokens on five servers cost in the true editor, against floors of the same run.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Aged, type AgedSandbox, startAgedSandbox } from '../fakes/aged-sandbox.ts';
import { root } from '../host/folders.ts';
import { runInEditor } from '../host/in-editor.ts';
import type { BenchServer } from './many-tokens.ts';

const SERVERS = 5;
const TOKENS = 2000;

const servers: AgedSandbox[] = [];
try {
  for (let n = 0; n < SERVERS; n++)
    servers.push(await startAgedSandbox(Array.from({ length: TOKENS }, token)));
  const env: BenchServer[] = servers.map(({ address, administrator }) => ({
    url: address.href,
    secret: administrator.reveal(),
  }));
  const bench = join(root, 'out/test/bench/many-tokens.mjs');
  const { failed } = await runInEditor(bench, { PAT_VAULT_BENCH: JSON.stringify(env) });
  console.log(sizes());
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  for (const server of servers) await server.stop();
}

function token(_: unknown, n: number): Aged {
  return {
    name: `${['build', 'deploy', 'Nightly', 'reader'][n % 4] ?? ''} ${n}`,
    created: 100 + (n % 200),
    expires: (n % 400) - 30,
    scopes: ['builds:read', 'packages:write'].slice(n % 3),
  };
}

/** What is loaded at activation, and what waits for its first use. */
function sizes(): string {
  const folder = join(root, 'dist');
  const size = (file: string) => statSync(join(folder, file)).size;
  const eager = new Set<string>();
  const visit = (file: string) => {
    if (eager.has(file)) return;
    eager.add(file);
    for (const [, name = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /from\s*"\.\/([^"]+\.js)"/g,
    ))
      visit(join(file, '..', name));
  };
  visit('extension.js');
  const all = readdirSync(join(folder, 'lib')).filter((name) => name.endsWith('.js'));
  const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  const atOnce = [...eager].reduce((sum, file) => sum + size(file), 0);
  const total = size('extension.js') + all.reduce((sum, name) => sum + size(join('lib', name)), 0);
  return `code loaded at activation: ${kb(atOnce)} of ${kb(total)}`;
}
