import { strict as assert } from 'node:assert';
import { type AgedSandbox, startAgedSandbox } from '../fakes/aged-sandbox.ts';
import { until } from '../host/until.ts';
import { editorSession } from './session.ts';

/** A server that has been in use for a year, by several people; you administer it. */
describe('tokens of many people', () => {
  let server: AgedSandbox;
  const session = editorSession('people', async () => {
    server = await startAgedSandbox([
      { name: 'my login', created: 300, used: 0, scopes: ['tokens:read', 'tokens:write', 'users:read'] },
      { name: 'nearly over', created: 80, used: 1, expires: 3 },
      { name: 'long idle', created: 300, used: 200 },
      { name: 'never touched', created: 200 },
      { name: 'long over', created: 100, used: 90, expires: -10 },
      { name: 'nightly build', created: 50, used: 1, owner: 'build-bot' },
      { name: 'old laptop', created: 350, used: 300, owner: 'ada' },
    ]);
    const url = server.address.href;
    return { settings: { 'patVault.servers': [{ id: 'company', kind: 'standard', name: 'Company', url }] } };
  });
  after(() => server.stop());

  const tokens = () => session().workbench.view('Tokens');
  const shows = (wanted: readonly string[]) =>
    until(wanted.join(' | '), async () => {
      const rows = (await tokens().rows()).map(({ label, level }) => `${'  '.repeat(level - 1)}${label}`);
      return rows.join('\n') === wanted.join('\n');
    });

  it('asks for signing in where it is needed, and shows one’s own tokens', async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await tokens().row('Sign In…').click();
    await workbench.quickInput.enter('Sign In to Company (1/1)', server.secretOf('my login').reveal());
    await shows([
      'Company',
      '  long idle',
      '  long over',
      '  my login',
      '  nearly over',
      '  never touched',
      '  PAT Vault sandbox',
    ]);
  });

  it('warns of the tokens that expire soon by name, and counts them at the view', async () => {
    const { page, notifications } = session().workbench;
    const { severity, buttons } = await notifications.find('Tokens expire soon: nearly over (Company)');
    assert.equal(severity, 'warning');
    assert.deepEqual(buttons, ['Show Tokens', 'Don’t Show Again']);
    const tab = page.locator('.part.activitybar').getByRole('tab', { name: /PAT Vault/ });
    assert.match((await tab.getAttribute('aria-label')) ?? '', /1 of your tokens expire/);
    await notifications.click('Tokens expire soon', 'Don’t Show Again');
  });

  it('shows everybody’s tokens, then those of one owner', async () => {
    const { workbench } = session();
    await tokens().act('Company', 'View All Tokens');
    await tokens().row('nightly build').waitFor();
    await tokens().chooseFromMenu('Company', 'View Tokens Of…');
    assert.deepEqual(
      (await workbench.quickInput.rows('View Tokens Of')).map((row) => row.split(',')[0]),
      ['Ada Lindqvist', 'Build bot', 'You'],
    );
    await workbench.quickInput.pick('View Tokens Of', 'Ada Lindqvist');
    await shows(['Company', '  old laptop']);
    await until('the line that says so', async () => (await tokens().message()) === 'Ada Lindqvist');
    await tokens().title('Clear Filter');
    await tokens().row('nightly build').waitFor();
  });

  it('groups by status – what needs attention first – and by owner', async () => {
    const { workbench } = session();
    const group = async (by: string) => {
      await workbench.run('PAT Vault: Group By…');
      await workbench.quickInput.pick('Group Tokens', by);
    };
    await group('Status');
    await shows([
      ...['expires soon', '  nearly over', 'active', '  long idle', '  my login', '  never touched'],
      ...['  nightly build', '  old laptop', '  PAT Vault sandbox', 'expired', '  long over'],
    ]);
    const laptop = (await tokens().rows()).find(({ label }) => label === 'old laptop');
    assert.equal(laptop?.description, 'never expires · Ada Lindqvist · Company');
    await group('Owner');
    await tokens().row('Ada Lindqvist').waitFor();
    const rows = await tokens().rows();
    const groups = rows.filter(({ level }) => level === 1);
    assert.deepEqual(
      groups.map(({ label, description }) => `${label} ${description}`),
      ['Ada Lindqvist 1', 'Build bot 1', 'You 6'],
    );
    await group('Server');
    await tokens().row('Company').waitFor();
  });

  it('finds what to clean up: expired, never used, idle; and revokes what is picked', async () => {
    const { workbench } = session();
    await workbench.run('PAT Vault: Clean Up…');
    const heading = 'Clean Up Tokens';
    const found = await workbench.quickInput.rows(heading);
    assert.deepEqual(found.map((row) => row.split(/,\s*| ·/)[0]).sort(), [
      'long idle',
      'long over',
      'never touched',
      'old laptop',
    ]);
    await workbench.quickInput.pickMany(heading, ['old laptop', 'never touched']);
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, 'Revoke 2 tokens?');
    assert.match(detail, /• never touched \(Company\)/);
    await workbench.dialog.click('Revoke 2 Tokens');
    await until(
      'both to be revoked',
      async () =>
        (await tokens().rows()).filter(({ description }) => description.startsWith('revoked')).length === 2,
    );
  });

  it('says when the token to be revoked is the one that PAT Vault signs in with', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('my login', 'Revoke Token…');
    const { detail } = await workbench.dialog.text();
    assert.match(detail, /You are signed in to Company with this very token\./);
    await workbench.dialog.click('Cancel');
  });
});
