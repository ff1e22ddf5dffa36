import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startVerdaccio, type Verdaccio } from '../servers/verdaccio.ts';
import { root } from '../host/folders.ts';
import { until } from '../host/until.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';
import { storage } from './task.ts';
import { assertNoTrace } from './traces.ts';

const PASSWORD = `correct horse ${randomBytes(12).toString('hex')}`;

/** A server no one here wrote, beside the sandbox: each step needs those before it. */
describe('several servers', () => {
  const session = editorSession('servers', {
    settings: {
      'patVault.servers': [...withSandbox['patVault.servers'], { id: 'Mistyped', kind: 'standard' }],
      'patVault.cli.enabled': true,
    },
  });
  let verdaccio: Verdaccio;
  before(async () => {
    verdaccio = await startVerdaccio();
    await verdaccio.addAccount('alice', PASSWORD);
    await session().workbench.openContainer('PAT Vault');
  });
  after(() => verdaccio.stop());

  const tokens = () => session().workbench.view('Tokens');
  const host = () => verdaccio.address.host;
  const signInBox = (step: number) => `Sign In to ${host()} (${step}/2)`;

  const row = (label: string, description: RegExp | string) =>
    until(`${label}: ${String(description)}`, async () =>
      (await tokens().rows()).find(
        (one) => one.label === label && new RegExp(description).test(one.description),
      ),
    );

  it('says what is wrong with the settings, and where', async () => {
    const { buttons } = await session().workbench.notifications.find(
      'The settings of PAT Vault are wrong: patVault.servers[1].id is missing, or is not what it should be.',
    );
    assert.deepEqual(buttons, ['Open Settings']);
    await session().workbench.run('Notifications: Clear All Notifications');
  });

  it('adds an npm registry: kind, address, user and hidden password, checked before anything is kept', async () => {
    const { quickInput } = session().workbench;
    await tokens().title('Add Server…');
    await quickInput.pick('What kind of server?', 'npm registry');
    await quickInput.type('Add Server: npm registry', 'http://registry.example.com/');
    await until('the address to be refused', async () =>
      (await quickInput.message('Add Server: npm registry')).includes('is not encrypted'),
    );
    await quickInput.enter('Add Server: npm registry', verdaccio.address.href);
    await quickInput.enter(signInBox(1), 'alice');
    assert.equal(await quickInput.isPassword(signInBox(2)), true);
    await quickInput.enter(signInBox(2), 'wrong');

    await until('the question to come again', async () =>
      (await quickInput.message(signInBox(1))).includes('did not accept'),
    );
    assert.equal(await tokens().row(host()).isVisible(), false);
    await quickInput.enter(signInBox(1), 'alice');
    await quickInput.enter(signInBox(2), PASSWORD);
    await row(host(), '^alice$');
    const settings = await readFile(join(session().folder, 'data/User/settings.json'), 'utf8');
    assert.ok(settings.includes('Mistyped'), 'an entry that is no server is still the user’s');
  });

  it('creates a token there by its own form, asking for the password in mid-call', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu(host(), 'Create Token…');
    const form = await workbench.webview();
    assert.equal(await form.locator('[data-field="expires"]').count(), 0);
    await form.locator('[data-field="name"] input').fill('Publisher (CI)');
    await form.locator('[data-field="cidr_whitelist"] input').fill('300.1.1.1/8');
    await form.locator('[data-field="cidr_whitelist"] input').press('Enter');
    await form.getByText('300.1.1.1/8 is not a network').waitFor();
    await form.getByRole('button', { name: 'Remove 300.1.1.1/8' }).click();
    await form.locator('[data-action="create"]').click();

    const box = `${host()} asks again`;
    assert.equal(await workbench.quickInput.isPassword(box), true);
    await workbench.quickInput.enter(box, 'wrong');
    await until('the password to be asked for again', async () =>
      (await workbench.quickInput.message(box)).includes('That was not right'),
    );
    await workbench.quickInput.enter(box, PASSWORD);
    await form.getByText('publisher-ci is created and its secret is stored.').waitFor();
    assert.match(
      (await form.locator('[data-reference]').textContent()) ?? '',
      /^pat:\/\/127-0-0-1\/publisher-ci$/,
    );
    await row('publisher-ci', 'here');
  });

  it('is npm’s own registry by pat’s helper, and by pat run', async () => {
    const { workspace, folder, workbench } = session();
    const reference = 'pat://127-0-0-1/publisher-ci';
    await writeFile(
      join(workspace, '.npmrc'),
      `//${host()}/npm/:_authToken=\${NPM_TOKEN}\nregistry=${verdaccio.address.href}\n`,
    );
    const env = { ...process.env, PAT_VAULT_WINDOWS: join(folder, storage, 'windows') };
    const whoami = async (script: string) => {
      const running = promisify(execFile)('sh', ['-c', script], { cwd: workspace, env });
      await workbench.dialog.click('Allow Once');
      return (await running).stdout.trim();
    };
    const pat = `'${process.execPath}' '${join(root, 'dist/pat.mjs')}'`;
    assert.equal(await whoami(`NPM_TOKEN=$(${pat} npm-token-helper ${reference}) npm whoami`), 'alice');
    assert.equal(await whoami(`${pat} run --env NPM_TOKEN=${reference} -- npm whoami`), 'alice');
  });

  it('signs out, which leaves the server and its secrets, and in again', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu(host(), 'Sign Out');
    const state = await row('Sign In…', 'You are signed out of');
    assert.match(state.ariaLabel, /You are signed out of .* Sign In/);
    await tokens().row(state.label).click();
    await workbench.quickInput.enter(signInBox(1), 'alice');
    await workbench.quickInput.enter(signInBox(2), PASSWORD);
    await row('publisher-ci', 'here');
  });

  it('revokes tokens of several servers at once, chosen in a list', async () => {
    const { workbench } = session();
    await createQuickly(session(), 'nightly');
    await workbench.run('PAT Vault: Revoke Token…');
    await workbench.quickInput.pickMany('Choose one or several tokens', ['nightly', 'publisher-ci']);
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, 'Revoke 2 tokens?');
    assert.ok(detail.includes('nightly (Sandbox)') && detail.includes(`publisher-ci (${host()})`), detail);
    await workbench.dialog.click('Revoke 2 Tokens');
    await row('nightly', '^revoked$');
    await until('the registry to list none', async () => {
      const rows = await tokens().rows();
      return !rows.some(({ label }) => label === 'publisher-ci');
    });
  });

  it('says so when a server cannot be reached, with a way out', async () => {
    await verdaccio.stop();
    await session().workbench.run('PAT Vault: Refresh');
    const state = await row('Try Again…', `${host()} cannot be reached`);
    assert.ok(state.ariaLabel.includes('cannot be reached'));
  });

  it('tries again to sign in without asking for what was typed before', async () => {
    const { quickInput, notifications } = session().workbench;
    await tokens().title('Add Server…');
    await quickInput.pick('What kind of server?', 'Standard');
    const silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await quickInput.enter('Add Server: Standard', `http://127.0.0.1:${port}/`);
    await quickInput.enter('Sign In to 127.0.0.1', 'a-token');
    await notifications.find(`127.0.0.1:${port} cannot be reached.`);
    await notifications.click('cannot be reached', 'Try Again');
    await notifications.find(`127.0.0.1:${port} cannot be reached.`);
    await notifications.close('cannot be reached');
    silent.close();
    assert.ok(!(await tokens().rows()).some(({ label }) => label.includes(String(port))));
  });

  it('removes a server after saying how many secrets go with it', async () => {
    const { workbench } = session();
    await createQuickly(session(), 'last-one');
    await tokens().chooseFromMenu('Sandbox', 'Remove Server…');
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, 'Remove Sandbox from PAT Vault?');
    assert.match(
      detail,
      /^1 stored secret goes with it and cannot be brought back\. The tokens themselves stay valid/,
    );
    await workbench.dialog.click('Remove Server');
    await tokens().row('Sandbox').waitFor({ state: 'hidden' });
  });

  it('leaves the password nowhere', async () => {
    await assertNoTrace(session(), [PASSWORD]);
  });
});
