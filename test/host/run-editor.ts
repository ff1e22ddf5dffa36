// `npm run test:editor`: the tests of test/editor inside a true extension host, with the true API.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openBrowser, openPage } from './browser.ts';
import { startCodeServer } from './code-server.ts';
import { root } from './folders.ts';

const SECONDS = 180;

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'pat-vault-editor-'));
const workspace = join(folder, 'workspace');
mkdirSync(workspace);
const server = await startCodeServer({
  userDataDir: join(folder, 'data'),
  extensionsDir: join(folder, 'extensions'),
  workspace,
});
const browser = await openBrowser(join(folder, 'browser'));
try {
  const page = await openPage(browser, server, {
    extensions: [root],
    extensionTestsPath: join(root, 'out/test/editor/index.mjs'),
  });
  page.on('console', (message) => {
    if (process.env.PAT_VAULT_VERBOSE !== undefined) console.log(message.text());
  });
  const file = join(workspace, 'report.json');
  const end = Date.now() + SECONDS * 1000;
  while (!existsSync(file) && Date.now() < end) await pause(200);
  await pause(100);
  if (!existsSync(file)) throw new Error(`the extension host did not report within ${SECONDS} seconds`);
  const { passed, failed, lines } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  for (const line of lines) console.log(line);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
