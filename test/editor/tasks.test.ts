import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { House } from '../../src/editor/house.ts';
import { secretKey, type Entry } from '../../src/vault/entry.ts';
import { definitionOf } from '../../src/vault/grants.ts';
import { connectSandbox, create, house } from './house.ts';

/** Ends with the status the sandbox answers, less 100, which fits an exit status. */
const SCRIPT = `fetch(process.argv[1], { headers: { authorization: 'Bearer ' + process.env.TOKEN } })
  .then(({ status }) => process.exit(status - 400 < 0 ? 0 : status - 400))`;

describe('a task of type pat-vault', () => {
  let h: House;
  let entry: Entry;
  let folder: vscode.WorkspaceFolder;
  let command: string[];

  before(async () => {
    h = await house();
    await connectSandbox(h);
    entry = await create(h, 'task-runner');
    const [first] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(first);
    folder = first;
    const { address } = await h.connections.server('sandbox');
    command = [process.execPath, '-e', SCRIPT, new URL('/whoami', address).href];
    await write([definition()]);
  });

  const definition = (label = 'lent', more: { env?: object } = {}) => ({
    label,
    type: 'pat-vault',
    command: command[0],
    args: command.slice(1),
    problemMatcher: [],
    ...more,
    env: { TOKEN: 'pat://sandbox/task-runner', ELECTRON_RUN_AS_NODE: '1', ...more.env },
  });

  async function write(tasks: readonly object[]): Promise<void> {
    const file = vscode.Uri.file(join(folder.uri.fsPath, '.vscode/tasks.json'));
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify({ version: '2.0.0', tasks })));
  }

  async function fetched(label: string): Promise<vscode.Task> {
    for (;;) {
      const task = (await vscode.tasks.fetchTasks()).find(({ name }) => name === label);
      if (task !== undefined) return task;
      await new Promise((resolve) => setTimeout(resolve, 100)); // the file was written a moment ago
    }
  }

  /** Runs a task to its end; its exit status. */
  async function run(task: vscode.Task): Promise<number | undefined> {
    const ended = new Promise<number | undefined>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== task.name) return;
        listening.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    return ended;
  }

  const allow = (to: Entry, decision: 'always' | 'never' = 'always') =>
    h.grants.decide(
      {
        folder: folder.uri.fsPath,
        definition: definitionOf([folder.uri.fsPath, ...command], {
          ...{ TOKEN: 'pat://sandbox/task-runner', ELECTRON_RUN_AS_NODE: '1', '': '' },
        }),
      },
      to,
      decision,
      'a test',
    );

  it('starts nothing without the user’s consent, which cannot be had in a window that runs tests', async () => {
    assert.equal(await run(await fetched('lent')), 1);
  });

  it('gives its process the token once that is allowed', async () => {
    await allow(entry);
    assert.equal(await run(await fetched('lent')), 0);
  });

  it('is asked about again with another variable, or in another folder', async () => {
    const elsewhere = { ...definition('elsewhere'), cwd: '${workspaceFolder}/.vscode' };
    await write([definition(), definition('steered', { env: { NODE_OPTIONS: '--no-warnings' } }), elsewhere]);
    assert.equal(await run(await fetched('steered')), 1);
    assert.equal(await run(await fetched('elsewhere')), 1);
  });

  it('shows the secret in no task, event or terminal that other extensions can read', async () => {
    const secret = (await h.vault.read(entry)).secret.reveal();
    const seen: unknown[] = [];
    const spies = [
      vscode.tasks.onDidStartTask((event) => seen.push(event.execution.task)),
      vscode.tasks.onDidStartTaskProcess((event) => seen.push(event.execution.task)),
    ];
    const task = await fetched('lent');
    await run(task);
    seen.push(task, ...vscode.window.terminals.map(({ creationOptions }) => creationOptions));
    for (const spy of spies) spy.dispose();
    assert.ok(seen.length >= 4);
    assert.ok(JSON.stringify(seen).includes('pat://sandbox/task-runner'));
    assert.ok(!JSON.stringify(seen).includes(secret));
  });

  it('is refused what the user has refused for good', async () => {
    await allow(entry, 'never');
    assert.equal(await run(await fetched('lent')), 1);
    await allow(entry);
  });

  it('gets the new secret after a replacement, once the user has allowed that one too', async () => {
    await h.context.secrets.delete(secretKey(entry.id));
    await h.vault.look();
    const task = await fetched('lent');
    assert.equal(await run(task), 1);

    const replacement = await create(h, 'task-runner-2', {}, entry);
    assert.equal(replacement.alias, 'task-runner');
    assert.equal(await run(task), 1);
    await allow(replacement);
    assert.equal(await run(task), 0);
  });

  it('is refused a token that nobody stored', async () => {
    await write([definition('stray', { env: { TOKEN: 'pat://sandbox/nobody' } })]);
    assert.equal(await run(await fetched('stray')), 1);
    const outcomes = (await h.record.all()).filter(({ reference }) => reference === 'pat://sandbox/nobody');
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['unknown-alias'],
    );
  });
});
