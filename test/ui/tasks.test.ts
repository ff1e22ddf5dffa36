import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSession, type Session } from '../host/editor-session.ts';
import { until } from '../host/until.ts';

/** Says who it is at the sandbox, by the token in its environment: what a deployment script would do. */
const whoami = `
const { readFileSync } = require('node:fs');
const { port } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const authorization = 'Bearer ' + process.env.SANDBOX_TOKEN;
fetch('http://127.0.0.1:' + port + '/whoami', { headers: { authorization } }).then(async (answer) => {
  console.log('answered ' + answer.status + (process.stdout.isTTY ? ' in a terminal' : ' without a terminal'));
});
`;

const tasksWith = (...extra: readonly string[]) =>
  JSON.stringify({
    version: '2.0.0',
    tasks: [
      {
        label: 'who am I',
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
  let session: Session;

  before(async () => {
    session = await startSession({
      files: { 'whoami.js': whoami, '.vscode/tasks.json': tasksWith() },
      settings: { 'patVault.servers': [{ id: 'sandbox', kind: 'sandbox', name: 'Sandbox' }] },
    });
    const { workbench } = session;
    await workbench.openContainer('PAT Vault');
    await workbench.view('Tokens').row('Sandbox').waitFor();
    await workbench.run('PAT Vault: Create Token by Keyboard…');
    await workbench.quickInput.enter('Name', 'ci-runner');
    await workbench.quickInput.pick('Validity', '14 days');
    await workbench.view('Tokens').row('ci-runner').waitFor();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await session.workbench.screenshot('/tmp/shot.png');
  });
  after(() => session.stop());

  async function runTask(): Promise<void> {
    const { workbench } = session;
    await workbench.run('Tasks: Run Task');
    await workbench.quickInput.type('Select the task to run', 'who am I');
    await workbench.quickInput.pick('Select the task to run', 'who am I');
  }

  const says = (text: string) =>
    until(`the terminal to say "${text}"`, async () =>
      (await session.workbench.terminalText()).includes(text),
    );

  it('asks before the token is lent, naming program, token, folder and command line', async () => {
    await runTask();
    const { message, detail } = await session.workbench.dialog.text();
    assert.equal(message, 'Let "node" use the token ci-runner?');
    assert.match(detail, /Command: node whoami\.js /);
    assert.ok(detail.includes(`Folder: ${session.workspace}`));
    assert.ok(detail.includes('SANDBOX_TOKEN = pat://sandbox/ci-runner'));
  });

  it('gives the program the token when the user allows it, in a true terminal', async () => {
    await session.workbench.dialog.click('Allow Once');
    await says('answered 200 in a terminal');
  });

  it('asks again the next time, and no more once it is always allowed', async () => {
    await runTask();
    await session.workbench.dialog.click('Always Allow Here');
    await says('answered 200');
    await runTask();
    await says('answered 200');
    assert.equal(await session.workbench.dialog.box.isVisible(), false);
  });

  it('asks again when its command line was changed, and starts nothing when refused', async () => {
    await writeFile(join(session.workspace, '.vscode/tasks.json'), tasksWith('--changed'));
    await until('the changed task to be known', async () => {
      await runTask();
      await session.workbench.dialog.box.waitFor({ timeout: 5000 }).catch(() => undefined);
      return session.workbench.dialog.box.isVisible();
    });
    assert.match((await session.workbench.dialog.text()).detail, /--changed/);
    await session.workbench.dialog.click('Cancel');
    await says('pat: The use of the token was not allowed.');
    assert.ok(!(await session.workbench.terminalText()).includes('answered'));
  });

  it('is in the record of hand-outs each time, with what came of it', async () => {
    const log = join(session.folder, storage, 'access.log');
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
    const outcomes = lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    assert.deepEqual(outcomes, ['given', 'given', 'given', 'consent-refused']);
  });
});
