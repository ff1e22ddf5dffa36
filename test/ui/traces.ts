import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Session } from '../host/editor-session.ts';
import { processes } from '../host/processes.ts';
import { scan, scanFolder } from '../host/scanner.ts';

const CANARY = 'canary-Kd83jfh29Ls0qPwoX7vnB41zTyR6mUeAc5GiHrN9';

/**
 * Ends the browser and looks for secrets in all that the session leaves: the editor's and the browser's data,
 * extensions, workspace, logs, the console, the terminal, argument lists of processes. VS Code's own secret store,
 * which this flavour keeps encrypted in the browser's data, is looked at too. A planted canary shows that it looks.
 */
export async function assertNoTrace(session: Session, secrets: readonly string[]): Promise<void> {
  const { workbench, folder, workspace, server } = session;
  await writeFile(join(workspace, 'canary.gz'), gzipSync(CANARY));
  const lines = processes().map(({ command }) => command);
  const texts = { console: workbench.console(), terminal: await workbench.terminalText(), log: server.log() };
  await session.browser.close(); // so that it writes all it has
  const all = [...secrets, CANARY];
  const findings = [
    ...Object.entries(texts).flatMap(([place, text]) => scan(place, text, all)),
    ...scan('argument lists', lines.join('\n'), all),
    ...(await scanFolder(folder, all)),
  ];
  assert.deepEqual(findings, [{ place: join('workspace', 'canary.gz'), disguise: 'plain in gzip' }]);
}
