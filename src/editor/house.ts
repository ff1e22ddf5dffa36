import type * as vscode from 'vscode';
import type { Clock } from '../core/ports.ts';
import type { Desk } from '../vault/lifecycle.ts';
import type { AccessRecord } from '../vault/access.ts';
import type { Grants } from '../vault/grants.ts';
import type { Vault } from '../vault/vault.ts';
import type { Arranging } from './arranging.ts';
import type { Connections } from './connected.ts';
import type { Inventory } from './inventory.ts';
import type { SandboxHost } from './sandbox.ts';
import type { Lending } from './lending/index.ts';
import type { Node } from './nodes.ts';
import type { TokenTree } from './tree.ts';

/** Everything `extension.ts` builds once and the commands work with. */
export interface House {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly desk: Desk;
  readonly grants: Grants;
  readonly record: AccessRecord;
  readonly connections: Connections;
  readonly inventory: Inventory;
  readonly sandbox: SandboxHost;
  readonly lending: Lending;
  readonly arranging: Arranging;
  readonly tree: TokenTree;
  readonly view: vscode.TreeView<Node>;
}
