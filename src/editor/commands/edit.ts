import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import type { House } from '../house.ts';
import type { FormSession } from '../panels/form-panel.ts';
import { editWords } from '../panels/words.ts';
import { chooseToken, isChangeable } from '../pick.ts';
import { connectionName } from '../settings.ts';
import { tokenLabel } from '../words.ts';
import { shownInForm } from './create.ts';

/** The form with what the server lets this caller change, and nothing else. */
export async function editToken(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isChangeable(house), vscode.l10n.t('Edit Token'));
  if (chosen === undefined) return;
  const { connection, token, entry } = chosen;
  const { server } = await house.connections.server(connection.id);
  const form = await server.changeForm(token, new AbortController().signal);
  if (form === undefined)
    throw new PatError({ reason: 'unsupported', what: vscode.l10n.t('changing this token') });
  const label = tokenLabel(token, entry?.alias);
  const session: FormSession = {
    key: `edit:${connection.id}/${token.id}`,
    title: vscode.l10n.t('Edit Token: {0}', label),
    words: editWords(connectionName(connection), label),
    account: house.inventory.of(connection.id).caller?.account.name ?? '',
    prefill: {},
    form: () => Promise.resolve(form),
    nameTaken: async (name, draft, signal) =>
      name.trim() !== token.name && (await server.nameTaken(name, draft, signal)),
    submit: (draft, signal) =>
      shownInForm(house, async () => {
        const changed = await server.change(token, draft, signal);
        if (entry !== undefined) await house.vault.learn(entry, changed);
        await house.inventory.refresh(connection.id);
        return 'done' as const;
      }),
  };
  const { openFormPanel } = await import('../panels/form-panel.ts');
  openFormPanel(house.context, session);
}
