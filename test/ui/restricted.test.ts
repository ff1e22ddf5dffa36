import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../host/until.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

const elsewhere = { id: 'elsewhere', kind: 'standard', name: 'Elsewhere', url: 'https://elsewhere.example' };

/** A folder from somebody else: it brings a server of its own, and a task that asks for a token. */
const files = {
  '.vscode/settings.json': JSON.stringify({ 'patVault.servers': [elsewhere] }),
  '.vscode/tasks.json': JSON.stringify({
    version: '2.0.0',
    tasks: [
      {
        label: 'take',
        type: 'pat-vault',
        command: 'touch',
        args: ['taken'],
        env: { TOKEN: 'pat://sandbox/ci-runner' },
        problemMatcher: [],
      },
    ],
  }),
};

describe('in a workspace that is not trusted', () => {
  const session = editorSession('restricted', { files, workspaceTrust: true, settings: withSandbox });

  const tokens = () => session().workbench.view('Tokens');

  it('tokens are listed and created', async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await tokens().row('PAT Vault sandbox').waitFor();
    await createQuickly(session(), 'ci-runner');
  });

  it('the folder’s own servers are not taken', async () => {
    const servers = (await tokens().rows()).filter(({ level }) => level === 1);
    assert.deepEqual(
      servers.map(({ label }) => label),
      ['Sandbox'],
    );
  });

  it('a task gets nothing unless the user trusts the folder', async () => {
    const { workbench } = session();
    await workbench.run('Tasks: Run Task');
    const { message } = await workbench.dialog.text();
    assert.match(message, /Do you trust the authors/);
    await workbench.dialog.click('Cancel');
    assert.equal(existsSync(join(session().workspace, 'taken')), false);
  });

  it('and is asked about as everywhere once the folder is trusted', async () => {
    const { workbench } = session();
    await workbench.run('Tasks: Run Task');
    await workbench.dialog.click(
      (await workbench.dialog.buttons()).find((text) => text.includes('Trust')) ?? '',
    );
    await workbench.quickInput.type('Select the task to run', 'take');
    await workbench.quickInput.pick('Select the task to run', 'take');
    assert.equal((await workbench.dialog.text()).message, 'Let "touch" use the token ci-runner?');
    await workbench.dialog.click('Allow Once');
    await until('the task to have run', () => existsSync(join(session().workspace, 'taken')));
  });

  it('even then its servers are not taken', async () => {
    const servers = (await tokens().rows()).filter(({ level }) => level === 1);
    assert.deepEqual(
      servers.map(({ label }) => label),
      ['Sandbox'],
    );
  });
});
