import { strict as assert } from 'node:assert';
import { until } from '../host/until.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

describe('managing tokens', () => {
  const session = editorSession('manage', { settings: withSandbox });
  let secret = '';

  before(async () => {
    await session().workbench.openContainer('PAT Vault');
    await tokens().row('PAT Vault sandbox').waitFor();
    for (const name of ['item 10', 'item 2', 'alpha']) await createQuickly(session(), name);
    await session().workbench.run('Notifications: Clear All Notifications');
  });

  const tokens = () => session().workbench.view('Tokens');
  const labels = async () =>
    (await tokens().rows()).filter(({ level }) => level === 2).map(({ label }) => label);
  const shows = (...wanted: readonly string[]) =>
    until(wanted.join(', '), async () => (await labels()).join() === wanted.join());

  it('sorts in natural order, and the other way when asked twice', async () => {
    const { workbench } = session();
    await shows('alpha', 'item 2', 'item 10', 'PAT Vault sandbox');
    for (const _ of [1, 2]) {
      await workbench.run('PAT Vault: Sort…');
      await workbench.quickInput.pick('Sort Tokens', 'Created');
    }
    await shows('alpha', 'item 2', 'item 10', 'PAT Vault sandbox');
    await workbench.run('PAT Vault: Sort…');
    await workbench.quickInput.pick('Sort Tokens', 'Created');
    await shows('PAT Vault sandbox', 'item 10', 'item 2', 'alpha');
    await workbench.run('PAT Vault: Sort…');
    await workbench.quickInput.pick('Sort Tokens', 'Name');
  });

  it('filters by text, says so when nothing passes, and clears the filter', async () => {
    const { workbench } = session();
    const filter = async (text: string) => {
      await workbench.run('PAT Vault: Filter…');
      await workbench.quickInput.pickMany('Filter Tokens', []);
      await workbench.quickInput.enter('Text in name', text);
    };
    await filter('ITEM');
    await shows('item 2', 'item 10');
    await filter('nowhere');
    await shows('Clear Filter…');
    await tokens().row('Clear Filter…').click();
    await shows('alpha', 'item 2', 'item 10', 'PAT Vault sandbox');
  });

  it('edits exactly what the server lets one change', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('alpha', 'Edit Token…');
    const form = await workbench.webview();
    await form.getByText('Edit alpha on Sandbox').waitFor();
    assert.deepEqual(
      await form
        .locator('[data-field]')
        .evaluateAll((all: { getAttribute(name: string): string | null }[]) =>
          all.map((field) => field.getAttribute('data-field')),
        ),
      ['name', 'description', 'scopes', 'expires', 'expires-day'],
    );
    await form.locator('[data-field="name"] input').fill('item 2');
    await form.locator('[data-problem="name"]').getByText('taken').waitFor();
    await form.locator('[data-field="name"] input').fill('omega');
    await form.locator('[data-problem="name"]').getByText('taken').waitFor({ state: 'hidden' });
    await form.locator('[data-field="description"] textarea').fill('was alpha');
    await form.locator('[data-option="builds:read"]').click();
    await form.locator('[data-action="create"]').click();
    await shows('item 2', 'item 10', 'omega', 'PAT Vault sandbox');
    await tokens().chooseFromMenu('omega', 'Describe Token');
    const panel = await workbench.webview('omega');
    await panel.getByText('was alpha').waitFor();
    await panel.getByText('builds:read').waitFor();
    await panel.getByText('pat://sandbox/alpha').waitFor();
  });

  it('creates another like a token', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('omega', 'Create Like This…');
    const form = await workbench.webview();
    assert.equal(await form.locator('[data-field="name"] input').inputValue(), 'omega-2');
    assert.equal(await form.locator('[data-field="description"] textarea').inputValue(), 'was alpha');
    await form.getByRole('button', { name: 'Remove builds:read' }).waitFor();
    await form.locator('[data-action="create"]').click();
    await tokens().row('omega-2').waitFor();
  });

  it('tells which token a secret is, without sending it', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('omega', 'Copy Secret…');
    await workbench.dialog.click('Copy');
    secret = await until('the clipboard', async () => (await workbench.clipboard()) || undefined);
    await workbench.run('PAT Vault: Which Token Is This?…');
    assert.equal(await workbench.quickInput.isPassword('Compared on this machine only'), true);
    await workbench.quickInput.enter('Compared on this machine only', secret);
    const { buttons } = await workbench.notifications.find('It is omega on Sandbox.');
    assert.deepEqual(buttons, ['Describe', 'Revoke…']);
    await workbench.run('PAT Vault: Which Token Is This?…');
    await workbench.quickInput.enter('Compared on this machine only', `patv_${'x'.repeat(49)}`);
    await workbench.notifications.find('No listed or stored token has this secret.');
  });

  it('imports a secret after a call has shown whose it is', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('omega', 'Forget Secret…');
    await workbench.dialog.click('Forget Secret');
    await until('the mark to go', async () =>
      (await tokens().rows()).some(
        ({ label, description }) => label === 'omega' && !description.includes('here'),
      ),
    );
    await tokens().chooseFromMenu('omega', 'Import Secret…');
    await workbench.quickInput.enter('Import the Secret of omega', 'patv_wrong');
    await until('the refusal', async () =>
      (await workbench.quickInput.message('Import the Secret of omega')).includes(
        'This is not the secret of omega.',
      ),
    );
    await workbench.quickInput.enter('Import the Secret of omega', secret);
    await workbench.notifications.find('The secret of omega is stored as pat://sandbox/omega.');
    await until('the mark', async () =>
      (await tokens().rows()).some(
        ({ label, description }) => label === 'omega' && description.includes('here'),
      ),
    );
  });

  it('has nothing to clean up among tokens that are new', async () => {
    await session().workbench.run('PAT Vault: Clean Up…');
    await session().workbench.notifications.find('Nothing to clean up');
  });

  it('revokes all of one’s own at once, naming them', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('Sandbox', 'Revoke All Mine…');
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, 'Revoke 4 tokens?');
    for (const name of ['omega', 'omega-2', 'item 2', 'item 10'])
      assert.ok(detail.includes(`• ${name} (Sandbox)`));
    await workbench.dialog.click('Revoke 4 Tokens');
    await until(
      'all to be revoked',
      async () => (await tokens().rows()).filter(({ description }) => description === 'revoked').length === 4,
    );
  });

  it('removes every secret it has stored', async () => {
    const { workbench } = session();
    await createQuickly(session(), 'one more');
    await workbench.run('PAT Vault: Remove All Secrets…');
    assert.match(
      (await workbench.dialog.text()).detail,
      /secrets of tokens \(1\), sign-ins to servers \(1\)/,
    );
    await workbench.dialog.click('Remove All');
    await until('the mark to go', async () =>
      (await tokens().rows()).some(
        ({ label, description }) => label === 'one more' && !description.includes('here'),
      ),
    );
  });
});
