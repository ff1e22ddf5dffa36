import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installCodeServer } from './install-code-server.ts';
import { freePort, killAll, tree } from './processes.ts';

export interface ServerOptions {
  /** Settings, secrets' key, global storage. Give the same folder and port again to find the same data. */
  readonly userDataDir: string;
  readonly extensionsDir: string;
  /** The folder the workbench opens. */
  readonly workspace: string;
  /** The browser keeps secrets by origin, so a server that is to find them again needs its old port. */
  readonly port?: number;
  /** Restricted Mode until the user trusts the folder. Without it everything is trusted. */
  readonly workspaceTrust?: boolean;
  /** User settings on top of the quiet ones below; those already in the user data folder stay. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Seconds an extension host outlives its browser. The editor's own default is three hours. */
  readonly graceSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CodeServer {
  readonly port: number;
  /** `127.0.0.1:PORT`: what development extensions are addressed by. */
  readonly authority: string;
  /** Opens the workspace. */
  readonly url: string;
  readonly options: ServerOptions;
  readonly pid: number;
  /** The lines the server printed. */
  log(): string;
  /** Settles once the server has ended by itself or by `stop`. */
  readonly ended: Promise<void>;
  /** Ends the server and all it started: extension hosts, terminals, their children. */
  stop(): Promise<void>;
}

const quiet = {
  'chat.disableAIFeatures': true,
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.startupPrompt': 'never',
  // Otherwise every run opens with a toast about code-server or git.
  'git.openRepositoryInParentFolders': 'never',
  // Drawn as text and not on a canvas, so that tests can read it.
  'terminal.integrated.gpuAcceleration': 'off',
};

/** Starts VS Code for browsers on this machine only; resolves when it answers. */
export async function startCodeServer(options: ServerOptions): Promise<CodeServer> {
  const { node, entry } = await installCodeServer();
  const port = options.port ?? (await freePort());
  await changeSettings(options.userDataDir, options.settings ?? {});
  await mkdir(options.extensionsDir, { recursive: true });

  const logFile = join(options.userDataDir, 'server.log');
  const log = openLog(logFile);
  const child = spawn(
    node,
    [
      entry,
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${String(port)}`],
      ...['--user-data-dir', options.userDataDir, '--extensions-dir', options.extensionsDir],
      ...['--config', join(options.userDataDir, 'code-server.yaml')],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...['--reconnection-grace-time', String(options.graceSeconds ?? 5)],
    ],
    { cwd: options.workspace, env: serverEnvironment(options.env), stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });

  const kill = (): void => {
    if (child.pid !== undefined) killAll(tree(child.pid));
  };
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    process.off('exit', kill);
  };

  const url = `http://127.0.0.1:${String(port)}/?folder=${encodeURIComponent(options.workspace)}`;
  const server: CodeServer = {
    ...{ port, url, options, ended, stop },
    authority: `127.0.0.1:${String(port)}`,
    pid: child.pid ?? 0,
    log: () => readFileSync(logFile, 'utf8'),
  };
  try {
    await answers(server);
  } catch (error) {
    await stop();
    throw error;
  }
  return server;
}

async function answers(server: CodeServer): Promise<void> {
  const ended = server.ended.then(() => 'ended at once');
  const late = pause(30_000, 'did not answer in 30 s', { ref: false });
  const healthy = async (): Promise<undefined> => {
    while (!(await fetch(`http://${server.authority}/healthz`).catch(() => undefined))?.ok) await pause(50);
  };
  const failure = await Promise.race([healthy(), ended, late]);
  if (failure !== undefined) throw new Error(`code-server ${failure}:\n${server.log().slice(-2000)}`);
}

/** What our own run of Node or of another VS Code put into the environment would change the server's ways. */
function serverEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VSCODE_|NODE_OPTIONS$|NODE_V8_COVERAGE$|PORT$|PASSWORD$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...more };
}

/** Adds to the user settings; an open page takes notice when it is loaded again. */
export async function changeSettings(
  userDataDir: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = join(userDataDir, 'User/settings.json');
  await mkdir(dirname(file), { recursive: true });
  const before = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as object;
  await writeFile(file, JSON.stringify({ ...quiet, ...before, ...settings }, undefined, 2));
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}
