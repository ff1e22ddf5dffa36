import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openBrowser, type Browser } from './browser.ts';
import { startCodeServer, type CodeServer, type ServerOptions } from './code-server.ts';
import { root } from './folders.ts';
import { installExtension } from './install-extension.ts';
import { Workbench } from './workbench.ts';

export interface SessionOptions extends Pick<
  ServerOptions,
  'workspaceTrust' | 'settings' | 'graceSeconds' | 'env'
> {
  readonly language?: string;
  /** Folders of other extensions to install beside ours. */
  readonly extensions?: readonly string[];
  /** Files of the workspace: path → text. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An editor with our extension installed, in a folder of its own: what a UI test starts from. */
export interface Session {
  /** Holds `workspace`, `data`, `extensions` and `profile`. */
  readonly folder: string;
  readonly workspace: string;
  readonly server: CodeServer;
  readonly browser: Browser;
  readonly workbench: Workbench;
  /** Ends all and removes the folder. */
  stop(): Promise<void>;
  /** Closes the browser properly (or kills it) and opens it again on the same data. */
  restartBrowser(how?: 'close' | 'kill'): Promise<void>;
}

export async function startSession(options: SessionOptions = {}): Promise<Session> {
  // In the system's own temporary folder: sockets in a deeper one would exceed the 108 bytes a path may have.
  const folder = await mkdtemp(join(tmpdir(), 'pat-vault-'));
  const [workspace, extensionsDir] = [join(folder, 'workspace'), join(folder, 'extensions')];
  await mkdir(workspace);
  for (const [path, text] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  for (const extension of [root, ...(options.extensions ?? [])])
    await installExtension(extensionsDir, extension);
  const server = await startCodeServer({
    ...options,
    ...{ workspace, extensionsDir, userDataDir: join(folder, 'data') },
  });
  const open = async (): Promise<{ browser: Browser; workbench: Workbench }> => {
    const browser = await openBrowser(join(folder, 'profile'));
    return { browser, workbench: await Workbench.open(browser, server, { language: options.language }) };
  };
  const session = {
    ...{ folder, workspace, server },
    ...(await open()),
    stop: async () => {
      await session.browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
    restartBrowser: async (how: 'close' | 'kill' = 'close') => {
      await session.browser[how]();
      Object.assign(session, await open());
    },
  };
  return session;
}
