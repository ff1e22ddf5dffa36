import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { root } from '../host/folders.ts';
import { until } from '../host/until.ts';
import { runTask, storage, terminalSays, whoAmITask } from './task.ts';
import { assertNoTrace } from './traces.ts';
import { editorSession } from './session.ts';

/** The main job, from an empty view to a revoked token, by the installed extension: each step needs those before it. */
describe('the main job', () => {
  const session = editorSession('main', {
    extensions: [join(root, 'test/consumer')],
    files: whoAmITask(),
  });
  let form: FrameLocator;
  /** Known to this test because the user is shown it, once, on a click. */
  let secret = '';

  const tokens = () => session().workbench.view('Tokens');
  const field = (name: string) => form.locator(`[data-field="${name}"]`);
  const problem = (name: string) => form.locator(`[data-problem="${name}"]`);
  const act = (id: string) => form.locator(`[data-action="${id}"]`);

  async function whoami(): Promise<number> {
    const address = join(session().folder, storage, 'sandbox/address.json');
    const { port } = JSON.parse(await readFile(address, 'utf8')) as { port: number };
    const headers = { authorization: `Bearer ${secret}` };
    return (await fetch(`http://127.0.0.1:${port}/whoami`, { headers })).status;
  }

  /** What the consumer gets without a word to the user. */
  async function silently(answer: string): Promise<void> {
    const { workbench } = session();
    await workbench.run('Notifications: Clear All Notifications');
    await workbench.run('Consumer: Who Am I, Silently');
    await workbench.notifications.find(`Consumer: ${answer}`);
  }

  it('begins with a view that says what to do', async () => {
    await session().workbench.openContainer('PAT Vault');
    const welcome = tokens().welcome();
    await welcome.getByText('No PAT server is connected yet.').waitFor();
    await welcome.getByRole('button', { name: 'Start Sandbox Server' }).waitFor();
    await welcome.getByRole('button', { name: 'Add Server' }).click();
  });

  it('adds the sandbox by Add Server, and lists its tokens', async () => {
    const { quickInput } = session().workbench;
    const kinds = await quickInput.rows('What kind of server?');
    assert.ok(kinds[0]?.startsWith('Sandbox'), kinds[0]);
    await quickInput.pick('What kind of server?', 'Sandbox');
    await tokens().row('Sandbox').waitFor();
    await tokens().row('PAT Vault sandbox').waitFor();
  });

  it('opens a form that says what is wrong while one types', async () => {
    await tokens().title('Create Token…');
    form = await session().workbench.webview();
    await field('name').locator('input').fill('x');
    await field('name').locator('input').fill('');
    await problem('name').getByText('This is needed.').waitFor();
    assert.equal(await act('create').getAttribute('disabled'), '');

    await field('name').locator('input').fill('PAT Vault sandbox');
    await problem('name').getByText('The name PAT Vault sandbox is taken.').waitFor();

    await field('name').locator('input').fill('ci-runner');
    await problem('name').getByText('taken').waitFor({ state: 'hidden' });
    await form
      .locator('[data-summary]')
      .getByText(/ci-runner – Valid until \d{4}-\d\d-\d\d/)
      .waitFor();
  });

  it('creates the token, whose secret is stored and hidden', async () => {
    await act('create').click();
    await form.getByText('ci-runner is created and its secret is stored.').waitFor();
    await form.getByText('Sandbox will not show this secret again.').waitFor();
    assert.equal(await form.locator('[data-reference]').textContent(), 'pat://sandbox/ci-runner');
    assert.match((await form.locator('[data-secret="secret"]').textContent()) ?? '', /^•+$/);
  });

  it('reveals the secret on a click, and hides it again by itself', async () => {
    await act('reveal').click();
    const shown = form.locator('[data-secret="secret"]');
    secret = await until('the secret to be shown', async () => {
      const text = (await shown.textContent()) ?? '';
      return text.startsWith('•') ? undefined : text;
    });
    assert.equal(await whoami(), 200);
    await until('the secret to be hidden', async () => /^•+$/.test((await shown.textContent()) ?? ''), {
      timeout: 30_000,
    });
  });

  it('copies the secret, by the host and not the page', async () => {
    await act('copy').click();
    await until('the clipboard', async () => (await session().workbench.clipboard()) === secret);
    await session().workbench.setClipboard('something else');
  });

  it('shows the token in the tree as here, for screen readers too', async () => {
    const row = await until('the row', async () =>
      (await tokens().rows()).find(({ label }) => label === 'ci-runner'),
    );
    assert.equal(row.description, '● here · expires in 14 days');
    assert.equal(row.ariaLabel, 'ci-runner, active, here, expires in 14 days');
  });

  it('lends it to another extension by VS Code’s own dialog, and by no other way', async () => {
    const { workbench } = session();
    await silently('no session');
    await workbench.run('Consumer: Who Am I');
    const { detail } = await workbench.dialog.text();
    assert.match(detail, /'Consumer' wants to sign in using PAT Vault/);
    await workbench.dialog.click('Allow');
    await workbench.quickInput.pick('Which stored token may the extension use?', 'ci-runner');
    await workbench.notifications.find('Consumer: 200 with ci-runner · Sandbox');
  });

  it('lends it to a task that names it by reference, once the user allows that command line', async () => {
    const { dialog } = session().workbench;
    await runTask(session(), 'who am I');
    assert.equal((await dialog.text()).message, 'Let "node" use the token ci-runner?');
    await dialog.click('Always Allow Here');
    await terminalSays(session(), 'answered 200 in a terminal');
  });

  it('describes the token: every field, where its secret is, and who it is lent to', async () => {
    await tokens().chooseFromMenu('ci-runner', 'Describe Token');
    const panel = await session().workbench.webview('ci-runner');
    await panel.getByText('pat://sandbox/ci-runner').waitFor();
    const text = (await panel.locator('dl').textContent()) ?? '';
    for (const part of [
      'Server',
      'Sandbox',
      'active',
      'Expires',
      'In VS Code',
      'with extensions you allow',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.ok(!text.includes(secret));
  });

  it('is asked about anew when sharing has ended and begun again', async () => {
    const { workbench } = session();
    await silently('200 with ci-runner · Sandbox');
    await tokens().chooseFromMenu('ci-runner', 'Stop Sharing');
    await silently('no session');
    await tokens().chooseFromMenu('ci-runner', 'Share with Extensions');
    await silently('no session');
    await workbench.run('Consumer: Who Am I');
    await workbench.dialog.click('Allow');
    await workbench.quickInput.pick("Select an account for 'Consumer'", 'ci-runner · Sandbox (2)');
    await workbench.notifications.find('Consumer: 200 with ci-runner · Sandbox (2)');
  });

  it('revokes it by a dialog that names token, server and what is lost', async () => {
    const { workbench } = session();
    await tokens().act('ci-runner', 'Revoke Token…');
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, 'Revoke ci-runner on Sandbox?');
    assert.match(detail, /stops working at once.*cannot be undone/s);
    assert.match(detail, /secret stored here is removed/);
    await workbench.dialog.click('Revoke');
    await until('the row to say so', async () =>
      (await tokens().rows()).some(
        ({ label, description }) => label === 'ci-runner' && description === 'revoked',
      ),
    );
  });

  it('leaves nobody with a token that works', async () => {
    const { workbench } = session();
    assert.equal(await whoami(), 401);
    await workbench.run('Consumer: Who Was I');
    await workbench.notifications.find('Consumer: 401 with what it had');
    await silently('no session');
    await runTask(session(), 'who am I');
    await terminalSays(session(), 'pat: No stored token "ci-runner" on sandbox.');
    assert.ok(!(await tokens().menu('ci-runner')).includes('Revoke Token…'));
  });

  it('leaves the secret nowhere: no file, log, console, terminal or argument list', async () => {
    await assertNoTrace(session(), [secret]);
  });
});
