// Every text the code shows is in l10n/bundle.l10n.json, and has its German with the same holes.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { root } from './folders.ts';

type Texts = Readonly<Record<string, unknown>>;
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Texts;

/** What stays open in a text until it is shown, in any order: `{0}`, a command's address. */
const holesIn = (text: unknown) => (String(text).match(/\{\d+\}|\(command:[\w.]+\)/g) ?? []).sort().join(' ');

function translated(english: Texts, german: Texts, file: string): string[] {
  return [
    ...Object.keys(english)
      .filter((key) => !(key in german))
      .map((key) => `${file} lacks ${JSON.stringify(key)}`),
    ...Object.keys(german)
      .filter((key) => !(key in english))
      .map((key) => `${file} has ${JSON.stringify(key)}, which nobody shows`),
    ...Object.entries(german)
      .filter(([key, text]) => holesIn(text) !== holesIn(english[key]))
      .map(([key]) => `${file} has other holes in ${JSON.stringify(key)}`),
  ];
}

const sources = globSync('src/**/*.ts', { cwd: root });
const shown = await getL10nJson(
  sources.map((file) => ({ extension: '.ts', contents: readFileSync(join(root, file), 'utf8') })),
);
const bundle = read('l10n/bundle.l10n.json');
const problems = [
  ...Object.keys(shown)
    .filter((key) => !(key in bundle))
    .map((key) => `l10n/bundle.l10n.json lacks ${JSON.stringify(key)}: npm run texts`),
  ...Object.keys(bundle)
    .filter((key) => !(key in shown))
    .map((key) => `l10n/bundle.l10n.json has ${JSON.stringify(key)}, which nobody shows: npm run texts`),
  ...translated(bundle, read('l10n/bundle.l10n.de.json'), 'l10n/bundle.l10n.de.json'),
  ...translated(read('package.nls.json'), read('package.nls.de.json'), 'package.nls.de.json'),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
