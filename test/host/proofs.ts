// The README's table of what each kind of server can do and what has answered: `npm run proofs` writes it from the
// last run of test:servers; with --check it says whether it is still so.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { kinds } from '../../src/servers/index.ts';
import { PROOFS, type Proofs } from '../servers/proven.ts';
import { root } from './folders.ts';

const OPERATIONS = {
  list: 'list one’s own',
  listAll: 'list everybody’s',
  filter: 'filter',
  create: 'create',
  change: 'edit',
  revoke: 'revoke',
  verify: 'check a secret',
  authorization: 'use a secret',
} as const;

const [start, end] = ['<!-- proofs: npm run proofs -->\n', '<!-- /proofs -->'];
const README = join(root, 'README.md');
const readme = readFileSync(README, 'utf8');
const proofs = JSON.parse(readFileSync(PROOFS, 'utf8')) as Proofs;

/** "specification v1, v3": what several have in common is said once. */
function listed(by: readonly string[] = []): string {
  const [first = '–', ...more] = by;
  const common = first.slice(0, first.indexOf(' ') + 1);
  return [first, ...more.map((each) => (each.startsWith(common) ? each.slice(common.length) : each))].join(
    ', ',
  );
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = [
  row(['', ...kinds.map(({ label }) => label)]),
  row(['---', ...kinds.map(() => '---')]),
  ...Object.entries(OPERATIONS).map(([operation, word]) =>
    row([word, ...kinds.map(({ id }) => listed(proofs[id]?.[operation]))]),
  ),
].join('\n');
const written = await format(table, { parser: 'markdown' });

const [before = '', rest = ''] = readme.split(start);
const [, after = ''] = rest.split(end);
const now = `${before}${start}\n${written}\n${end}${after}`;
if (!process.argv.includes('--check')) writeFileSync(README, now);
else if (now !== readme) {
  console.error('README.md does not say what the tests have proven: npm run proofs');
  process.exitCode = 1;
}
