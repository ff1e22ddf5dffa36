import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';
import type { Theme } from '../host/workbench.ts';
import { until } from '../host/until.ts';
import { createQuickly, editorSession, withSandbox } from './session.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const THEMES: readonly Theme[] = ['light', 'dark', 'high contrast'];

/** Pictures of every page in every kind of theme go to out/ui; axe judges what can be judged without eyes. */
describe('the pages', () => {
  const session = editorSession('looks', { settings: withSandbox });

  before(async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await workbench.view('Tokens').row('PAT Vault sandbox').waitFor();
    await createQuickly(session(), 'nightly-build');
    await workbench.notifications.close('Created nightly-build');
  });

  /** The innermost frame of the page in front. */
  const page = () =>
    until('the page', async () => {
      for (const frame of session().workbench.page.frames()) {
        if (await frame.locator('#page h1').isVisible()) return frame;
      }
      return undefined;
    });

  /** What axe finds wrong, one line each. */
  async function wrong(frame: Frame): Promise<string[]> {
    await frame.evaluate(axe);
    const found = await frame.evaluate<{
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
    }>('axe.run(document.body, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] })');
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  }

  async function inEveryTheme(name: string): Promise<void> {
    const { workbench } = session();
    for (const theme of THEMES) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`out/ui/${name}, ${theme}.png`);
      assert.deepEqual(await wrong(await page()), [], `${name}, ${theme}`);
    }
  }

  it('shows the form so that everybody can read and use it', async () => {
    await session().workbench.view('Tokens').title('Create Token…');
    const form = await page();
    await form.locator('[data-field="name"] input').fill('nightly-build');
    await form.locator('[data-problem="name"]').getByText('taken').waitFor();
    await inEveryTheme('form');
  });

  it('says of each control what it is for, and whether it must be filled in', async () => {
    const form = await page();
    const name = form.getByRole('textbox', { name: 'Name', exact: true });
    assert.equal(await name.getAttribute('aria-required'), 'true');
    for (const help of await form.locator('.control > .help:not(:empty)').all()) {
      const said = (await help.textContent()) ?? '';
      await form
        .locator(`[aria-description=${JSON.stringify(said)}]`)
        .first()
        .waitFor();
    }
  });

  it('keeps the form whole in a narrow window', async () => {
    const { workbench } = session();
    await workbench.page.setViewportSize({ width: 760, height: 800 });
    const form = await page();
    const { wide, room } = await form.evaluate<{ wide: number; room: number }>(
      '({ wide: document.documentElement.scrollWidth, room: document.documentElement.clientWidth })',
    );
    await workbench.screenshot('out/ui/form, narrow.png');
    assert.ok(wide <= room, `${wide} in ${room}`);
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
  });

  it('can be filled in and sent by keyboard alone', async () => {
    const form = await page();
    const { keyboard } = session().workbench.page;
    await form.locator('[data-field="name"] input').fill('');
    await keyboard.type('by-keyboard');
    await form.locator('[data-problem="name"]').getByText('taken').waitFor({ state: 'hidden' });
    await keyboard.press('Tab');
    await keyboard.type('typed without a mouse');
    await keyboard.press('Control+Enter');
    await form.getByText('by-keyboard is created and its secret is stored.').waitFor();
    await inEveryTheme('result');
  });

  it('shows a token so that everybody can read it', async () => {
    const { workbench } = session();
    await workbench.view('Tokens').chooseFromMenu('by-keyboard', 'Describe Token');
    await (await workbench.webview('by-keyboard')).getByText('typed without a mouse').waitFor();
    await inEveryTheme('token');
  });
});
