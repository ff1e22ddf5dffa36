import * as vscode from 'vscode';
import type { Secret } from '../core/secret.ts';
import { clipboardClearSeconds } from './settings.ts';

/** Secrets on the clipboard: cleared after a while, and when the editor closes, if they are still there. */
export class Clipboard implements vscode.Disposable {
  #held: { readonly secret: Secret; readonly timer: NodeJS.Timeout } | undefined;

  /** Answers the seconds after which it is cleared. */
  async copy(secret: Secret): Promise<number> {
    const seconds = clipboardClearSeconds();
    await vscode.env.clipboard.writeText(secret.reveal());
    clearTimeout(this.#held?.timer);
    const timer = setTimeout(() => void this.clear(), seconds * 1000);
    this.#held = { secret, timer };
    vscode.window.setStatusBarMessage(
      vscode.l10n.t('$(clippy) Secret copied; the clipboard is cleared in {0} seconds', seconds),
      5000,
    );
    return seconds;
  }

  /** Leaves alone what the user has copied since. */
  async clear(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held = undefined;
    if ((await vscode.env.clipboard.readText()) === held.secret.reveal())
      await vscode.env.clipboard.writeText('');
  }

  dispose(): void {
    void this.clear();
  }
}
