import * as vscode from 'vscode';
import { collator, isIdle } from '../../core/arrange.ts';
import { conditionOf, type Owner } from '../../core/token.ts';
import type { House } from '../house.ts';
import { type Chosen, chooseServer, chosenOf, isRevocable, loadAll, unread } from '../pick.ts';
import { connectionName, expiryWarningDays } from '../settings.ts';
import { conditionWord, dates, tokenLabel } from '../words.ts';
import { revokeChosen } from './tokens.ts';

/** The tokens of one owner, among all that the server lists. */
export async function showTokensOf(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  await house.inventory.show(connection.id, 'all');
  const owners = new Map<string, Owner>();
  for (const { owner } of house.inventory.of(connection.id).tokens) {
    if (owner !== undefined) owners.set(owner.id, owner);
  }
  const picked = await vscode.window.showQuickPick(
    [...owners.values()]
      .sort((one, other) => collator.compare(one.name, other.name))
      .map((owner) => ({
        label: owner.name,
        description: [owner.role, owner.status].filter((part) => part !== undefined).join(', '),
        owner,
      })),
    {
      title: vscode.l10n.t('View Tokens Of'),
      placeHolder: vscode.l10n.t('Choose an owner'),
      matchOnDescription: true,
    },
  );
  if (picked !== undefined) await house.arranging.change({ owner: picked.owner });
}

/** Days without use, the longest first: whoever looks for idle tokens knows best how long is too long. */
const IDLE_DAYS = [180, 90, 30] as const;
const LEAST_IDLE = 30;
type Reason = 'expired' | 'never-used' | (typeof IDLE_DAYS)[number];
const REASONS: readonly Reason[] = ['expired', 'never-used', ...IDLE_DAYS];

/** Tokens that have had their day, chosen in a list and revoked together. */
export async function cleanUp(house: House): Promise<void> {
  await loadAll(house);
  const now = house.clock.now();
  const reasonOf = ({ token }: Chosen): Reason | undefined => {
    const condition = conditionOf(token, now, expiryWarningDays());
    if (token.managed || condition === 'revoked' || condition === 'auto-revoked') return undefined;
    if (condition === 'expired') return 'expired';
    if (token.lastUsed === 'never') return isIdle(token, LEAST_IDLE, now) ? 'never-used' : undefined;
    return IDLE_DAYS.find((days) => isIdle(token, days, now));
  };
  const wordOf = (reason: Reason) =>
    reason === 'expired'
      ? conditionWord('expired')
      : reason === 'never-used'
        ? vscode.l10n.t('never used')
        : vscode.l10n.t('not used for {0} days', reason);
  const found = everyToken(house).map((chosen) => ({ chosen, reason: reasonOf(chosen) }));
  const items = REASONS.flatMap((reason) => {
    const group = found.filter((one) => one.reason === reason).map(({ chosen }) => cleanUpItem(chosen));
    const separator = { label: wordOf(reason), kind: vscode.QuickPickItemKind.Separator, chosen: undefined };
    return group.length === 0 ? [] : [separator, ...group];
  });
  if (items.length === 0) {
    const sentence = vscode.l10n.t('Nothing to clean up: no token is expired or lies idle.');
    void vscode.window.showInformationMessage(`${sentence} ${unread(house)}`);
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Clean Up Tokens'),
    placeHolder: vscode.l10n.t('Choose the tokens to revoke'),
    canPickMany: true,
    matchOnDescription: true,
  });
  await revokeChosen(house, picked?.flatMap(({ chosen }) => (chosen === undefined ? [] : [chosen])) ?? []);
}

const cleanUpItem = (chosen: Chosen) => {
  const { connection, token, entry } = chosen;
  return {
    label: tokenLabel(token, entry?.alias),
    description: [
      connectionName(connection),
      typeof token.lastUsed === 'number' ? vscode.l10n.t('last used {0}', dates.date(token.lastUsed)) : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
    chosen,
  };
};

/** What one does on one's last day, or after a leak. */
export async function revokeAllMine(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  await house.inventory.show(connection.id, 'me');
  const mine = everyToken(house).filter(
    (chosen) => chosen.connection.id === connection.id && isRevocable(house)(chosen),
  );
  if (mine.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('You have no active token on {0}.', connectionName(connection)),
    );
    return;
  }
  await revokeChosen(house, mine);
}

function everyToken(house: House): Chosen[] {
  return house.inventory
    .all()
    .flatMap(({ connection, tokens }) =>
      tokens.map(({ id }) => chosenOf(house, { serverId: connection.id, tokenId: id })),
    );
}
