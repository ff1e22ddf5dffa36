import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import { Secret, type SecretBundle } from '../../core/secret.ts';
import { isLive, type Token } from '../../core/token.ts';
import { importSecret as store } from '../../vault/lifecycle.ts';
import type { House } from '../house.ts';
import { type Chosen, chooseToken, loadAll, unread } from '../pick.ts';
import { connectionName } from '../settings.ts';
import { tokenLabel } from '../words.ts';
import type { TokenNode } from '../nodes.ts';

/** Puts a secret that the user still has into the vault, after a call has shown whose it is. */
export async function importSecret(house: House, argument: unknown): Promise<void> {
  const isWanted = ({ token, entry }: Chosen) =>
    isLive(token, house.clock.now()) && (entry === undefined || house.vault.presenceOf(entry) === 'missing');
  const chosen = await chooseToken(house, argument, isWanted, vscode.l10n.t('Import Secret'));
  if (chosen === undefined) return;
  const { connection, token, entry } = chosen;
  const label = tokenLabel(token, entry?.alias);
  const { server, address } = await house.connections.server(connection.id);
  for (let refusal = ''; ;) {
    const secret = await askSecret(vscode.l10n.t('Import the Secret of {0}', label), refusal);
    if (secret === undefined) return;
    // SailPoint's other half is the token's own id, which is no secret.
    const bundle: SecretBundle =
      connection.kind === 'sailpoint' ? { clientId: new Secret(token.id), secret } : { secret };
    try {
      if (!fitsHint(secret, token)) throw new PatError({ reason: 'bad-credential', host: address.host });
      const { tokenId } = await server.verify(bundle, new AbortController().signal);
      if (tokenId !== undefined && tokenId !== token.id) {
        refusal = vscode.l10n.t('This is the secret of another token.');
        continue;
      }
      const stored = await store(
        house.desk,
        { serverId: connection.id, origin: address.origin },
        token,
        bundle,
      );
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The secret of {0} is stored as {1}.', label, house.vault.referenceOf(stored)),
      );
      return;
    } catch (error) {
      if (!PatError.is(error, 'bad-credential')) throw error;
      refusal = vscode.l10n.t('This is not the secret of {0}.', label);
    }
  }
}

/** Answers which token a secret is, without sending it anywhere. */
export async function findToken(house: House): Promise<void> {
  const secret = await askSecret(
    vscode.l10n.t('Which Token Is This?'),
    vscode.l10n.t('Compared on this machine only; sent nowhere.'),
  );
  if (secret === undefined) return;
  await loadAll(house);
  const fingerprint = secret.fingerprint();
  const stored = house.vault.entries().find((entry) => entry.fingerprint === fingerprint);
  const listed = house.inventory
    .all()
    .flatMap(({ connection, tokens }) => tokens.map((token) => ({ connection, token })))
    .filter(({ connection, token }) =>
      stored === undefined
        ? token.hint !== undefined && fitsHint(secret, token)
        : connection.id === stored.serverId && token.id === stored.tokenId,
    );
  const [found] = listed;
  if (found === undefined) {
    const sentence =
      stored === undefined
        ? `${vscode.l10n.t('No listed or stored token has this secret.')} ${unread(house)}`
        : vscode.l10n.t('It is {0}, which its server no longer lists.', house.vault.referenceOf(stored));
    void vscode.window.showInformationMessage(sentence);
    return;
  }
  const { connection, token } = found;
  const name = vscode.l10n.t('{0} on {1}', tokenLabel(token, stored?.alias), connectionName(connection));
  const describe = vscode.l10n.t('Describe');
  const revoke = vscode.l10n.t('Revoke…');
  const answer = await vscode.window.showInformationMessage(
    stored === undefined
      ? vscode.l10n.t('By its first and last characters it is {0}.', name)
      : vscode.l10n.t('It is {0}.', name),
    describe,
    ...(isLive(token, house.clock.now()) && !token.managed ? [revoke] : []),
  );
  const node: TokenNode = { type: 'token', serverId: connection.id, tokenId: token.id };
  if (answer === describe) await vscode.commands.executeCommand('patVault.describeToken', node);
  if (answer === revoke) await vscode.commands.executeCommand('patVault.revokeToken', node);
}

/** Everything this editor has stored; the tokens stay valid. */
export async function removeAllSecrets(house: House): Promise<void> {
  const entries = house.vault.entries();
  const connections = house.connections.list();
  const remove = vscode.l10n.t('Remove All');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Remove every secret PAT Vault has stored?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Removed from this editor: secrets of tokens ({0}), sign-ins to servers ({1}). The tokens stay valid on their servers, which will not show the secrets again.',
        entries.length,
        connections.length,
      ),
    },
    remove,
  );
  if (answer !== remove) return;
  const failures: unknown[] = [];
  for (const entry of entries)
    await house.vault.forget(entry).catch((error: unknown) => failures.push(error));
  for (const { id } of connections) {
    await house.connections.signOut(id).catch((error: unknown) => failures.push(error));
  }
  await house.inventory.refreshAll();
  const [failure] = failures;
  if (failure instanceof Error) throw failure;
}

async function askSecret(title: string, prompt: string): Promise<Secret | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt: prompt === '' ? vscode.l10n.t('The secret') : prompt,
    password: true,
    ignoreFocusOut: true,
  });
  return text === undefined || text.trim() === '' ? undefined : new Secret(text.trim());
}

/** Whether a secret begins and ends as the server shows it; true where it shows nothing. */
function fitsHint(secret: Secret, { hint }: Token): boolean {
  if (hint === undefined) return true;
  const [start = '', end = ''] = hint.split(/…|\.{3}|\*+/);
  return secret.reveal().startsWith(start) && secret.reveal().endsWith(end);
}
