import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf, root } from './folders.ts';

/** What of the repository an installed copy consists of; the same as the VSIX (.vscodeignore). */
const ours = /^(dist|media|l10n|package\.json|package\.nls.*\.json|README\.md|CHANGELOG\.md|LICENSE)$/;

/**
 * Copies an extension into an extensions folder, as if it had been installed, replacing what was there. Of our own
 * repository (the default) only what is shipped; of any other folder, such as a consumer's, everything.
 * Do it before the editor starts. Returns the copy's folder.
 */
export async function installExtension(extensionsDir: string, from = root): Promise<string> {
  const { publisher, name, version } = manifestOf(from);
  if (from === root && !existsSync(join(root, 'dist')))
    throw new Error('dist is missing: run "npm run build".');
  const to = join(extensionsDir, `${publisher}.${name}-${version}`);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const part of await readdir(from)) {
    if (from !== root || ours.test(part)) await cp(join(from, part), join(to, part), { recursive: true });
  }
  // The editor's own list of what is installed: without it, it looks at the folders again.
  await rm(join(extensionsDir, 'extensions.json'), { force: true });
  return to;
}
