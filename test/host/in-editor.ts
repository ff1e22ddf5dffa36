import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runTests } from '@vscode/test-electron';
import { openBrowser, openPage } from './browser.ts';
import { startCodeServer } from './code-server.ts';
import { installEditor, type Editor } from './editor.ts';
import { root } from './folders.ts';

/** What ran inside the extension host has nothing but files to say how it went (test/editor/index.ts). */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** Runs `extensionTestsPath` inside a true extension host, with the true API, and prints what it writes. */
export async function runInEditor(
  extensionTestsPath: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pat-vault-editor-'));
  const workspace = join(folder, 'workspace');
  const files = { output: join(folder, 'output.txt'), result: join(folder, 'result.json') };
  const env = {
    ...more,
    PAT_VAULT_TEST_OUTPUT: files.output,
    PAT_VAULT_TEST_RESULT: files.result,
    NODE_EXTRA_CA_CERTS: join(root, 'test/fakes/tls/authority.pem'),
  };
  mkdirSync(workspace);
  const editor = await installEditor('code-server');
  console.log(`Running in ${editor.kind}: ${editor.why}.`);
  const where = { folder, workspace, env, extensionTestsPath };
  const stop = editor.kind === 'desktop' ? startDesktop(editor, where) : await startBrowser(where);
  try {
    return await follow(files);
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Where {
  readonly folder: string;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly extensionTestsPath: string;
}

const SECONDS = 180;

/** Prints what the tests write as they write it, until they have a result. */
async function follow({ output, result }: { output: string; result: string }): Promise<Outcome> {
  let printed = 0;
  const print = (): void => {
    const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
    process.stdout.write(text.slice(printed));
    printed = text.length;
  };
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    const done = existsSync(result);
    print();
    if (done) return JSON.parse(readFileSync(result, 'utf8')) as Outcome;
    await pause(100);
  }
  throw new Error(`the tests did not end within ${SECONDS} seconds`);
}

async function startBrowser({
  folder,
  workspace,
  env,
  extensionTestsPath,
}: Where): Promise<() => Promise<void>> {
  const server = await startCodeServer({
    ...{ workspace, env },
    userDataDir: join(folder, 'data'),
    extensionsDir: join(folder, 'extensions'),
  });
  const browser = await openBrowser(join(folder, 'browser'));
  const page = await openPage(browser, server, { extensions: [root], extensionTestsPath });
  page.on('console', (message) => {
    if (process.env.PAT_VAULT_VERBOSE !== undefined) console.log(message.text());
  });
  return async () => {
    await browser.close();
    await server.stop();
  };
}

function startDesktop(
  { executable }: Editor & { kind: 'desktop' },
  { folder, workspace, env, extensionTestsPath }: Where,
): () => Promise<unknown> {
  const run = runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: root,
    extensionTestsPath,
    extensionTestsEnv: env,
    launchArgs: [workspace, '--user-data-dir', join(folder, 'data'), '--disable-workspace-trust'],
  }).catch(() => undefined); // it fails when a test does, which the result says too
  return () => Promise.race([run, pause(10_000, undefined, { ref: false })]);
}
