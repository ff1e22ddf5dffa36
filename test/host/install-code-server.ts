import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editorDir } from './folders.ts';
import { installOnce } from './install-once.ts';
import { run } from './processes.ts';

/** code-server 4.139.1 is VS Code 1.139.1. */
const version = '4.139.1';

export interface CodeServerInstallation {
  /** code-server accepts no other Node than 24. */
  readonly node: string;
  readonly entry: string;
}

/** Installs code-server from the npm registry (about 40 s and 600 MB the first time). */
export async function installCodeServer(): Promise<CodeServerInstallation> {
  if (!process.version.startsWith('v24.')) {
    throw new Error(
      `code-server needs Node 24 and this is ${process.version}: run "npm test" or "npm start".`,
    );
  }
  const folder = join(editorDir, `code-server-${version}`);
  await installOnce(folder, install);
  return { node: process.execPath, entry: join(folder, 'node_modules/code-server/out/node/entry.js') };
}

async function install(folder: string): Promise<void> {
  console.log(`Installing code-server ${version} (once, about a minute).`);
  const vscode = join(folder, 'node_modules/code-server/lib/vscode');
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  // Its own install script compiles kerberos too, which fails where libkrb5-dev is missing.
  await npm(folder, 'install', `code-server@${version}`, '--ignore-scripts');
  await npm(vscode, 'install', '--omit=dev', '--ignore-scripts');
  try {
    // Without these two the extension host dies at its start. They are N-API: headers of any Node will do.
    await npm(vscode, 'rebuild', '@vscode/spdlog', '@vscode/native-watchdog');
  } catch (error) {
    throw new Error('Two parts of code-server did not compile: g++, make and python3 are needed.', {
      cause: error,
    });
  }
}

async function npm(cwd: string, ...args: string[]): Promise<void> {
  // Inside `npm test` these would tell the inner npm about our package instead of its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name),
    ),
  );
  const path = `${join(process.execPath, '..')}:${process.env.PATH ?? ''}`;
  await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env: { ...env, PATH: path },
  });
}
