// Runs inside the extension host (test/bench/run.ts). Each line: what it is, its time, the floor's, the ratio.
import { strict as assert } from 'node:assert';
import { appendFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import { collator } from '../../src/core/arrange.ts';
import { Secret } from '../../src/core/secret.ts';
import type { House } from '../../src/editor/house.ts';
import { saveConnections } from '../../src/editor/settings.ts';

export interface BenchServer {
  readonly url: string;
  readonly secret: string;
}

const { PAT_VAULT_TEST_OUTPUT: output = '', PAT_VAULT_TEST_RESULT: result = '' } = process.env;
const print = (line: string) => {
  appendFileSync(output, `${line}\n`);
};

/** The median of some runs, in milliseconds. */
async function median(work: () => unknown, runs = 7): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[runs >> 1] ?? 0;
}

async function compare(
  what: string,
  ours: () => unknown,
  floor: () => unknown,
  runs?: number,
): Promise<void> {
  const [time, least] = [await median(ours, runs), await median(floor, runs)];
  print(`${what}: ${time.toFixed(1)} ms, floor ${least.toFixed(1)} ms, ratio ${(time / least).toFixed(1)}`);
}

export async function run(): Promise<void> {
  let failed = 0;
  try {
    await bench();
  } catch (error) {
    failed = 1;
    print(String(error));
  }
  writeFileSync(result, JSON.stringify({ passed: 1 - failed, failed }));
}

async function bench(): Promise<void> {
  await loading();
  const servers = JSON.parse(process.env.PAT_VAULT_BENCH ?? '[]') as BenchServer[];
  const extension = vscode.extensions.getExtension<House>('patvault.pat-vault');
  assert.ok(extension);
  const house = await extension.activate();
  const { inventory, tree, connections, arranging } = house;
  await saveConnections(() => servers.map(({ url }, n) => ({ id: `s${n}`, kind: 'standard', url })));
  const all = async () => {
    for (const [n, { url, secret }] of servers.entries())
      await connections.keep(`s${n}`, new URL(url), { secret: new Secret(secret) });
  };
  await all();

  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  const before = process.memoryUsage().heapUsed;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(servers.map((_, n) => inventory.show(`s${n}`, 'all')));
  delay.disable();
  gc();
  const heap = process.memoryUsage().heapUsed - before;
  const count = inventory.all().reduce((sum, { tokens }) => sum + tokens.length, 0);
  assert.ok(count >= 10_000, `${count} tokens`);
  print(`${count} tokens on ${servers.length} servers`);
  print(`longest the extension host was busy while they came: ${(delay.max / 1e6).toFixed(0)} ms`);
  print(`memory: ${(heap / count).toFixed(0)} bytes a token, ${(heap / 1e6).toFixed(1)} MB in all`);

  await compare(
    'all lists, refreshed',
    () => inventory.refreshAll(),
    () => Promise.all(servers.map((server) => pages(server))),
    3,
  );

  const tokens = inventory.all().flatMap((listing) => listing.tokens);
  const draw = () => {
    const rows = tree.getChildren().flatMap((node) => [node, ...tree.getChildren(node)]);
    return rows.map((row) => tree.getTreeItem(row)).length;
  };
  const bare = () =>
    Array.from({ length: 1010 }, (_, n) => {
      const item = new vscode.TreeItem(`row ${n}`);
      item.tooltip = 'x'.repeat(200);
      return item;
    }).length;
  await compare('drawing what the view shows (1,010 rows)', draw, bare);
  let turn = false;
  await compare(
    'sorting by name and drawing',
    async () => {
      turn = !turn;
      await arranging.change({ sort: 'name', descending: turn });
      draw();
    },
    () => tokens.map(({ name }) => name ?? '').sort((a, b) => collator.compare(a, b)),
  );
  let text = '';
  await compare(
    'filtering by text and drawing',
    async () => {
      text = text === 'night' ? 'nigh' : 'night';
      await arranging.change({ text });
      draw();
    },
    () => tokens.filter(({ name }) => name?.toLowerCase().includes('night')).length,
  );
  await arranging.clearFilter();
  await compare(
    'grouping by status and drawing',
    async () => {
      turn = !turn;
      await arranging.change({ grouping: 'status', descending: turn });
      draw();
    },
    () => tokens.map(({ name }) => name ?? '').sort((a, b) => collator.compare(a, b)),
  );
}

/** Loading the code of the extension from fresh copies, so that nothing of it is in memory yet. */
async function loading(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pat-vault-bench-'));
  const copies: string[] = [];
  for (let n = 0; n < 14; n++) {
    const copy = join(folder, String(n));
    await cp(join(import.meta.dirname, '../../../dist'), copy, { recursive: true });
    await writeFile(
      join(copy, 'floor.js'),
      "import * as vscode from 'vscode';\nexport const { window } = vscode;\n",
    );
    copies.push(copy);
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const load = (name: string) => {
    const queue = [...copies];
    return () => import(join(queue.shift() ?? '', name));
  };
  await compare('loading the code for activation', load('extension.js'), load('floor.js'));
  await rm(folder, { recursive: true });
}

/** The same pages with nothing but fetch and JSON. */
async function pages({ url, secret }: BenchServer): Promise<number> {
  let cursor: string | null = '';
  let count = 0;
  while (cursor !== null) {
    const page = new URL('personal-access-tokens?limit=200', url);
    if (cursor !== '') page.searchParams.set('cursor', cursor);
    const answer = await fetch(page, { headers: { authorization: `Bearer ${secret}` } });
    const { tokens, nextCursor } = (await answer.json()) as { tokens: unknown[]; nextCursor: string | null };
    count += tokens.length;
    cursor = nextCursor;
  }
  return count;
}
