import { join } from 'node:path';
import { downloadAndUnzipVSCode, SilentReporter } from '@vscode/test-electron';
import { editorDir } from './folders.ts';
import { installCodeServer, type CodeServerInstallation } from './install-code-server.ts';

/** A VS Code to run: from its vendor, or code-server from the npm registry, which is the same editor for browsers. */
export type Editor = { readonly why: string } & (
  | { readonly kind: 'desktop'; readonly executable: string }
  | ({ readonly kind: 'code-server' } & CodeServerInstallation)
);

const releases = 'https://update.code.visualstudio.com/api/releases/stable';

/** How long the vendor may take to answer at all; the download itself may take its time. */
const patience = 10_000;

/**
 * Installs the editor wished for: PAT_VAULT_EDITOR (`desktop` or `code-server`) has the last word, and where the
 * desktop cannot be downloaded code-server takes its place, unless that variable asked for the desktop.
 */
export async function installEditor(preferred: Editor['kind']): Promise<Editor> {
  const asked = process.env.PAT_VAULT_EDITOR;
  if (asked !== undefined && asked !== 'desktop' && asked !== 'code-server') {
    throw new Error(`PAT_VAULT_EDITOR is "${asked}"; it can be "desktop" or "code-server".`);
  }
  const chosen = asked ?? preferred;
  if (chosen === 'code-server') {
    const why = asked === undefined ? 'tests drive the editor in a browser' : 'PAT_VAULT_EDITOR asks for it';
    return { kind: 'code-server', why, ...(await installCodeServer()) };
  }
  try {
    await fetch(releases, { signal: AbortSignal.timeout(patience) });
    const executable = await downloadAndUnzipVSCode({
      version: 'stable',
      cachePath: join(editorDir, 'desktop'),
      reporter: new SilentReporter(),
    });
    return { kind: 'desktop', executable, why: 'its download works here' };
  } catch (error) {
    if (asked === 'desktop') throw new Error('The desktop editor could not be downloaded.', { cause: error });
    const why = 'the desktop editor cannot be downloaded here';
    return { kind: 'code-server', why, ...(await installCodeServer()) };
  }
}
