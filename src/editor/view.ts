import * as vscode from 'vscode';
import { filterOf } from '../core/arrange.ts';
import type { Clock } from '../core/ports.ts';
import type { Arranging } from './arranging.ts';
import type { Inventory } from './inventory.ts';
import type { Node } from './nodes.ts';
import type { TokenTree } from './tree.ts';

/** The view of the tree; the line above the rows says how they are arranged. */
export function openView(
  tree: TokenTree,
  arranging: Arranging,
  inventory: Inventory,
  clock: Clock,
): vscode.TreeView<Node> {
  const view = vscode.window.createTreeView('patVault.tokens', {
    treeDataProvider: tree,
    showCollapseAll: true,
  });
  const say = () => {
    view.message = arranging.describe();
  };
  say();
  arranging.onDidChange(() => {
    say();
    void inventory.narrow(filterOf(arranging.current, clock.now()));
  });
  return view;
}
