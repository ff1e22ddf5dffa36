// What package.json declares against what the code has: commands, translated texts, settings with descriptions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandIds } from '../../src/editor/commands/ids.ts';
import { root } from './folders.ts';

interface Contributions {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
  };
}

const text = readFileSync(join(root, 'package.json'), 'utf8');
const { contributes } = JSON.parse(text) as Contributions;
const texts = Object.keys(JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as object);

const declared = contributes.commands.map(({ command }) => command);
const inMenus = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
const used = [...text.matchAll(/"%([^%"]+)%"/g)].map(([, key = '']) => key);
const described = Object.entries(contributes.configuration.properties)
  .filter(([, setting]) => 'description' in setting || 'markdownDescription' in setting)
  .map(([id]) => id);

/** Every one of `these` that is not among `those`, as sentences. */
function missing(these: readonly string[], those: readonly string[], why: string): string[] {
  return [...new Set(these)].filter((each) => !those.includes(each)).map((each) => `${each} ${why}`);
}

const problems = [
  ...missing(declared, commandIds, 'is declared in package.json and not registered'),
  ...missing(commandIds, declared, 'is registered and not declared in package.json'),
  ...missing(inMenus, commandIds, 'is in a menu and not registered'),
  ...missing(used, texts, 'is used in package.json and not in package.nls.json'),
  ...missing(texts, used, 'is in package.nls.json and not used'),
  ...missing(
    Object.keys(contributes.configuration.properties),
    described,
    'is a setting without a description',
  ),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
