import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The repository. */
export const root = resolve(import.meta.dirname, '../..');

/** Everything that runs of the editor leave behind; outside git and outside the package. */
export const scratch = join(root, '.vscode-test');

/** The installed editors and browsers, some 900 MB; clones share them by naming one folder. */
export const editorDir = resolve(process.env.PAT_VAULT_EDITOR_DIR ?? scratch);

/** What the scripts here need to know of an extension's package.json. */
export interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
