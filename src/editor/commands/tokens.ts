import * as vscode from 'vscode';
import { revokeToken } from '../../vault/lifecycle.ts';
import type { Clipboard } from '../clipboard.ts';
import type { House } from '../house.ts';
import { logError, noticeOf, tell } from '../notices.ts';
import { type Chosen, chooseToken, chooseTokens, isRevocable, isStored } from '../pick.ts';
import { connectionName } from '../settings.ts';
import { tokenLabel } from '../words.ts';

export async function describeToken(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, () => true, vscode.l10n.t('Describe Token'));
  if (chosen === undefined) return;
  const [{ openTokenPanel }, { describe }] = await Promise.all([
    import('../panels/token-panel.ts'),
    import('../describe.ts'),
  ]);
  openTokenPanel(house.context, describe(house, chosen));
}

/** One or several; each named with its server and what is lost. */
export async function revokeTokens(house: House, argument: unknown): Promise<void> {
  await revokeChosen(
    house,
    await chooseTokens(house, argument, isRevocable(house), vscode.l10n.t('Revoke Tokens')),
  );
}

export async function revokeChosen(house: House, chosen: readonly Chosen[]): Promise<void> {
  const [first, ...more] = chosen;
  if (first === undefined) return;
  const own = await ownAmong(house, chosen);
  const revoke =
    more.length === 0 ? vscode.l10n.t('Revoke') : vscode.l10n.t('Revoke {0} Tokens', chosen.length);
  const answer = await vscode.window.showWarningMessage(
    more.length === 0
      ? vscode.l10n.t(
          'Revoke {0} on {1}?',
          tokenLabel(first.token, first.entry?.alias),
          connectionName(first.connection),
        )
      : vscode.l10n.t('Revoke {0} tokens?', chosen.length),
    { modal: true, detail: lossOf(chosen, own) },
    revoke,
  );
  if (answer !== revoke) return;
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  await vscode.window.withProgress({ location: { viewId: 'patVault.tokens' } }, async () => {
    // What we are signed in with goes last, or nothing after it would go.
    for (const each of [...chosen.filter((one) => !own.includes(one)), ...own]) {
      const name = tokenLabel(each.token, each.entry?.alias);
      await revokeOne(house, each).catch((error: unknown) => failures.push({ name, error }));
    }
  });
  await Promise.all(
    [...new Set(chosen.map(({ connection }) => connection.id))].map((id) => house.inventory.refresh(id)),
  );
  const [failure] = failures;
  if (failure === undefined) return;
  if (more.length === 0) return tell(failure.error, house.log);
  for (const { error } of failures) logError(error, house.log);
  const names = failures.map(({ name }) => name).join(', ');
  void vscode.window.showErrorMessage(
    vscode.l10n.t('Not revoked: {0}. {1}', names, noticeOf(failure.error).sentence),
  );
}

async function revokeOne(house: House, { connection, token, entry }: Chosen): Promise<void> {
  const { server } = await house.connections.server(connection.id);
  await revokeToken(house.desk, connection.id, token, entry, () =>
    server.revoke(token, new AbortController().signal),
  );
}

/** The tokens that this editor is signed in with. */
async function ownAmong(house: House, chosen: readonly Chosen[]): Promise<readonly Chosen[]> {
  const own: Chosen[] = [];
  for (const each of chosen) {
    const { server } = await house.connections.server(each.connection.id);
    if (server.isOwn(each.token)) own.push(each);
  }
  return own;
}

function lossOf(chosen: readonly Chosen[], own: readonly Chosen[]): string {
  const isOne = chosen.length === 1;
  const stored = chosen.filter(isStored).length;
  const names = chosen.map(
    ({ token, entry, connection }) => `• ${tokenLabel(token, entry?.alias)} (${connectionName(connection)})`,
  );
  return [
    ...(isOne ? [] : [...names.slice(0, 12), ...(names.length > 12 ? ['…'] : []), '']),
    isOne
      ? vscode.l10n.t('Whatever uses it stops working at once. This cannot be undone.')
      : vscode.l10n.t('Whatever uses them stops working at once. This cannot be undone.'),
    ...own.map(({ connection, token }) =>
      isOne
        ? vscode.l10n.t('You are signed in to {0} with this very token.', connectionName(connection))
        : vscode.l10n.t(
            'You are signed in to {0} with {1}; it goes last.',
            connectionName(connection),
            tokenLabel(token, undefined),
          ),
    ),
    ...(stored === 0
      ? []
      : [
          stored === 1
            ? vscode.l10n.t('The secret stored here is removed with it.')
            : vscode.l10n.t('The {0} secrets stored here are removed with them.', stored),
        ]),
  ].join('\n');
}

/** Asks, whoever calls it: any extension can run a command. */
export async function copySecret(house: House, clipboard: Clipboard, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, vscode.l10n.t('Copy Secret'));
  if (chosen?.entry === undefined) return;
  const { entry, connection } = chosen;
  const copy = vscode.l10n.t('Copy');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Copy the secret of {0} ({1}) to the clipboard?', entry.alias, connectionName(connection)),
    {
      modal: true,
      detail: vscode.l10n.t('Every program on this machine can read the clipboard. A reference is safer.'),
    },
    copy,
  );
  if (answer === copy) await clipboard.copy((await house.vault.read(entry)).secret);
}

export async function copyReference(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, vscode.l10n.t('Copy Reference'));
  if (chosen?.entry !== undefined)
    await vscode.env.clipboard.writeText(house.vault.referenceOf(chosen.entry));
}

/** Locally only: the token stays valid on its server. */
export async function forgetSecret(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, vscode.l10n.t('Forget Secret'));
  if (chosen?.entry === undefined) return;
  const forget = vscode.l10n.t('Forget Secret');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Forget the secret of {0} ({1})?', chosen.entry.alias, connectionName(chosen.connection)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'It is removed from this editor only. The token stays valid on the server, which will not show the secret again.',
      ),
    },
    forget,
  );
  if (answer === forget) await house.vault.forget(chosen.entry);
}

export async function setShared(house: House, argument: unknown, shared: boolean): Promise<void> {
  const isCandidate = ({ entry }: Chosen) => entry !== undefined && entry.shared !== shared;
  const title = shared ? vscode.l10n.t('Share with Extensions') : vscode.l10n.t('Stop Sharing');
  const chosen = await chooseToken(house, argument, isCandidate, title);
  if (chosen?.entry === undefined || chosen.entry.shared === shared) return;
  await (shared ? house.vault.share(chosen.entry) : house.vault.unshare(chosen.entry));
}
