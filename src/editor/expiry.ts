import * as vscode from 'vscode';
import { conditionOf, type Token } from '../core/token.ts';
import type { House } from './house.ts';
import { connectionName, expiryWarningDays } from './settings.ts';
import { tokenLabel } from './words.ts';

const WARNED = 'patVault.warnedOfExpiry';
const SILENT = 'patVault.neverWarnOfExpiry';
const DAY = 86_400_000;
/** More names than this are counted. */
const NAMED = 4;

/** The number of the caller's tokens that expire soon, at the view; and at most once a day a warning that names them. */
export function watchExpiry(house: House): vscode.Disposable {
  let isWarning = false;
  const look = async () => {
    const soon = expiringSoon(house);
    house.view.badge =
      soon.length === 0
        ? undefined
        : { value: soon.length, tooltip: vscode.l10n.t('{0} of your tokens expire soon', soon.length) };
    if (soon.length === 0 || isWarning) return;
    isWarning = true;
    await warn(house, soon).finally(() => {
      isWarning = false;
    });
  };
  return house.inventory.onDidChange(() => {
    const isLoading = house.inventory.all().some(({ state }) => state === 'loading');
    if (!isLoading) void look();
  });
}

function expiringSoon(house: House): readonly { token: Token; server: string }[] {
  const now = house.clock.now();
  return house.inventory.all().flatMap(({ connection, caller, tokens }) =>
    tokens
      .filter((token) => token.owner === undefined || token.owner.id === caller?.account.id)
      .filter((token) => conditionOf(token, now, expiryWarningDays()) === 'expiring-soon')
      .map((token) => ({ token, server: connectionName(connection) })),
  );
}

async function warn(house: House, soon: readonly { token: Token; server: string }[]): Promise<void> {
  const { globalState } = house.context;
  const now = house.clock.now();
  if (globalState.get<boolean>(SILENT) === true || now - globalState.get<number>(WARNED, 0) < DAY) return;
  await globalState.update(WARNED, now);
  const names = soon
    .slice(0, NAMED)
    .map(({ token, server }) => `${tokenLabel(token, undefined)} (${server})`);
  if (soon.length > NAMED) names.push(vscode.l10n.t('{0} more', soon.length - NAMED));
  const show = vscode.l10n.t('Show Tokens');
  const never = vscode.l10n.t('Don’t Show Again');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Tokens expire soon: {0}', names.join(', ')),
    show,
    never,
  );
  if (answer === show) await vscode.commands.executeCommand('patVault.tokens.focus');
  if (answer === never) await globalState.update(SILENT, true);
}
