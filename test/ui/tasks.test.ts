import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { comes } from '../host/dom.ts';
import { until } from '../host/until.ts';
import { assertNoTrace } from './traces.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

/** Says who it is at the sandbox, by the token in its environment: what a deployment script would do. */
const whoami = `
const { readFileSync } = require('node:fs');
const { port } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const authorization = 'Bearer ' + process.env.SANDBOX_TOKEN;
fetch('http://127.0.0.1:' + port + '/whoami', { headers: { authorization } }).then(async (answer) => {
  console.log('answered ' + answer.status + (process.stdout.isTTY ? ' in a terminal' : ' without a terminal'));
});
`;

const tasksWith = (label: string, ...extra: readonly string[]) =>
  JSON.stringify({
    version: '2.0.0',
    tasks: [
      {
        label,
        type: 'pat-vault',
        command: 'node',
        args: ['whoami.js', `\${workspaceFolder}/../${storage}/sandbox/address.json`, ...extra],
        env: { SANDBOX_TOKEN: 'pat://sandbox/ci-runner' },
        problemMatcher: [],
      },
    ],
  });

const storage = 'data/User/globalStorage/patvault.pat-vault';

describe('a task that names a token by reference', () => {
  const session = editorSession('tasks', {
    files: { 'whoami.js': whoami, '.vscode/tasks.json': tasksWith('who am I') },
    settings: withSandbox,
  });

  before(async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await workbench.view('Tokens').row('Sandbox').waitFor();
    await createQuickly(session(), 'ci-runner');
  });

  async function runTask(label = 'who am I'): Promise<void> {
    const { quickInput } = session().workbench;
    const heading = 'Select the task to run';
    // A file that was changed a moment ago may not have been read yet.
    await until(`the task ${label}`, async () => {
      await session().workbench.run('Tasks: Run Task');
      await quickInput.type(heading, label);
      const found = await comes(quickInput.row(heading, label), 'visible', 2_000);
      if (found) await quickInput.pick(heading, label);
      else await quickInput.dismiss();
      return found;
    });
  }

  const says = (text: string) =>
    until(`the terminal to say "${text}"`, async () =>
      (await session().workbench.terminalText()).includes(text),
    );

  it('asks before the token is lent, naming program, token, folder and command line', async () => {
    await runTask();
    const { message, detail } = await session().workbench.dialog.text();
    assert.equal(message, 'Let "node" use the token ci-runner?');
    assert.match(detail, /Command: node whoami\.js /);
    assert.ok(detail.includes(`Folder: ${session().workspace}`));
    assert.ok(detail.includes('SANDBOX_TOKEN = pat://sandbox/ci-runner'));
  });

  it('gives the program the token when the user allows it, in a true terminal', async () => {
    await session().workbench.dialog.click('Allow Once');
    await says('answered 200 in a terminal');
  });

  it('asks again the next time, and no more once it is always allowed', async () => {
    await runTask();
    await session().workbench.dialog.click('Always Allow Here');
    await says('answered 200');
    await runTask();
    await says('answered 200');
    assert.equal(await session().workbench.dialog.box.isVisible(), false);
  });

  it('asks again when its command line was changed, and starts nothing when refused', async () => {
    await writeFile(
      join(session().workspace, '.vscode/tasks.json'),
      tasksWith('who am I, changed', '--changed'),
    );
    await runTask('who am I, changed');
    assert.match((await session().workbench.dialog.text()).detail, /--changed/);
    await session().workbench.dialog.click('Cancel');
    await says('pat: The use of the token was not allowed.');
  });

  it('is in the record of hand-outs each time, with what came of it', async () => {
    const log = join(session().folder, storage, 'access.log');
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
    const outcomes = lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    assert.deepEqual(outcomes, ['given', 'given', 'given', 'consent-refused']);
  });

  it('leaves the secret nowhere: no file, log, console, terminal or argument list', async () => {
    const { workbench } = session();
    await workbench.view('Tokens').chooseFromMenu('ci-runner', 'Copy Secret…');
    await workbench.dialog.click('Copy');
    await assertNoTrace(session(), [
      await until('the clipboard', async () => (await workbench.clipboard()) || undefined),
    ]);
  });
});
