import * as vscode from 'vscode';
import { type DateWriter, dateWriter, spanOf } from '../core/dates.ts';
import type { Instant, Token, TokenCondition } from '../core/token.ts';
import type { Entry, Presence } from '../vault/entry.ts';

/** The one formatter of dates: the user's own habit, from the system rather than from the display language. */
export const dates: DateWriter = dateWriter(undefined);

export function conditionWord(condition: TokenCondition): string {
  switch (condition) {
    case 'active':
      return vscode.l10n.t('active');
    case 'expiring-soon':
      return vscode.l10n.t('expires soon');
    case 'expired':
      return vscode.l10n.t('expired');
    case 'revoked':
      return vscode.l10n.t('revoked');
    case 'auto-revoked':
      return vscode.l10n.t('auto-revoked');
  }
}

/** "expires in 13 days", "expired 2 hours ago", "never expires"; empty when the server does not say. */
export function expiryWords(token: Token, now: Instant): string {
  if (token.expires === 'never') return vscode.l10n.t('never expires');
  if (token.expires === undefined) return '';
  const { count, unit } = spanOf(token.expires - now);
  return token.expires > now ? comingWords(count, unit) : pastWords(count, unit);
}

/** Whole sentences, for languages in which "in 2 days" and "2 days" differ. */
function comingWords(count: number, unit: 'minute' | 'hour' | 'day'): string {
  switch (unit) {
    case 'minute':
      return count === 1
        ? vscode.l10n.t('expires in 1 minute')
        : vscode.l10n.t('expires in {0} minutes', count);
    case 'hour':
      return count === 1 ? vscode.l10n.t('expires in 1 hour') : vscode.l10n.t('expires in {0} hours', count);
    case 'day':
      return count === 1 ? vscode.l10n.t('expires in 1 day') : vscode.l10n.t('expires in {0} days', count);
  }
}

function pastWords(count: number, unit: 'minute' | 'hour' | 'day'): string {
  switch (unit) {
    case 'minute':
      return count === 1
        ? vscode.l10n.t('expired 1 minute ago')
        : vscode.l10n.t('expired {0} minutes ago', count);
    case 'hour':
      return count === 1
        ? vscode.l10n.t('expired 1 hour ago')
        : vscode.l10n.t('expired {0} hours ago', count);
    case 'day':
      return count === 1 ? vscode.l10n.t('expired 1 day ago') : vscode.l10n.t('expired {0} days ago', count);
  }
}

/** Where a token's secret is, in one sentence. */
export function secretWords(entry: Entry | undefined, presence: Presence): string {
  if (entry === undefined) return vscode.l10n.t('Not stored in this editor');
  const since = dates.dateTime(entry.storedAt);
  if (presence === 'missing') {
    return vscode.l10n.t("Missing on this machine (stored {0}, since lost by VS Code's secret store)", since);
  }
  return vscode.l10n.t("In VS Code's secret store since {0}", since);
}

/** Every field of a token, as label and value; what the server does not say is left out. */
export function fieldRows(token: Token, condition: TokenCondition): { label: string; value: string }[] {
  const when = (at: Instant | 'never' | undefined) =>
    at === undefined ? undefined : at === 'never' ? vscode.l10n.t('never') : dates.exact(at);
  const { owner } = token;
  const details = [owner?.role, owner?.status].filter((part) => part !== undefined).join(', ');
  const rows: [string, string | undefined][] = [
    [vscode.l10n.t('Name'), token.name],
    [vscode.l10n.t('Description'), token.description === '' ? undefined : token.description],
    [
      vscode.l10n.t('Status'),
      token.statusIsDerived
        ? vscode.l10n.t('{0} (worked out from the expiry)', conditionWord(condition))
        : conditionWord(condition),
    ],
    [
      vscode.l10n.t('Owner'),
      owner === undefined ? undefined : details === '' ? owner.name : `${owner.name} (${details})`,
    ],
    [
      vscode.l10n.t('Scopes'),
      token.scopes === undefined ? undefined : token.scopes.join(', ') || vscode.l10n.t('none'),
    ],
    [vscode.l10n.t('Created'), when(token.created)],
    [vscode.l10n.t('Expires'), when(token.expires)],
    [vscode.l10n.t('Last used'), when(token.lastUsed)],
    [vscode.l10n.t('Managed'), token.managed ? vscode.l10n.t('by the platform') : undefined],
    [vscode.l10n.t('Secret begins and ends with'), token.hint],
    ...token.details.map(([label, value]): [string, string] => [label, value]),
    [vscode.l10n.t('Id'), token.id],
  ];
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]));
}

/** Servers that know no names show the alias, or what they show of the secret. */
export function tokenLabel(token: Token, alias: string | undefined): string {
  return token.name ?? alias ?? token.hint ?? token.id;
}

/** Text of servers, files and agents is never read as Markdown. */
export const plainText = (text: string) => new vscode.MarkdownString().appendText(text);
