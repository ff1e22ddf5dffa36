import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import { type Draft, type ExpiryField, initialDraft, type Value } from '../core/form.ts';
import type { Entry } from '../vault/entry.ts';
import { type CreateOutcome, createToken, revokeToken, type Unstored } from '../vault/lifecycle.ts';
import { challenge } from './challenge.ts';
import type { Clipboard } from './clipboard.ts';
import type { House } from './house.ts';
import { noticeOf } from './notices.ts';
import { type Connection, connectionName } from './settings.ts';
import { tokenLabel } from './words.ts';

/** Creates on the server and stores once. `undefined`: the token was revoked again, or its secret only copied. */
export async function createAndStore(
  house: House,
  clipboard: Clipboard,
  connection: Connection,
  draft: Draft,
  signal: AbortSignal,
  replaces?: Entry,
): Promise<Entry | undefined> {
  const { server, address } = await house.connections.server(connection.id);
  const { createdNothing } = await import('../servers/http.ts');
  const idsBefore: string[] = [];
  if (!server.listsNames) {
    for await (const page of server.tokens({ owner: 'me' }, signal))
      idsBefore.push(...page.map(({ id }) => id));
  }
  const outcome = await createToken(house.desk, {
    serverId: connection.id,
    origin: address.origin,
    name: typeof draft.name === 'string' ? draft.name.trim() : '',
    idsBefore: server.listsNames ? null : idsBefore,
    ...(replaces === undefined ? {} : { replaces }),
    mint: () => server.create(draft, challenge, signal),
    createdNothing,
  });
  const entry = await untilKept(house, clipboard, connection, outcome);
  void house.inventory.refresh(connection.id);
  return entry;
}

/** The secret exists only in memory: the user chooses until it is stored, copied or worthless. */
async function untilKept(
  house: House,
  clipboard: Clipboard,
  connection: Connection,
  first: CreateOutcome,
): Promise<Entry | undefined> {
  let outcome = first;
  while (outcome.kind === 'unstored') {
    const next = await resolveUnstored(house, clipboard, connection, outcome);
    if (next === 'over') return undefined;
    outcome = next;
  }
  return outcome.entry;
}

async function resolveUnstored(
  house: House,
  clipboard: Clipboard,
  connection: Connection,
  unstored: Unstored,
): Promise<CreateOutcome | 'over'> {
  const copy = vscode.l10n.t('Copy Now');
  const retry = vscode.l10n.t('Try Again');
  const revoke = vscode.l10n.t('Revoke Token');
  const name = tokenLabel(unstored.token, undefined);
  const answer = await vscode.window.showErrorMessage(
    vscode.l10n.t('The secret of {0} could not be stored.', name),
    {
      modal: true,
      detail: vscode.l10n.t(
        '{0}\n\n{1} will not show it again. Closing this dialog asks once more: the secret is kept in memory until you choose.',
        noticeOf(unstored.error).sentence,
        connectionName(connection),
      ),
    },
    retry,
    copy,
    revoke,
  );
  if (answer === retry) return unstored.retry();
  if (answer === copy) {
    await clipboard.copy(unstored.bundle.secret);
    const done = vscode.l10n.t('I Have Saved It');
    const saved = await vscode.window.showWarningMessage(
      vscode.l10n.t('Save the secret of {0} somewhere safe now.', name),
      { modal: true, detail: vscode.l10n.t('It is on the clipboard, and nowhere else.') },
      done,
    );
    if (saved !== done) return unstored;
    await unstored.keepWithoutSecret();
    return 'over';
  }
  if (answer === revoke) {
    try {
      const { server } = await house.connections.server(connection.id);
      await revokeToken(house.desk, connection.id, unstored.token, undefined, () =>
        server.revoke(unstored.token, new AbortController().signal),
      );
      await unstored.dismiss();
      return 'over';
    } catch (error) {
      void vscode.window.showErrorMessage(noticeOf(error).sentence);
    }
  }
  return unstored;
}

/** The keyboard-only way: a name and a validity, everything else as the server's form has it at first. */
export async function draftByKeyboard(
  house: House,
  connection: Connection,
  prefill: Partial<Draft>,
): Promise<Draft | undefined> {
  const { server } = await house.connections.server(connection.id);
  const signal = new AbortController().signal;
  const form = await server.form(signal);
  const now = house.clock.now();
  const draft: Record<string, Value> = { ...initialDraft(form, now) };
  for (const [key, value] of Object.entries(prefill)) if (value !== undefined) draft[key] = value;
  const limit = form.fields.find(({ name }) => name === 'name');
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Create Token on {0}', connectionName(connection)),
    prompt: vscode.l10n.t('Name'),
    value: typeof draft.name === 'string' ? draft.name : '',
    ignoreFocusOut: true,
    validateInput: async (value) => {
      if (value.trim() === '') return vscode.l10n.t('A token needs a name.');
      if (limit?.input === 'text' && value.length > limit.maxLength) {
        return vscode.l10n.t('At most {0} characters.', limit.maxLength);
      }
      return (await server.nameTaken(value.trim(), draft, signal))
        ? noticeOf(new PatError({ reason: 'name-taken', name: value.trim() })).sentence
        : undefined;
    },
  });
  if (name === undefined) return undefined;
  draft.name = name.trim();
  for (const field of form.fields) {
    if (field.input !== 'expiry') continue;
    const expires = await pickExpiry(field, now);
    if (expires === undefined) return undefined;
    draft[field.name] = expires.value;
  }
  return draft;
}

async function pickExpiry(field: ExpiryField, now: number): Promise<{ value: number | null } | undefined> {
  const { daysFrom } = await import('../core/form.ts');
  const { dates } = await import('./words.ts');
  const presets = field.presets.map((days) => ({
    label: days === 1 ? vscode.l10n.t('1 day') : vscode.l10n.t('{0} days', days),
    description: dates.exact(daysFrom(now, days)),
    value: daysFrom(now, days),
    days,
  }));
  const first = presets.filter(({ days }) => days === field.initial);
  const rest = presets.filter(({ days }) => days !== field.initial);
  const never = field.never
    ? [
        {
          label: vscode.l10n.t('Never'),
          description: vscode.l10n.t('not advised: a leak stays open for ever'),
          value: null,
          days: 0,
        },
      ]
    : [];
  return vscode.window.showQuickPick([...first, ...rest, ...never], {
    title: vscode.l10n.t('Validity'),
    placeHolder: vscode.l10n.t('Until when is the token valid?'),
    ignoreFocusOut: true,
  });
}
