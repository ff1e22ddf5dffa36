import { strict as assert } from 'node:assert';
import { editorSession, withSandbox } from './session.ts';

describe('in German', () => {
  const session = editorSession('german', { settings: withSandbox, language: 'de' });
  const tokens = () => session().workbench.view('Token');

  it('shows view, commands and notices', async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await tokens().row('PAT Vault sandbox').waitFor();
    const menu = await tokens().menu('Sandbox');
    assert.ok(menu.includes('Token erstellen…') && menu.includes('Alle meine widerrufen…'), menu.join());
    await workbench.run('PAT Vault: Aufräumen…');
    await workbench.notifications.find('Nichts aufzuräumen: Kein Token ist abgelaufen oder liegt brach.');
  });

  it('shows the form: its own words, and those of the kind of server', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('Sandbox', 'Token erstellen…');
    const form = await workbench.webview();
    await form.getByText('Token auf Sandbox erstellen').waitFor();
    await form.getByText('Keine zwei aktiven Token eines Benutzers haben denselben Namen.').waitFor();
    await workbench.screenshot('out/ui/german-form.png');
    await form.locator('[data-field="name"] input').fill('nächtlich');
    await form.locator('[data-action="create"]').click();
    await form.getByText('nächtlich ist erstellt und sein Geheimnis gespeichert.').waitFor();
    const row = (await tokens().rows()).find(({ label }) => label === 'nächtlich');
    assert.equal(row?.description, '● hier · läuft in 14 Tagen ab');
  });
});
