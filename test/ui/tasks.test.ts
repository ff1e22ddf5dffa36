import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../host/until.ts';
import { runTask, storage, tasksJson, terminalSays, whoAmITask } from './task.ts';
import { assertNoTrace } from './traces.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

describe('a task that names a token by reference', () => {
  const session = editorSession('tasks', {
    files: whoAmITask(),
    settings: withSandbox,
  });

  before(async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await workbench.view('Tokens').row('Sandbox').waitFor();
    await createQuickly(session(), 'ci-runner');
  });

  const says = (text: string) => terminalSays(session(), text);

  it('asks before the token is lent, naming program, token, folder and command line', async () => {
    await runTask(session(), 'who am I');
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
    await runTask(session(), 'who am I');
    await session().workbench.dialog.click('Always Allow Here');
    await says('answered 200');
    await runTask(session(), 'who am I');
    await says('answered 200');
    assert.equal(await session().workbench.dialog.box.isVisible(), false);
  });

  it('asks again when its command line was changed, and starts nothing when refused', async () => {
    await writeFile(
      join(session().workspace, '.vscode/tasks.json'),
      tasksJson('who am I, changed', '--changed'),
    );
    await runTask(session(), 'who am I, changed');
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
