import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PatVaultApi } from './api.d.ts';
import { publicApi } from './editor/api.ts';
import { Arranging } from './editor/arranging.ts';
import { Clipboard } from './editor/clipboard.ts';
import { createToken, registerCommands } from './editor/commands/index.ts';
import { Connections } from './editor/connected.ts';
import { watchExpiry } from './editor/expiry.ts';
import { Inventory } from './editor/inventory.ts';
import { learnFromLists } from './editor/learning.ts';
import { lend, openLending } from './editor/lending/index.ts';
import { helpWithReferences } from './editor/references.ts';
import { SandboxHost } from './editor/sandbox.ts';
import { secretStore } from './editor/secret-store.ts';
import { watchSettings } from './editor/settings.ts';
import { watchUnsettled } from './editor/settling.ts';
import { TokenTree } from './editor/tree.ts';
import { openVault } from './editor/vault.ts';
import { openView } from './editor/view.ts';

// Builds everything and registers it. Reads the ledger's small files; no network, no secret.
// Other extensions are handed names, never secrets; our own tests, in a window that runs tests, see the house.
export async function activate(context: vscode.ExtensionContext): Promise<PatVaultApi> {
  l10n.config({ contents: vscode.l10n.bundle ?? {} }); // for the rooms that know no editor
  const log = vscode.window.createOutputChannel('PAT Vault', { log: true });
  context.subscriptions.push(log, watchSettings(log));
  const clock = { now: () => Date.now() };
  const storage = context.globalStorageUri.fsPath;
  const secrets = secretStore(context.secrets);

  const sandbox = new SandboxHost(`${storage}/sandbox`, clock);
  const connections = new Connections(secrets, sandbox, clock);
  const inventory = new Inventory(connections, log);
  const { watching, ...kept } = await openVault(storage, secrets, clock, log);
  const arranging = new Arranging(context.workspaceState);
  const tree = new TokenTree(inventory, kept.vault, clock, arranging);
  const view = openView(tree, arranging, inventory, clock);
  const clipboard = new Clipboard();
  const parts = { context, log, clock, connections, ...kept };
  const lending = openLending(parts);
  const house = { ...parts, inventory, sandbox, arranging, tree, view, lending };

  context.subscriptions.push(
    view,
    clipboard,
    watching,
    registerCommands(house, clipboard),
    watchUnsettled(house),
    watchExpiry(house),
    learnFromLists(house),
    helpWithReferences(house),
    lend(parts, lending, () => createToken(house, clipboard)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('patVault')) void inventory.refreshAll();
    }),
    new vscode.Disposable(() => void sandbox.stop()),
  );
  return { ...publicApi(kept.vault), ...(context.extensionMode === vscode.ExtensionMode.Test ? house : {}) };
}
