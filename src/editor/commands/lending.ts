import * as vscode from 'vscode';
import type { House } from '../house.ts';
import { useForGit } from '../lending/git.ts';
import { getToken } from '../lending/input.ts';
import { environmentSetting, openTerminal } from '../lending/terminal.ts';
import { type Chosen, chooseToken, chooseTokens, isStored } from '../pick.ts';

/** For `${input:…}`: the value, after the user has agreed. */
export const tokenForInput = (house: House, argument: unknown) => getToken(house.lending.lender, argument);

/** A terminal with the chosen tokens, and those of `patVault.environment`. */
export async function terminalWithToken(house: House, argument: unknown): Promise<void> {
  const title = vscode.l10n.t('Open Terminal with Token');
  const chosen = await chooseTokens(house, argument, isHere(house), title);
  if (chosen.length === 0) return;
  const references: Record<string, string> = { ...environmentSetting() };
  for (const { entry } of chosen) {
    if (entry === undefined) continue;
    const name = await vscode.window.showInputBox({
      title,
      prompt: vscode.l10n.t('Variable that holds {0}', entry.alias),
      value: `${entry.alias
        .toUpperCase()
        .replaceAll('-', '_')
        .replace(/^(?=\d)/, '_')}_TOKEN`,
      validateInput: (text) =>
        /^[A-Za-z_]\w*$/.test(text) ? undefined : vscode.l10n.t('Letters, digits and _ only.'),
    });
    if (name === undefined) return;
    references[name] = house.vault.referenceOf(entry);
  }
  await openTerminal(house.lending.launcher, references);
}

export async function installCli(house: House): Promise<void> {
  const { path, isOnPath } = await house.lending.launcher.install();
  const enable = vscode.l10n.t('Let Programs Started Elsewhere Ask');
  const answer = await vscode.window.showInformationMessage(
    isOnPath
      ? vscode.l10n.t('pat is installed as {0}.', path)
      : vscode.l10n.t('pat is installed as {0}; add its folder to your PATH.', path),
    enable,
  );
  if (answer !== enable) return;
  const settings = vscode.workspace.getConfiguration('patVault');
  await settings.update('cli.enabled', true, vscode.ConfigurationTarget.Global);
}

export async function gitWithToken(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isHere(house), vscode.l10n.t('Use for Git'));
  if (chosen?.entry !== undefined) await useForGit(house.lending.git, chosen.entry);
}

const isHere = (house: House) => (chosen: Chosen) =>
  isStored(chosen) && chosen.entry !== undefined && house.vault.presenceOf(chosen.entry) !== 'missing';

/** As JSON, one hand-out a line. */
export async function exportAccessLog(house: House): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Access Log'),
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder.uri, 'pat-access.jsonl') }),
  });
  if (target === undefined) return;
  const lines = (await house.record.all()).map((access) => `${JSON.stringify(access)}\n`);
  await vscode.workspace.fs.writeFile(target, Buffer.from(lines.join('')));
}

/** Everything lent is taken back at once: sockets, sessions, and every permission in every workspace. */
export async function stopSharing(house: House): Promise<void> {
  const stop = vscode.l10n.t('Stop All Sharing');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Stop all sharing of tokens?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Every permission is taken back, in every folder and for every extension. What already runs keeps what it has; to end that too, revoke the tokens.',
      ),
    },
    stop,
  );
  if (answer !== stop) return;
  house.lending.stopped.fire();
  await house.grants.takeBackAll();
  await house.lending.git.clear();
  for (const entry of house.vault.entries()) if (entry.shared) await house.vault.unshare(entry);
}
