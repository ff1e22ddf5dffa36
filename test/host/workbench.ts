import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { openPage, workbenchDrawn, type Browser, type PageOptions } from './browser.ts';
import type { CodeServer } from './code-server.ts';
import { comes } from './dom.ts';
import { Dialog, Notifications } from './messages.ts';
import { QuickInput } from './quick-input.ts';
import { TreeView } from './tree-view.ts';
import { until } from './until.ts';

/** One window of VS Code, as a user sees it. */
export class Workbench {
  readonly page: Page;
  readonly quickInput: QuickInput;
  readonly dialog: Dialog;
  readonly notifications: Notifications;

  static async open(browser: Browser, server: CodeServer, options?: PageOptions): Promise<Workbench> {
    return new Workbench(await openPage(browser, server, options));
  }

  readonly #console: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.#console.push(message.text()));
    this.quickInput = new QuickInput(page);
    this.dialog = new Dialog(page);
    this.notifications = new Notifications(page);
  }

  /** Runs a command by its whole title with category, such as `PAT Vault: Refresh`. */
  async run(title: string): Promise<void> {
    const palette = 'Type the name of a command';
    // The list is made when the palette opens: a command that was not known yet appears at the next try, as does
    // the palette itself when something else took the keyboard at that moment.
    await until(`the command ${title}`, async () => {
      await this.page.keyboard.press('F1');
      if (!(await comes(this.quickInput.input(palette), 'visible', 2_000))) return false;
      await this.quickInput.type(palette, `>${title}`);
      const row = this.quickInput.row(palette, title);
      const found = await comes(row, 'visible', 2_000);
      if (found) await row.click();
      else await this.quickInput.dismiss();
      return found;
    });
  }

  /** Opens a view container from the activity bar. */
  async openContainer(name: string): Promise<void> {
    const tab = this.page.locator('.part.activitybar').getByRole('tab', { name, exact: false }).first();
    await tab.waitFor();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.page.locator('.part.sidebar .composite.title').getByText(name).first().waitFor();
  }

  view(name: string): TreeView {
    return new TreeView(this.page, name);
  }

  /** The inside of the webview in front; with a title, the editor of that name is brought to the front. */
  async webview(title?: string): Promise<FrameLocator> {
    if (title !== undefined)
      await this.page.locator('.editor-group-container').getByRole('tab', { name: title }).click();
    const outer = this.page.locator('iframe.webview.ready').filter({ visible: true }).last();
    await outer.waitFor();
    const inner = outer.contentFrame().locator('iframe#active-frame');
    await inner.waitFor();
    return inner.contentFrame();
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.quickInput.type('Search files by name', name);
    await this.quickInput.row('Search files by name', name).click();
    await this.page.locator('.editor-group-container').getByRole('tab', { name }).waitFor();
  }

  /** The lines the terminal in front shows. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator('.terminal-wrapper.active .xterm-rows > div').allTextContents();
    // The terminal draws blanks as no-break spaces.
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** What pages and extensions have printed to the browser's console since this window was opened. */
  console(): string {
    return this.#console.join('\n');
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()');
  }

  async setClipboard(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  /** Settings changed on disk count from here on: this flavour of the editor does not watch their file. */
  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'domcontentloaded' });
    await workbenchDrawn(this.page);
  }

  async useTheme(theme: Theme): Promise<void> {
    const { name, drawn } = themes[theme];
    await this.run('Preferences: Color Theme');
    await this.quickInput.type('Select Color Theme', name);
    await this.quickInput.pick('Select Color Theme', name);
    await this.page.locator(`.monaco-workbench.${drawn}`).waitFor();
    await this.quickInput.closed();
  }

  async screenshot(file: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }
}

/** Themes of the editor itself, and the class each puts on the workbench. */
const themes = {
  light: { name: 'Light Modern', drawn: 'vs' },
  dark: { name: 'Dark Modern', drawn: 'vs-dark' },
  'high contrast': { name: 'Dark High Contrast', drawn: 'hc-black' },
  'high contrast light': { name: 'Light High Contrast', drawn: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;
