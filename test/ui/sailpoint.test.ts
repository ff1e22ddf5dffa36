import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { startTenant, type Tenant } from '../fakes/tenant.ts';
import { root } from '../host/folders.ts';
import { until } from '../host/until.ts';
import { editorSession } from './session.ts';
import { assertNoTrace } from './traces.ts';

describe('a SailPoint tenant', () => {
  const session = editorSession('sailpoint', { extensions: [join(root, 'test/consumer')] });
  let tenant: Tenant;
  before(async () => {
    tenant = await startTenant(32); // a bearer is renewed half a minute before it ends
    await session().workbench.openContainer('PAT Vault');
  });
  after(() => tenant.stop());

  const tokens = () => session().workbench.view('Tokens');
  const host = () => tenant.address.host;

  it('is signed in to with client ID and secret', async () => {
    const { quickInput } = session().workbench;
    await tokens().welcome().getByRole('button', { name: 'Add Server' }).click();
    await quickInput.pick('What kind of server?', 'SailPoint Identity Security Cloud');
    await quickInput.enter('Add Server: SailPoint', tenant.address.href);
    await quickInput.enter(`Sign In to ${host()} (1/2)`, tenant.login.clientId);
    assert.equal(await quickInput.isPassword(`Sign In to ${host()} (2/2)`), true);
    await quickInput.enter(`Sign In to ${host()} (2/2)`, tenant.login.secret);
    await tokens().row('laptop').waitFor();
  });

  it('names the scope that is missing, and makes a token with it to sign in with', async () => {
    const { workbench } = session();
    await tokens().act(host(), 'View All Tokens');
    const state = await until('the reason', async () =>
      (await tokens().rows()).find(({ label }) => label === 'Create with This Scope…'),
    );
    assert.match(state.description, /you need idn:all-personal-access-tokens:read\.$/);
    await tokens().row('Create with This Scope…').click();
    const form = await workbench.webview();
    await form.getByText('9 of 10 tokens are left to you.').waitFor();
    await form.getByRole('button', { name: 'Remove idn:all-personal-access-tokens:read' }).waitFor();
    await form.getByRole('button', { name: 'Remove idn:my-personal-access-tokens:read' }).waitFor();
    await form.locator('[data-field="name"] input').fill('reader of all');
    await form.locator('[data-action="create"]').click();
    await form.getByText('reader-of-all is created').or(form.getByText('reader of all is created')).waitFor();
    assert.equal(await form.getByRole('button', { name: /: Copy$/ }).count(), 2);
    await workbench.notifications.click('Shall PAT Vault sign in', 'Sign In with It');
    await tokens().row('of bob').waitFor();
  });

  it('shows the pair as two values, and copies each by itself', async () => {
    const { workbench } = session();
    const form = await workbench.webview();
    const made = tenant.rows.find(({ name }) => name === 'reader of all');
    await form.getByRole('button', { name: 'Client ID: Copy', exact: true }).click();
    await until('the client ID', async () => (await workbench.clipboard()) === made?.id);
    await form.getByRole('button', { name: 'Secret: Copy', exact: true }).click();
    await until('the secret', async () => (await workbench.clipboard()) === made?.secret);
    await workbench.setClipboard('');
  });

  it('lends the bearer that it is exchanged for, and a new one when that has ended', async () => {
    const { workbench } = session();
    const bearer = async () => {
      await workbench.run('Notifications: Clear All Notifications');
      await workbench.run('Consumer: Show Bearer');
      return until('the bearer', async () => {
        const texts = (await workbench.notifications.list()).map(({ text }) => text);
        return texts.map((text) => /bearer (\w{8})\./.exec(text)?.[1]).find((found) => found !== undefined);
      });
    };
    await workbench.run('Consumer: Show Bearer');
    await workbench.dialog.click('Allow');
    await workbench.quickInput.pick('Which stored token may the extension use?', 'reader-of-all');
    await workbench.notifications.find(/bearer/);
    const first = await bearer();
    await until('another bearer', async () => (await bearer()) !== first);
    assert.ok(tenant.rows.every(({ secret }) => !secret.startsWith(first)));
  });

  it('says that the connection’s own token is about to go', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('reader of all', 'Revoke Token…');
    const { detail } = await workbench.dialog.text();
    assert.match(detail, new RegExp(`You are signed in to ${host()} with this very token`));
    await workbench.dialog.click('Cancel');
  });

  it('leaves no secret behind', async () => {
    await assertNoTrace(session(), [...tenant.rows.map(({ secret }) => secret)]);
  });
});
