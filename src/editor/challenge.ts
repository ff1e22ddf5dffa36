import * as vscode from 'vscode';
import type { Challenge, Question } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';

/** A question in the middle of a call; the answer is used once and kept nowhere. */
export const challenge: Challenge = async (question) => {
  if (question.about === 'web-confirmation') return openPage(question);
  const { account, host, again } = question;
  const what =
    question.about === 'password'
      ? vscode.l10n.t('Password of {0}', account)
      : vscode.l10n.t('One-time password of {0}', account);
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('{0} asks again', host),
    prompt: again
      ? vscode.l10n.t('That was not right. {0}', what)
      : vscode.l10n.t('{0} – used for this call only, kept nowhere', what),
    password: true,
    ignoreFocusOut: true,
  });
  return text === undefined ? undefined : new Secret(text);
};

/** The user sees where the page is before it is opened. */
async function openPage({ account, page }: Question): Promise<Secret | undefined> {
  if (page === undefined) return undefined;
  const open = vscode.l10n.t('Open Page');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Confirm in your browser that it is you, {0}.', account),
    {
      modal: true,
      detail: vscode.l10n.t('The page is at {0}. PAT Vault waits until you have confirmed.', page.host),
    },
    open,
  );
  if (answer !== open) return undefined;
  await vscode.env.openExternal(vscode.Uri.parse(page.href, true));
  return new Secret('');
}
