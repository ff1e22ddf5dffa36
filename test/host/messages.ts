import type { Locator, Page } from 'playwright-core';

/** The modal dialog: consent, confirmations, workspace trust. */
export class Dialog {
  readonly box: Locator;

  constructor(page: Page) {
    this.box = page.locator('.monaco-dialog-box');
  }

  /** Message and detail, once a dialog is there. */
  async text(): Promise<{ message: string; detail: string }> {
    await this.box.waitFor();
    const text = async (part: string): Promise<string> =>
      (await this.box.locator(`.dialog-message-${part}`).allTextContents()).join('\n');
    return { message: await text('text'), detail: await text('detail') };
  }

  async buttons(): Promise<string[]> {
    await this.box.waitFor();
    return this.box.locator('.dialog-buttons .monaco-button').allTextContents();
  }

  async click(button: string): Promise<void> {
    await this.box.locator('.dialog-buttons').getByRole('button', { name: button, exact: true }).click();
    await this.box.waitFor({ state: 'hidden' });
  }
}

export interface Notification {
  readonly text: string;
  readonly buttons: readonly string[];
  readonly severity: 'info' | 'warning' | 'error';
}

/** The toasts at the lower right. They leave after some seconds, and the editor shows three at most. */
export class Notifications {
  readonly #all: Locator;

  constructor(page: Page) {
    this.#all = page.locator('.notification-toast .notification-list-item');
  }

  /** The newest with this text. */
  toast(text: string | RegExp): Locator {
    return this.#all.filter({ hasText: text }).first();
  }

  /** Waits for it. */
  async find(text: string | RegExp): Promise<Notification> {
    await this.toast(text).waitFor();
    return read(this.toast(text));
  }

  async list(): Promise<Notification[]> {
    return Promise.all((await this.#all.all()).map(read));
  }

  async click(text: string | RegExp, button: string): Promise<void> {
    await this.toast(text).getByRole('button', { name: button, exact: true }).click();
  }

  async close(text: string | RegExp): Promise<void> {
    await this.toast(text).hover();
    await this.toast(text).locator('.codicon-notifications-clear').click();
  }
}

async function read(item: Locator): Promise<Notification> {
  const icon = (await item.locator('.notification-list-item-icon').getAttribute('class')) ?? '';
  const [severity = 'info'] = (['error', 'warning'] as const).filter((one) =>
    icon.includes(`codicon-${one}`),
  );
  const [text = ''] = await item.locator('.notification-list-item-message').allTextContents();
  const buttons = item.locator('.notification-list-item-buttons-container .monaco-button');
  return { text, severity, buttons: await buttons.allTextContents() };
}
