import { chmod, mkdir, readdir, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import { type WindowFile, WINDOWS_VARIABLE } from '../../cli/protocol.ts';
import type { Broker } from './broker.ts';
import { isRunning } from '../running.ts';

const isWindows = process.platform === 'win32';
const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`;

/** How `pat` is started: by the editor's own Node, where the user may have none. */
export class Launcher {
  readonly #context: vscode.ExtensionContext;
  readonly #broker: Broker;

  constructor(context: vscode.ExtensionContext, broker: Broker) {
    this.#context = context;
    this.#broker = broker;
  }

  /** Tasks and terminals of a remote window run there, and our socket is here. */
  get isElsewhere(): boolean {
    const { extensionKind } = this.#context.extension;
    return vscode.env.remoteName !== undefined && extensionKind === vscode.ExtensionKind.UI;
  }

  /** Program and arguments of a process of `pat`, and what it needs in its environment. */
  async process(
    ...args: readonly string[]
  ): Promise<{ program: string; args: string[]; env: Record<string, string> }> {
    return {
      program: process.execPath,
      args: [join(this.#context.extensionPath, 'dist/pat.mjs'), ...args],
      // The editor's own binary, as the Node it contains.
      env: { ...(await this.#broker.environment()), ELECTRON_RUN_AS_NODE: '1' },
    };
  }

  /** Where to reach us, for a process that finds `pat` by itself. */
  environment(): Promise<Readonly<Record<string, string>>> {
    return this.#broker.environment();
  }

  /** Writes the small program `pat` and answers its path; the extension's own path changes with each version. */
  async script(): Promise<string> {
    const folder = join(this.#storage, 'bin');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, isWindows ? 'pat.cmd' : 'pat');
    const [node, pat, windows] = [
      process.execPath,
      join(this.#context.extensionPath, 'dist/pat.mjs'),
      this.#windows,
    ];
    await writeFile(
      file,
      isWindows
        ? `@echo off\r\nset ELECTRON_RUN_AS_NODE=1\r\nset ${WINDOWS_VARIABLE}=${windows}\r\n"${node}" "${pat}" %*\r\n`
        : `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 ${WINDOWS_VARIABLE}=${quoted(windows)} exec ${quoted(node)} ${quoted(pat)} "$@"\n`,
    );
    await chmod(file, 0o700);
    return file;
  }

  /** Puts `pat` among the user's own programs. @returns its path, and whether shells look there */
  async install(): Promise<{ path: string; isOnPath: boolean }> {
    const script = await this.script();
    if (isWindows) return { path: script, isOnPath: false };
    const folder = join(homedir(), '.local/bin');
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'pat');
    await unlink(path).catch(() => undefined);
    await symlink(script, path);
    return { path, isOnPath: (process.env.PATH ?? '').split(delimiter).includes(folder) };
  }

  /** Lets programs that were started elsewhere find this window. */
  async publish(): Promise<void> {
    const { PAT_SOCK: socket = '', PAT_NONCE: nonce = '' } = await this.#broker.environment();
    await mkdir(this.#windows, { recursive: true, mode: 0o700 });
    await chmod(this.#windows, 0o700);
    await this.#sweep();
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const window: WindowFile = { version: 1, pid: process.pid, socket, nonce, folders };
    await writeFile(this.#file, JSON.stringify(window), { mode: 0o600 });
  }

  async withdraw(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  get #storage(): string {
    return this.#context.globalStorageUri.fsPath;
  }

  get #windows(): string {
    return join(this.#storage, 'windows');
  }

  get #file(): string {
    return join(this.#windows, `${process.pid}.json`);
  }

  /** Files of windows that were killed. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#windows)) {
      const pid = Number(name.replace('.json', ''));
      if (!isRunning(pid)) await rm(join(this.#windows, name), { force: true });
    }
  }
}
