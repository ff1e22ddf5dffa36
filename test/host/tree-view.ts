import type { Locator, Page } from 'playwright-core';
import { comes, exactly, type DomElement } from './dom.ts';
import { until } from './until.ts';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** 1 at the top. */
  readonly level: number;
  readonly ariaLabel: string;
  /** Undefined where there is nothing to expand. */
  readonly expanded: boolean | undefined;
}

/** One view of the side bar. Rows scrolled out of sight are not drawn and hence not found. */
export class TreeView {
  readonly #page: Page;
  readonly pane: Locator;

  constructor(page: Page, name: string) {
    this.#page = page;
    this.pane = page
      .locator('.pane')
      .filter({ has: page.locator(`.pane-header[aria-label="${name} Section"]`) });
  }

  row(label: string): Locator {
    const name = this.#page.locator('.label-name').filter({ hasText: exactly(label) });
    return this.pane.getByRole('treeitem').filter({ has: name }).first();
  }

  /** The rows drawn at the moment, from top to bottom. */
  async rows(): Promise<TreeRow[]> {
    const rows = await this.pane.getByRole('treeitem').evaluateAll((all: DomElement[]) =>
      all.map((row) => ({
        index: Number(row.getAttribute('data-index')),
        label: row.querySelector('.label-name')?.textContent ?? '',
        description: row.querySelector('.label-description')?.textContent ?? '',
        level: Number(row.getAttribute('aria-level')),
        ariaLabel: row.getAttribute('aria-label') ?? '',
        expanded: row.getAttribute('aria-expanded'),
      })),
    );
    return rows
      .sort((one, other) => one.index - other.index)
      .map(({ index: _, ...row }) => ({
        ...row,
        expanded: row.expanded ? row.expanded === 'true' : undefined,
      }));
  }

  async expand(label: string): Promise<void> {
    await this.#unfold(label, 'true');
  }

  async collapse(label: string): Promise<void> {
    await this.#unfold(label, 'false');
  }

  /** Clicks an inline button of a row. */
  async act(label: string, action: string): Promise<void> {
    await this.row(label).hover();
    await this.row(label).getByRole('button', { name: action, exact: true }).click();
  }

  /** The entries of a row's context menu; the menu is closed again. */
  async menu(label: string): Promise<string[]> {
    const items = await this.#openMenu(label);
    const labels = await items.locator('.action-label').allTextContents();
    await this.#page.keyboard.press('Escape');
    await items.first().waitFor({ state: 'hidden' });
    return labels.filter((text) => text !== '');
  }

  async chooseFromMenu(label: string, item: string): Promise<void> {
    const chosen = (await this.#openMenu(label)).filter({ hasText: exactly(item) });
    // A menu ignores the mouse in its first 100 ms, so that the click which opened it chooses nothing.
    await until(`the menu to take the click on ${item}`, async () => {
      await chosen.click();
      return comes(chosen, 'hidden', 500);
    });
  }

  /** Clicks a button in the title of the view, or of its container when the view is alone there. */
  async title(action: string): Promise<void> {
    await this.pane.hover();
    const alone = this.#page.locator('.part.sidebar .composite.title');
    const button = this.pane
      .locator('.pane-header')
      .or(alone)
      .getByRole('button', { name: action, exact: true });
    await button.filter({ visible: true }).first().click();
  }

  /** What an empty view shows; its buttons are found by role. */
  welcome(): Locator {
    return this.pane.locator('.welcome-view-content');
  }

  /** The line above the rows. */
  async message(): Promise<string> {
    return (await this.pane.locator('.tree-explorer-viewlet-tree-view > .message').allTextContents()).join(
      '',
    );
  }

  async #unfold(label: string, wish: 'true' | 'false'): Promise<void> {
    const row = this.row(label);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) !== wish) await row.locator('.monaco-tl-twistie').click();
    await this.pane.locator(`[role=treeitem][aria-expanded=${wish}]`).and(row).waitFor();
  }

  async #openMenu(label: string): Promise<Locator> {
    await this.row(label).click({ button: 'right' });
    const items = this.#page.locator('.monaco-menu .action-item:not(.disabled)');
    await items.first().waitFor();
    return items;
  }
}
