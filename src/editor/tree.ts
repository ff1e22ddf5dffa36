import * as vscode from 'vscode';
import { type Arrangement, arranged } from '../core/arrange.ts';
import { PatError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { conditionOf, type Instant, type Token, type TokenCondition } from '../core/token.ts';
import type { Vault } from '../vault/vault.ts';
import type { Arranging } from './arranging.ts';
import type { Inventory, Listing } from './inventory.ts';
import { noticeOf } from './notices.ts';
import { connectionName, expiryWarningDays } from './settings.ts';
import { conditionWord, expiryWords, fieldRows, secretWords } from './words.ts';

export interface ServerNode {
  readonly type: 'server';
  readonly serverId: string;
}
export interface TokenNode {
  readonly type: 'token';
  readonly serverId: string;
  readonly tokenId: string;
}
/** The row that shows more of a long list. */
interface MoreNode {
  readonly type: 'more';
  readonly serverId: string;
}
/** A row that says why there are no tokens under a server, and does something about it when chosen. */
interface StateNode {
  readonly type: 'state';
  readonly serverId: string;
}
export type Node = ServerNode | TokenNode | MoreNode | StateNode;

/** Rows of a server that are shown at once: thousands would make the tree slow, and nobody reads them. */
const CHUNK = 200;

const ICONS: Record<TokenCondition, [icon: string, color: string]> = {
  active: ['key', 'testing.iconPassed'],
  'expiring-soon': ['watch', 'list.warningForeground'],
  expired: ['circle-slash', 'disabledForeground'],
  revoked: ['circle-slash', 'disabledForeground'],
  'auto-revoked': ['error', 'list.errorForeground'],
};

interface Arranged {
  readonly by: Arrangement;
  readonly at: Instant;
  readonly result: readonly Token[];
}

/** The view: servers, and under each its tokens or the reason why there are none. */
export class TokenTree implements vscode.TreeDataProvider<Node> {
  readonly #inventory: Inventory;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #arranging: Arranging;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** How many rows of a server are shown. */
  readonly #shown = new Map<string, number>();
  readonly #arranged = new WeakMap<readonly Token[], Arranged>();

  constructor(inventory: Inventory, vault: Vault, clock: Clock, arranging: Arranging) {
    this.#inventory = inventory;
    this.#vault = vault;
    this.#clock = clock;
    this.#arranging = arranging;
    arranging.onDidChange(() => {
      this.#shown.clear();
      this.#changed.fire(undefined);
    });
    inventory.onDidChange(() => {
      this.#changed.fire(undefined);
    });
    vault.onDidChange(() => {
      this.#changed.fire(undefined);
    });
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return this.#inventory.all().map(({ connection }) => ({ type: 'server', serverId: connection.id }));
    }
    if (node.type !== 'server') return [];
    const listing = this.#inventory.of(node.serverId);
    // Looking at a server is what loads it: nothing is fetched for a view nobody opened.
    if (listing.state === 'not-loaded') void this.#inventory.refresh(node.serverId);
    const { serverId } = node;
    const passing = this.#passing(listing.tokens);
    const shown = passing.slice(0, this.#shown.get(serverId) ?? CHUNK);
    const needsState = listing.state === 'failed' || passing.length === 0;
    return [
      ...(needsState ? [{ type: 'state', serverId } as const] : []),
      ...shown.map(({ id }): TokenNode => ({ type: 'token', serverId, tokenId: id })),
      ...(passing.length > shown.length ? [{ type: 'more', serverId } as const] : []),
    ];
  }

  showMore(serverId: string): void {
    this.#shown.set(serverId, (this.#shown.get(serverId) ?? CHUNK) + 5 * CHUNK);
    this.#changed.fire({ type: 'server', serverId });
  }

  /** Sorted and filtered once for each list, until the order or, by the minute, the time changes. */
  #passing(tokens: readonly Token[]): readonly Token[] {
    const now = this.#clock.now();
    const { current } = this.#arranging;
    const known = this.#arranged.get(tokens);
    if (known?.by === current && now - known.at < 60_000) return known.result;
    const result = arranged(tokens, current, now, expiryWarningDays());
    this.#arranged.set(tokens, { by: current, at: now, result });
    return result;
  }

  getParent(node: Node): Node | undefined {
    return node.type === 'server' ? undefined : { type: 'server', serverId: node.serverId };
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const listing = this.#inventory.of(node.serverId);
    if (node.type === 'server') return serverItem(listing);
    if (node.type === 'state') return stateItem(listing);
    if (node.type === 'more') return this.#moreItem(listing);
    const token = this.#inventory.token(node.serverId, node.tokenId);
    return token === undefined ? new vscode.TreeItem(node.tokenId) : this.#tokenItem(listing, token);
  }

  #moreItem({ connection, tokens }: Listing): vscode.TreeItem {
    const rest = this.#passing(tokens).length - (this.#shown.get(connection.id) ?? CHUNK);
    const item = new vscode.TreeItem(vscode.l10n.t('Show More…'));
    item.id = `more:${connection.id}`;
    item.description = vscode.l10n.t('{0} more', rest);
    item.iconPath = new vscode.ThemeIcon('ellipsis');
    item.command = { command: 'patVault.showMore', title: '', arguments: [connection.id] };
    return item;
  }

  #tokenItem(listing: Listing, token: Token): vscode.TreeItem {
    const now = this.#clock.now();
    const serverId = listing.connection.id;
    const condition = conditionOf(token, now, expiryWarningDays());
    const entry = this.#vault.entryOf(serverId, token);
    const presence = entry === undefined ? 'unknown' : this.#vault.presenceOf(entry);
    const place = entry === undefined ? '' : presence === 'missing' ? 'missing' : 'here';
    const mark =
      place === 'here'
        ? vscode.l10n.t('here')
        : place === 'missing'
          ? vscode.l10n.t('missing on this machine')
          : '';
    const expiry =
      condition === 'revoked' || condition === 'auto-revoked'
        ? conditionWord(condition)
        : expiryWords(token, now);
    const owner = listing.owner === 'all' ? (token.owner?.name ?? '') : '';

    const item = new vscode.TreeItem(tokenLabel(token, entry?.alias));
    const [icon, color] = place === 'missing' ? ['warning', 'list.warningForeground'] : ICONS[condition];
    item.id = `${serverId}/${token.id}`;
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    item.description = [mark === '' ? '' : place === 'here' ? `● ${mark}` : `○ ${mark}`, expiry, owner]
      .filter((part) => part !== '')
      .join(' · ');
    item.tooltip = [
      ...fieldRows(token, condition).map(({ label, value }) => `${label}: ${value}`),
      `${vscode.l10n.t('Secret')}: ${secretWords(entry, presence)}`,
    ].join('\n');
    const live = condition === 'active' || condition === 'expiring-soon';
    item.contextValue = [
      'token',
      live ? 'live' : 'over',
      ...(token.managed ? ['managed'] : []),
      ...(live && !token.managed && listing.caller?.abilities.change.by === 'api' ? ['changeable'] : []),
      ...(place === '' ? [] : ['stored', place]),
      ...(entry?.shared === true ? ['shared'] : place === 'here' ? ['unshared'] : []),
    ].join(' ');
    item.accessibilityInformation = {
      label: [tokenLabel(token, entry?.alias), conditionWord(condition), expiry, mark, owner]
        .filter((part) => part !== '')
        .join(', '),
    };
    item.command = {
      command: 'patVault.describeToken',
      title: vscode.l10n.t('Describe Token'),
      arguments: [{ type: 'token', serverId, tokenId: token.id } satisfies TokenNode],
    };
    return item;
  }
}

/** Servers that know no names show the alias, or what they show of the secret. */
export function tokenLabel(token: Token, alias: string | undefined): string {
  return token.name ?? alias ?? token.hint ?? token.id;
}

function serverItem(listing: Listing): vscode.TreeItem {
  const { connection, caller } = listing;
  const item = new vscode.TreeItem(connectionName(connection), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `server:${connection.id}`;
  item.iconPath = new vscode.ThemeIcon('server');
  const whose = listing.owner === 'all' ? vscode.l10n.t('all tokens') : (caller?.account.name ?? '');
  item.description = listing.state === 'loading' ? vscode.l10n.t('loading…') : whose;
  item.tooltip = `${connection.name ?? connection.id}\n${connection.url ?? connection.kind}`;
  const canListAll = caller?.abilities.listAll.by === 'api';
  item.contextValue = [
    'server',
    connection.kind === 'sandbox' ? 'sandbox' : 'remote',
    ...(canListAll ? [listing.owner === 'all' ? 'showing-all' : 'showing-mine'] : []),
    PatError.is(listing.error, 'signed-out') ? 'signed-out' : 'signed-in',
  ].join(' ');
  return item;
}

function stateItem(listing: Listing): vscode.TreeItem {
  const serverId = listing.connection.id;
  const argument: ServerNode = { type: 'server', serverId };
  if (listing.state === 'failed') {
    const { sentence, action } = noticeOf(listing.error);
    const item = new vscode.TreeItem(action === undefined ? sentence : `${action.label}…`);
    item.id = `state:${serverId}`;
    item.description = sentence;
    item.tooltip = sentence;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.accessibilityInformation = {
      label: action === undefined ? sentence : `${sentence} ${action.label}`,
    };
    if (action !== undefined)
      item.command = { command: action.command, title: action.label, arguments: [argument] };
    return item;
  }
  if (listing.state === 'loaded' && listing.tokens.length > 0) {
    const item = new vscode.TreeItem(vscode.l10n.t('Clear Filter…'));
    item.id = `state:${serverId}`;
    item.description = vscode.l10n.t('None of {0} tokens passes the filter.', listing.tokens.length);
    item.iconPath = new vscode.ThemeIcon('filter');
    item.command = { command: 'patVault.clearFilter', title: '' };
    return item;
  }
  const isLoading = listing.state !== 'loaded';
  const item = new vscode.TreeItem(
    isLoading ? vscode.l10n.t('Loading tokens…') : vscode.l10n.t('No tokens yet. Create the first one…'),
  );
  item.id = `state:${serverId}`;
  item.iconPath = new vscode.ThemeIcon(isLoading ? 'loading~spin' : 'add');
  if (!isLoading) {
    item.command = {
      command: 'patVault.createToken',
      title: vscode.l10n.t('Create Token'),
      arguments: [argument],
    };
  }
  return item;
}
