// `npm run test:editor`: the tests of test/editor inside a true extension host, with the true API.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runTests } from '@vscode/test-electron';
import { openBrowser, openPage } from './browser.ts';
import { startCodeServer } from './code-server.ts';
import { installEditor, type Editor } from './editor.ts';
import { root } from './folders.ts';

const seconds = 180;
const extensionTestsPath = join(root, 'out/test/editor/index.mjs');

// The extension host has no output of its own: it writes into these files (test/editor/index.ts).
const folder = mkdtempSync(join(tmpdir(), 'pat-vault-editor-'));
const workspace = join(folder, 'workspace');
const output = join(folder, 'output.txt');
const result = join(folder, 'result.json');
const env = {
  PAT_VAULT_TEST_OUTPUT: output,
  PAT_VAULT_TEST_RESULT: result,
  NODE_EXTRA_CA_CERTS: join(root, 'test/editor/tls/authority.pem'),
};

mkdirSync(workspace);
const editor = await installEditor('code-server');
console.log(`Testing in ${editor.kind}: ${editor.why}.`);
const stop = editor.kind === 'desktop' ? startDesktop(editor) : await startBrowser();
try {
  const { passed, failed } = await follow();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Prints what the tests write as they write it, until they have a result. */
async function follow(): Promise<{ passed: number; failed: number }> {
  let printed = 0;
  const print = (): void => {
    const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
    process.stdout.write(text.slice(printed));
    printed = text.length;
  };
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const done = existsSync(result);
    print();
    if (done) return JSON.parse(readFileSync(result, 'utf8')) as { passed: number; failed: number };
    await pause(100);
  }
  throw new Error(`the tests did not end within ${seconds} seconds`);
}

async function startBrowser(): Promise<() => Promise<void>> {
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

function startDesktop({ executable }: Editor & { kind: 'desktop' }): () => Promise<unknown> {
  const run = runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: root,
    extensionTestsPath,
    extensionTestsEnv: env,
    launchArgs: [workspace, '--user-data-dir', join(folder, 'data'), '--disable-workspace-trust'],
  }).catch(() => undefined); // it fails when a test does, which the result says too
  return () => Promise.race([run, pause(10_000, undefined, { ref: false })]);
}
