import * as vscode from 'vscode';
import { type Arrangement, CONDITIONS, arranged, collator, ordering } from '../core/arrange.ts';
import type { Clock } from '../core/ports.ts';
import { conditionOf, type Instant, type Token } from '../core/token.ts';
import type { Vault } from '../vault/vault.ts';
import type { Arranging } from './arranging.ts';
import type { Inventory, Listing } from './inventory.ts';
import { type Branch, branchId, type GroupNode, type Node } from './nodes.ts';
import { groupRow, moreRow, serverRow, stateRow, tokenRow, tokenTooltip } from './rows.ts';
import { connectionName, expiryWarningDays } from './settings.ts';

/** Rows of a branch that are shown at once: thousands would make the tree slow, and nobody reads them. */
const CHUNK = 200;
/** Milliseconds after which "expires soon" and the like are worked out anew. */
const FRESH = 60_000;

interface Placed {
  readonly serverId: string;
  readonly token: Token;
}
type Groups = ReadonlyMap<string, readonly Placed[]>;

/** The view: servers – or groups of all servers' tokens – and under each its tokens. */
export class TokenTree implements vscode.TreeDataProvider<Node> {
  readonly #inventory: Inventory;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #arranging: Arranging;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** How many rows of a branch are shown. */
  readonly #shown = new Map<string, number>();
  readonly #arranged = new WeakMap<
    readonly Token[],
    { by: Arrangement; at: Instant; result: readonly Token[] }
  >();
  #grouped: { at: Instant; groups: Groups } | undefined;

  constructor(inventory: Inventory, vault: Vault, clock: Clock, arranging: Arranging) {
    this.#inventory = inventory;
    this.#vault = vault;
    this.#clock = clock;
    this.#arranging = arranging;
    const redraw = () => {
      this.#grouped = undefined;
      this.#changed.fire(undefined);
    };
    arranging.onDidChange(() => {
      this.#shown.clear();
      redraw();
    });
    inventory.onDidChange(redraw);
    vault.onDidChange(redraw);
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return this.#top();
    if (node.type !== 'server' && node.type !== 'group') return [];
    const rows = this.#under(node);
    const shown = rows.slice(0, this.#limit(branchId(node)));
    return [
      ...(node.type === 'server' ? this.#states([this.#look(node.serverId)], rows.length === 0) : []),
      ...shown.map(({ serverId, token }): Node => ({ type: 'token', serverId, tokenId: token.id })),
      ...(rows.length > shown.length ? [{ type: 'more', branch: node } as const] : []),
    ];
  }

  getParent(node: Node): Node | undefined {
    if (node.type !== 'token' && node.type !== 'state') return undefined;
    if (this.#arranging.current.grouping === 'server') return { type: 'server', serverId: node.serverId };
    if (node.type === 'state') return undefined;
    for (const [group, placed] of this.#groups()) {
      if (placed.some(({ serverId, token }) => serverId === node.serverId && token.id === node.tokenId))
        return { type: 'group', group };
    }
    return undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { grouping } = this.#arranging.current;
    if (node.type === 'group') {
      const by = grouping === 'owner' ? 'owner' : 'status';
      return groupRow(node, by, this.#groups().get(node.group)?.length ?? 0);
    }
    if (node.type === 'more') {
      return moreRow(node.branch, this.#under(node.branch).length - this.#limit(branchId(node.branch)));
    }
    const listing = this.#inventory.of(node.serverId);
    const where = grouping === 'server' ? '' : connectionName(listing.connection);
    if (node.type === 'server') return serverRow(listing);
    if (node.type === 'state') return stateRow(listing, where);
    const token = this.#inventory.token(node.serverId, node.tokenId);
    if (token === undefined) return new vscode.TreeItem(node.tokenId);
    const owner = grouping !== 'owner' && listing.owner === 'all' ? (token.owner?.name ?? '') : '';
    return tokenRow(listing, token, this.#vault, this.#clock.now(), [owner, where]);
  }

  /** The tooltip of a row that somebody points at. */
  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    const token = node.type === 'token' ? this.#inventory.token(node.serverId, node.tokenId) : undefined;
    if (node.type !== 'token' || token === undefined) return item;
    const listing = this.#inventory.of(node.serverId);
    item.tooltip = tokenTooltip(listing, token, this.#vault, this.#clock.now());
    return item;
  }

  /** `branch`: the id of its row. */
  showMore(branch: string): void {
    this.#shown.set(branch, this.#limit(branch) + 5 * CHUNK);
    this.#changed.fire(undefined);
  }

  #top(): Node[] {
    const listings = this.#inventory.all();
    if (this.#arranging.current.grouping === 'server') {
      return listings.map(({ connection }) => ({ type: 'server', serverId: connection.id }));
    }
    for (const { connection } of listings) this.#look(connection.id);
    const groups = this.#groups();
    return [
      ...this.#states(listings, groups.size === 0),
      ...[...groups.keys()].map((group): GroupNode => ({ type: 'group', group })),
    ];
  }

  /** Looking at a server is what loads it: nothing is fetched for a view nobody opened. */
  #look(serverId: string): Listing {
    const listing = this.#inventory.of(serverId);
    if (listing.state === 'not-loaded') void this.#inventory.refresh(serverId);
    return listing;
  }

  #states(listings: readonly Listing[], isEmpty: boolean): Node[] {
    return listings
      .filter(({ state }) => isEmpty || state === 'failed')
      .map(({ connection }) => ({ type: 'state', serverId: connection.id }));
  }

  #under(branch: Branch): readonly Placed[] {
    if (branch.type === 'group') return this.#groups().get(branch.group) ?? [];
    const { serverId } = branch;
    return this.#passing(this.#inventory.of(serverId).tokens).map((token) => ({ serverId, token }));
  }

  #limit(branch: string): number {
    return this.#shown.get(branch) ?? CHUNK;
  }

  /** Sorted and filtered once for each list, until the order or, by the minute, the time changes. */
  #passing(tokens: readonly Token[]): readonly Token[] {
    const now = this.#clock.now();
    const { current } = this.#arranging;
    const known = this.#arranged.get(tokens);
    if (known?.by === current && now - known.at < FRESH) return known.result;
    const result = arranged(tokens, current, now, expiryWarningDays());
    this.#arranged.set(tokens, { by: current, at: now, result });
    return result;
  }

  /** Every server's tokens by status – what needs attention first – or by owner. */
  #groups(): Groups {
    const now = this.#clock.now();
    if (this.#grouped !== undefined && now - this.#grouped.at < FRESH) return this.#grouped.groups;
    const { current } = this.#arranging;
    const warningDays = expiryWarningDays();
    const compare = ordering(current, now, warningDays);
    const groups = new Map<string, Placed[]>();
    for (const { connection, tokens, caller, owner } of this.#inventory.all()) {
      for (const token of this.#passing(tokens)) {
        const mine = owner === 'me' ? caller?.account.name : undefined;
        const group =
          current.grouping === 'owner'
            ? (token.owner?.name ?? mine ?? '')
            : conditionOf(token, now, warningDays);
        const placed = groups.get(group) ?? [];
        groups.set(group, placed);
        placed.push({ serverId: connection.id, token });
      }
    }
    const order = (one: string, other: string) =>
      current.grouping === 'owner'
        ? collator.compare(one, other)
        : CONDITIONS.findIndex((each) => each === one) - CONDITIONS.findIndex((each) => each === other);
    const sorted = [...groups].sort(([one], [other]) => order(one, other));
    for (const [, placed] of sorted) placed.sort((one, other) => compare(one.token, other.token));
    this.#grouped = { at: now, groups: new Map(sorted) };
    return this.#grouped.groups;
  }
}
