import { strict as assert } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { killAll, tree } from '../host/processes.ts';
import { until } from '../host/until.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

/** Chromium writes what a page stores to the disk about 5 s later (measured): killed before that, it is lost. */
const SAFE_AFTER = 7_000;

describe('a secret that is stored once', () => {
  const session = editorSession('once', { settings: withSandbox });

  before(async () => {
    await look();
    await createQuickly(session(), 'kept');
    await pause(SAFE_AFTER);
  });

  const tokens = () => session().workbench.view('Tokens');

  async function look(): Promise<void> {
    await session().workbench.openContainer('PAT Vault');
    await tokens().row('PAT Vault sandbox').waitFor();
  }

  const description = (label: string, wanted: RegExp) =>
    until(`${label} to be ${wanted.source}`, async () =>
      (await tokens().rows()).some((row) => row.label === label && wanted.test(row.description)),
    );

  async function copied(label: string): Promise<string> {
    const { workbench } = session();
    await workbench.setClipboard('');
    await tokens().chooseFromMenu(label, 'Copy Secret…');
    await workbench.dialog.click('Copy');
    return until('the clipboard', async () => (await workbench.clipboard()) || undefined);
  }

  it('is there after the browser was closed and opened again', async () => {
    const before = await copied('kept');
    await session().restartBrowser('close');
    await look();
    await description('kept', /^● here/);
    assert.equal((await copied('kept')) === before, true);
  });

  it('is there after its extension host was killed, which VS Code starts anew', async () => {
    const hosts = tree(session().server.pid).filter(({ command }) =>
      command.includes('--type=extensionHost'),
    );
    assert.ok(hosts.length > 0);
    killAll(hosts);
    await session().workbench.run('PAT Vault: Refresh');
    await description('kept', /^● here/);
    assert.notEqual(await copied('kept'), '');
  });

  it('is reported as lost when the browser was killed before it had saved it, with the way out', async () => {
    await createQuickly(session(), 'lost');
    await pause(1000);
    await session().restartBrowser('kill');
    const { text, buttons } = await session().workbench.notifications.find('The secret of lost was lost');
    assert.match(text, /the server will not show it again/);
    assert.deepEqual(buttons, ['Create Replacement']);
    await look();
    await description('lost', /^○ missing on this machine/);
    await description('kept', /^● here/);
  });

  it('is replaced by a form that knows what the lost token was, under the same reference', async () => {
    const { workbench } = session();
    await workbench.notifications.click('The secret of lost was lost', 'Create Replacement');
    const form = await workbench.webview();
    assert.equal(await form.locator('[data-field="name"] input').inputValue(), 'lost-2');
    await form.locator('[data-action="create"]').click();
    await form.getByText('lost-2 is created and its secret is stored.').waitFor();
    assert.equal(await form.locator('[data-reference]').textContent(), 'pat://sandbox/lost');
    await description('lost-2', /^● here/);
    await workbench.notifications.find(
      'The replacement took the place of lost, which is still valid on Sandbox',
    );
    await workbench.notifications.click('The replacement took the place', 'Revoke Token…');
    await workbench.dialog.click('Revoke');
    await description('lost', /^revoked/);
  });
});
