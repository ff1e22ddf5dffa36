import type { Locator, Page } from 'playwright-core';
import { exactly, type DomElement } from './dom.ts';

/**
 * The pick lists and input boxes at the top of the window. A step is named by its heading (any part of its title,
 * placeholder or prompt), since the box of the step before may still be there for a moment.
 */
export class QuickInput {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The box, once it shows the heading. */
  box(heading?: string): Locator {
    const box = this.#page.locator('.quick-input-widget').filter({ visible: true });
    if (heading === undefined) return box;
    const input = this.#page.locator(`input[aria-label*=${JSON.stringify(heading)}]`);
    return box.filter({ has: input.or(this.#page.getByText(heading)).first() });
  }

  input(heading?: string): Locator {
    return this.box(heading).locator('input.input');
  }

  /** Rows scrolled out of sight are not drawn and hence not found: type first in a long list. */
  row(heading: string, label: string): Locator {
    const name = this.#page.locator('.label-name').filter({ hasText: exactly(label) });
    return this.box(heading).locator('.monaco-list-row').filter({ has: name }).first();
  }

  /** Types without accepting: to see a validation message or a filtered list. */
  async type(heading: string, text: string): Promise<void> {
    await this.input(heading).fill(text);
  }

  /** Types and accepts. */
  async enter(heading: string, text: string): Promise<void> {
    await this.type(heading, text);
    await this.input(heading).press('Enter');
  }

  async pick(heading: string, label: string): Promise<void> {
    await this.row(heading, label).click();
  }

  /** Ticks exactly these of a list with checkboxes and accepts. */
  async pickMany(heading: string, labels: readonly string[]): Promise<void> {
    const all = this.box(heading).locator('.quick-input-header').getByRole('checkbox');
    await all.waitFor();
    while ((await all.getAttribute('aria-checked')) !== 'false') await all.click();
    for (const label of labels) await this.row(heading, label).getByRole('checkbox').click();
    await this.box(heading).getByRole('button', { name: 'OK', exact: true }).click();
  }

  /** What a screen reader says of each row: label, description, detail. */
  async rows(heading: string): Promise<string[]> {
    const rows = this.box(heading).locator('.monaco-list-row');
    await rows.first().waitFor();
    return rows.evaluateAll((all: DomElement[]) => all.map((row) => row.getAttribute('aria-label') ?? ''));
  }

  /** The prompt of an input box, or what its validation says. */
  async message(heading: string): Promise<string> {
    return (await this.box(heading).locator('.quick-input-message').textContent()) ?? '';
  }

  /** Whether what is typed is hidden. */
  async isPassword(heading: string): Promise<boolean> {
    return (await this.input(heading).getAttribute('type')) === 'password';
  }

  /** A button in the title bar, such as Back. */
  async press(heading: string, button: string): Promise<void> {
    await this.box(heading).getByRole('button', { name: button }).click();
  }

  async dismiss(): Promise<void> {
    await this.input().press('Escape');
    await this.closed();
  }

  async closed(): Promise<void> {
    await this.box().waitFor({ state: 'hidden' });
  }
}
