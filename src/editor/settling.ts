import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import type { Entry } from '../vault/entry.ts';
import { SETTLE_AFTER } from '../vault/entry.ts';
import type { Attempt } from '../vault/journal.ts';
import { settle, settleWith } from '../vault/lifecycle.ts';
import type { House } from './house.ts';
import { logError } from './notices.ts';
import { connectionName } from './settings.ts';
import { tokenLabel } from './words.ts';

/** After the start, and a while after each creation: ends what was left open, in front of the user. */
export function watchUnsettled(house: House): vscode.Disposable {
  const startedAt = house.clock.now();
  let timer: NodeJS.Timeout | undefined;
  const run = () => {
    settleNow(house, startedAt).catch((error: unknown) => {
      logError(error, house.log);
    });
  };
  const stop = house.vault.onDidChange(() => {
    if (!house.vault.entries().some(({ settledAt }) => settledAt === null)) return;
    clearTimeout(timer);
    timer = setTimeout(run, SETTLE_AFTER + 1000);
  });
  run();
  return new vscode.Disposable(() => {
    clearTimeout(timer);
    stop();
  });
}

async function settleNow(house: House, startedAt: number): Promise<void> {
  const needServer = await settle(house.desk, startedAt);
  await house.vault.look();
  void tellLost(house, await house.vault.takeLost());
  for (const attempt of needServer) await settleAtServer(house, attempt);
}

async function tellLost(house: House, lost: readonly Entry[]): Promise<void> {
  const [entry, ...more] = lost;
  if (entry === undefined) return;
  const name = (one: Entry) => one.tokenName ?? one.alias;
  if (more.length > 0) {
    const show = vscode.l10n.t('Show Tokens');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Secrets are missing on this machine: {0}.', lost.map(name).join(', ')),
      show,
    );
    if (answer === show) await vscode.commands.executeCommand('patVault.tokens.focus');
    return;
  }
  const replace = vscode.l10n.t('Create Replacement');
  const answer = await vscode.window.showWarningMessage(
    entry.settledAt === null
      ? vscode.l10n.t(
          'The secret of {0} was lost before VS Code had saved it, and the server will not show it again.',
          name(entry),
        )
      : vscode.l10n.t(
          'The secret of {0} is missing on this machine, and the server will not show it again.',
          name(entry),
        ),
    replace,
  );
  if (answer !== replace) return;
  if (house.inventory.token(entry.serverId, entry.tokenId) === undefined) {
    await house.inventory.refresh(entry.serverId);
  }
  await vscode.commands.executeCommand('patVault.createReplacement', {
    type: 'token',
    serverId: entry.serverId,
    tokenId: entry.tokenId,
  });
}

/** Needs the network, and so only runs when an attempt was in fact left open. */
async function settleAtServer(house: House, attempt: Attempt): Promise<void> {
  const { connection, server } = await house.connections.server(attempt.serverId).catch((error: unknown) => {
    if (!PatError.is(error, 'unknown-server')) throw error;
    return { connection: undefined, server: undefined };
  });
  if (server === undefined) {
    await house.desk.journal.remove(attempt.id); // its server was removed since
    return;
  }
  const listed = [];
  for await (const page of server.tokens({ owner: 'me' }, new AbortController().signal)) listed.push(...page);
  const candidates = await settleWith(house.desk, attempt, listed);
  await house.vault.look();
  const [only] = candidates;
  if (only === undefined) return;
  const show = vscode.l10n.t('Show Tokens');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      '{0} may hold a token whose secret never arrived here: {1}. Revoke it or create a replacement.',
      connectionName(connection),
      candidates.map((token) => tokenLabel(token, undefined)).join(', '),
    ),
    show,
  );
  if (answer === show) await vscode.commands.executeCommand('patVault.tokens.focus');
}
