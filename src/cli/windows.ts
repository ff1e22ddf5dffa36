import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { isPrivate, NONCE_VARIABLE, SOCKET_VARIABLE, WindowFile, WINDOWS_VARIABLE } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** Where an editor listens, and how it and we know each other. */
export interface Window {
  readonly socket: string;
  readonly nonce: string;
}

/**
 * The window that started this process; else the open one whose workspace holds `cwd`, the only one there is, or
 * the one the person at the terminal chooses.
 * @throws Refusal
 */
export async function findWindow(cwd: string, environment: NodeJS.ProcessEnv): Promise<Window> {
  const { [SOCKET_VARIABLE]: socket = '', [NONCE_VARIABLE]: nonce = '' } = environment;
  if (socket !== '' && nonce !== '') return { socket, nonce };
  const windows = await openWindows(environment[WINDOWS_VARIABLE] ?? '');
  const here = windows.filter(({ folders }) => folders.some((folder) => holds(folder, cwd)));
  const [only, ...more] = here.length === 0 ? windows : here;
  if (only === undefined) {
    throw new Refusal(
      'no editor with PAT Vault answers here. Start this as a task of type "pat-vault" or in one of its terminals, or turn on the setting patVault.cli.enabled.',
    );
  }
  return more.length === 0 ? only : choose([only, ...more]);
}

/** Files of windows that have gone are passed over; the next window sweeps them. */
async function openWindows(folder: string): Promise<readonly WindowFile[]> {
  if (folder === '' || !(await isPrivate(join(folder, 'x')).catch(() => false))) return [];
  const names = await readdir(folder);
  const windows = await Promise.all(names.map((name) => windowIn(join(folder, name))));
  return windows.filter((window) => window !== undefined);
}

async function windowIn(file: string): Promise<WindowFile | undefined> {
  try {
    const window = WindowFile.parse(JSON.parse(await readFile(file, 'utf8')));
    return (await answers(window.socket)) ? window : undefined;
  } catch {
    return undefined;
  }
}

const answers = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

const holds = (folder: string, path: string) => path === folder || path.startsWith(folder + sep);

async function choose(windows: readonly WindowFile[]): Promise<Window> {
  const name = ({ folders }: WindowFile) => folders.join(', ') || 'an empty window';
  if (!process.stdin.isTTY) {
    throw new Refusal(
      `several editors are open (${windows.map(name).join('; ')}); start this in a folder of one.`,
    );
  }
  const lines = windows.map((window, n) => `  ${n + 1}  ${name(window)}\n`);
  process.stderr.write(`Several editors are open:\n${lines.join('')}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Which one? ').finally(() => {
    terminal.close();
  });
  const chosen = windows[Number(answer) - 1];
  if (chosen === undefined) throw new Refusal('nothing was chosen.');
  return chosen;
}
