import type * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { ToTokenPage } from './messages.ts';
import { openPage } from './page.ts';

/** A token as its panel shows it. */
export interface TokenView {
  readonly key: string;
  readonly title: string;
  state(): Promise<TokenState>;
  readonly onDidChange: vscode.Event<void>;
  dispose(): void;
}

export interface TokenState {
  readonly status: string;
  readonly rows: readonly { readonly label: string; readonly value: string }[];
  readonly actions: readonly TokenAction[];
}

export interface TokenAction {
  readonly id: string;
  readonly label: string;
  readonly kind: 'primary' | 'secondary' | 'danger';
  run(): Promise<void>;
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
    view.dispose();
    before.reveal();
    return;
  }
  const panel = openPage(context, 'token', view.title);
  open.set(view.key, panel);
  let shown: readonly TokenAction[] = [];
  const post = async () => {
    const { status, rows, actions } = await view.state();
    shown = actions;
    const buttons = actions.map(({ id, label, kind }) => ({ id, label, kind }));
    const token = { title: view.title, status, rows, actions: buttons };
    await panel.webview.postMessage({ type: 'token', token } satisfies ToTokenPage);
  };
  const watching = view.onDidChange(() => void post());
  panel.webview.onDidReceiveMessage(async (foreign: unknown) => {
    const { success, data: message } = messageSchema.safeParse(foreign);
    if (!success) return;
    if (message.type === 'ready') await post();
    else await shown.find(({ id }) => id === message.action)?.run();
  });
  panel.onDidDispose(() => {
    watching.dispose();
    view.dispose();
    open.delete(view.key);
  });
}
