// Runs inside the extension host: VS Code calls `run` (see test/host/run-editor.ts).
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type MochaClass from 'mocha';
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) throw new Error('the tests report into the workspace folder');
  const Mocha = createRequire(import.meta.url)('mocha') as typeof MochaClass;
  const lines: string[] = [];
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: 'min', forbidOnly: true });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./life.test.ts');
  const report = await new Promise<{ passed: number; failed: number }>((resolve) => {
    let passed = 0;
    const runner = mocha.run((failed) => {
      resolve({ passed, failed });
    });
    runner.on('suite', (suite) => lines.push(`${'  '.repeat(suite.titlePath().length)}${suite.title}`));
    runner.on('pass', (test) => {
      passed++;
      lines.push(`    ✔ ${test.title} (${test.duration ?? 0} ms)`);
    });
    runner.on('fail', (test, error: unknown) => {
      lines.push(
        `    ✘ ${test.title}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    });
  });
  writeFileSync(join(folder.uri.fsPath, 'report.json'), JSON.stringify({ ...report, lines }));
}
