// Runs inside the extension host: VS Code calls `run`, test/host/run-editor.ts prints what it writes.
import { appendFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inspect, format } from 'node:util';
import type MochaClass from 'mocha';

const { PAT_VAULT_TEST_OUTPUT: output = '', PAT_VAULT_TEST_RESULT: result = '' } = process.env;

function print(...line: unknown[]): void {
  appendFileSync(output, `${format(...line)}\n`);
}

export async function run(): Promise<void> {
  let outcome = { passed: 0, failed: 1 };
  try {
    outcome = await runMocha();
  } catch (error) {
    print(inspect(error));
  }
  writeFileSync(`${result}.part`, JSON.stringify(outcome));
  renameSync(`${result}.part`, result);
}

async function runMocha(): Promise<{ passed: number; failed: number }> {
  const Mocha = createRequire(import.meta.url)('mocha') as typeof MochaClass;
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 30_000,
    reporter: 'spec',
    forbidOnly: true,
    forbidPending: true,
  });
  Mocha.reporters.Base.consoleLog = print;
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  for (const name of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.mjs'))) {
    const { href } = new URL(name, import.meta.url);
    await import(href);
  }
  return new Promise((resolve) => {
    const runner = mocha.run((failed) => {
      resolve({ passed: runner.stats?.passes ?? 0, failed });
    });
  });
}
