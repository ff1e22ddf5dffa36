import type * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { ToTokenPage } from './messages.ts';
import { openPage } from './page.ts';

/** A token as its panel shows it. */
export interface TokenView {
  readonly key: string;
  readonly title: string;
  readonly status: string;
  readonly rows: () => readonly { label: string; value: string }[];
  readonly actions: () => readonly { id: string; label: string; kind: 'primary' | 'secondary' | 'danger' }[];
  run(actionId: string): Promise<void>;
  readonly onDidChange: vscode.Event<void>;
}

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('run'), action: z.string() }),
]);

const open = new Map<string, vscode.WebviewPanel>();

/** One panel a token, kept up to date while it is open. */
export function openTokenPanel(context: vscode.ExtensionContext, view: TokenView): void {
  const before = open.get(view.key);
  if (before !== undefined) {
    before.reveal();
    return;
  }
  const panel = openPage(context, 'token', view.title);
  open.set(view.key, panel);
  const post = () => {
    const token = { title: view.title, status: view.status, rows: view.rows(), actions: view.actions() };
    void panel.webview.postMessage({ type: 'token', token } satisfies ToTokenPage);
  };
  const watching = view.onDidChange(post);
  panel.webview.onDidReceiveMessage(async (foreign: unknown) => {
    const { success, data: message } = messageSchema.safeParse(foreign);
    if (!success) return;
    if (message.type === 'ready') post();
    else if (view.actions().some(({ id }) => id === message.action)) await view.run(message.action);
  });
  panel.onDidDispose(() => {
    watching.dispose();
    open.delete(view.key);
  });
}
