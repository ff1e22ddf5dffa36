import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import { conditionOf, type Instant, type Token, type TokenCondition } from '../core/token.ts';
import type { Vault } from '../vault/vault.ts';
import type { Listing } from './inventory.ts';
import { type Branch, branchId, type GroupNode, type ServerNode, type TokenNode } from './nodes.ts';
import { noticeOf } from './notices.ts';
import { connectionName, expiryWarningDays } from './settings.ts';
import { conditionWord, expiryWords, fieldRows, secretWords, tokenLabel } from './words.ts';

const ICONS: Record<TokenCondition, [icon: string, color: string]> = {
  active: ['key', 'testing.iconPassed'],
  'expiring-soon': ['clockface', 'list.warningForeground'],
  expired: ['circle-slash', 'disabledForeground'],
  revoked: ['circle-slash', 'disabledForeground'],
  'auto-revoked': ['error', 'list.errorForeground'],
};

export function serverRow(listing: Listing): vscode.TreeItem {
  const { connection, caller } = listing;
  const item = new vscode.TreeItem(connectionName(connection), vscode.TreeItemCollapsibleState.Expanded);
  item.id = branchId({ type: 'server', serverId: connection.id });
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
    ...(listing.tokenPage === undefined ? [] : ['paged']),
  ].join(' ');
  return item;
}

export function groupRow(node: GroupNode, by: 'status' | 'owner', count: number): vscode.TreeItem {
  const label =
    by === 'status'
      ? conditionWord(node.group as TokenCondition)
      : node.group || vscode.l10n.t('owner not told');
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = branchId(node);
  item.description = String(count);
  const icon = by === 'owner' ? 'person' : ICONS[node.group as TokenCondition][0];
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = 'group';
  return item;
}

export function moreRow(branch: Branch, rest: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Show More…'));
  item.id = `more:${branchId(branch)}`;
  item.description = vscode.l10n.t('{0} more', rest);
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'patVault.showMore', title: '', arguments: [branchId(branch)] };
  return item;
}

/** `beside`: what the branch above does not say already, such as the server. */
export function tokenRow(
  listing: Listing,
  token: Token,
  vault: Vault,
  now: Instant,
  beside: readonly string[],
): vscode.TreeItem {
  const serverId = listing.connection.id;
  const condition = conditionOf(token, now, expiryWarningDays());
  const entry = vault.entryOf(serverId, token);
  const presence = entry === undefined ? 'unknown' : vault.presenceOf(entry);
  const place = entry === undefined ? '' : presence === 'missing' ? 'missing' : 'here';
  const mark =
    place === 'here'
      ? vscode.l10n.t('here')
      : place === 'missing'
        ? vscode.l10n.t('missing on this machine')
        : '';
  const isOver = condition === 'revoked' || condition === 'auto-revoked';
  const words = [mark, isOver ? conditionWord(condition) : expiryWords(token, now), ...beside];

  const label = tokenLabel(token, entry?.alias);
  const item = new vscode.TreeItem(label);
  const [icon, color] = place === 'missing' ? ['warning', 'list.warningForeground'] : ICONS[condition];
  item.id = `${serverId}/${token.id}`;
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  const sign = place === 'here' ? '● ' : place === 'missing' ? '○ ' : '';
  item.description = sign + words.filter((part) => part !== '').join(' · ');
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
    label: [label, conditionWord(condition), ...words].filter((part) => part !== '').join(', '),
  };
  item.command = {
    command: 'patVault.describeToken',
    title: vscode.l10n.t('Describe Token'),
    arguments: [{ type: 'token', serverId, tokenId: token.id } satisfies TokenNode],
  };
  return item;
}

/** Every field, for who points at a row; written then, since dates take their time. */
export function tokenTooltip(listing: Listing, token: Token, vault: Vault, now: Instant): string {
  const entry = vault.entryOf(listing.connection.id, token);
  const presence = entry === undefined ? 'unknown' : vault.presenceOf(entry);
  const rows = fieldRows(token, conditionOf(token, now, expiryWarningDays()));
  return [
    ...rows.map(({ label, value }) => `${label}: ${value}`),
    `${vscode.l10n.t('Secret')}: ${secretWords(entry, presence)}`,
  ].join('\n');
}

/** `where`: the server's name, where no row above says it. */
export function stateRow(listing: Listing, where: string): vscode.TreeItem {
  const serverId = listing.connection.id;
  const argument: ServerNode = { type: 'server', serverId };
  const said = (text: string) => (where === '' ? text : `${where}: ${text}`);
  const row = (label: string, icon: vscode.ThemeIcon): vscode.TreeItem => {
    const item = new vscode.TreeItem(label);
    item.id = `state:${serverId}`;
    item.iconPath = icon;
    return item;
  };
  if (listing.state === 'failed') {
    const { sentence, action } = noticeOf(listing.error);
    const icon = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    const item = row(action === undefined ? sentence : `${action.label}…`, icon);
    item.description = said(sentence);
    item.tooltip = said(sentence);
    item.accessibilityInformation = {
      label: action === undefined ? said(sentence) : `${said(sentence)} ${action.label}`,
    };
    if (action !== undefined) {
      const { command, label: title, argument: told } = action;
      item.command = {
        command,
        title,
        arguments: [typeof told === 'string' ? told : { ...argument, ...told }],
      };
    }
    return item;
  }
  if (listing.state !== 'loaded') {
    return row(said(vscode.l10n.t('Loading tokens…')), new vscode.ThemeIcon('loading~spin'));
  }
  if (listing.tokens.length > 0) {
    const item = row(vscode.l10n.t('Clear Filter…'), new vscode.ThemeIcon('filter'));
    item.description = said(vscode.l10n.t('None of {0} tokens passes the filter.', listing.tokens.length));
    item.command = { command: 'patVault.clearFilter', title: '' };
    return item;
  }
  const item = row(said(vscode.l10n.t('No tokens yet. Create the first one…')), new vscode.ThemeIcon('add'));
  item.command = {
    command: 'patVault.createToken',
    title: vscode.l10n.t('Create Token'),
    arguments: [argument],
  };
  return item;
}
