// `npm start`: an editor with the built extension and its sandbox server connected, to try things by hand.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changeSettings, startCodeServer } from './code-server.ts';
import { installEditor } from './editor.ts';
import { scratch } from './folders.ts';
import { installExtension } from './install-extension.ts';
import { killAll, tree } from './processes.ts';

const folder = join(scratch, 'start-data');
const userDataDir = join(folder, 'data');
const extensionsDir = join(folder, 'extensions');
const workspace = join(scratch, 'workspace');

/** Kept between starts, so that the browser finds its secrets again: it files them under the address. */
const port = 8719;

const example = {
  'README.md':
    '# An example workspace\n\nOpen the key in the activity bar, and create a token on the sandbox server.\n',
  '.vscode/tasks.json': '{\n  "version": "2.0.0",\n  "tasks": []\n}\n',
};

await mkdir(join(workspace, '.vscode'), { recursive: true });
for (const [path, text] of Object.entries(example)) {
  if (!existsSync(join(workspace, path))) await writeFile(join(workspace, path), text);
}
await installExtension(extensionsDir);
if (!existsSync(join(userDataDir, 'User/settings.json'))) {
  await changeSettings(userDataDir, { 'patVault.servers': [{ id: 'sandbox', kind: 'sandbox' }] });
}

const editor = await installEditor('desktop');
console.log(`Starting ${editor.kind}: ${editor.why}.`);
if (editor.kind === 'desktop') await startDesktop(editor.executable);
else await startServer();

async function startDesktop(executable: string): Promise<void> {
  const child = spawn(
    executable,
    [
      ...['--user-data-dir', userDataDir, '--extensions-dir', extensionsDir],
      ...['--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--wait', workspace],
      // Electron refuses to run as root otherwise.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    { stdio: 'ignore' },
  );
  const { pid } = child;
  process.once('exit', () => {
    if (pid !== undefined) killAll(tree(pid));
  });
  endOnSignals();
  console.log('Close its window or press Ctrl+C to stop.');
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

async function startServer(): Promise<void> {
  const server = await startCodeServer({ userDataDir, extensionsDir, workspace, port });
  endOnSignals();
  console.log(`Open ${server.url} in a browser; press Ctrl+C to stop.`);
  await server.ended;
}

/** Ending by `process.exit` runs what ends the editor and all it started. */
function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.exit(0);
    });
  }
}
