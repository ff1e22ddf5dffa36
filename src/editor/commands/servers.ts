import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import { nameFrom } from '../../core/reference.ts';
import { Secret } from '../../core/secret.ts';
import type { ServerKind } from '../../servers/server.ts';
import { loadKinds, parseAddress } from '../connected.ts';
import type { House } from '../house.ts';
import { logError, noticeOf } from '../notices.ts';
import { chooseServer } from '../pick.ts';
import { type Connection, connectionName, saveConnections } from '../settings.ts';

/** Kind, address, credential; checked by a call before anything is kept. */
export async function addServer(house: House): Promise<void> {
  const { kinds } = await loadKinds();
  const choices: (vscode.QuickPickItem & { readonly server: ServerKind | undefined })[] = [
    {
      label: vscode.l10n.t('Sandbox'),
      detail: vscode.l10n.t('A PAT server inside this editor, to try things out'),
      server: undefined,
    },
    ...kinds.map((server) => ({
      label: server.label,
      detail: server.detail,
      server,
    })),
  ];
  const picked = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Add Server'),
    placeHolder: vscode.l10n.t('What kind of server?'),
    ignoreFocusOut: true,
  });
  if (picked === undefined) return;
  if (picked.server === undefined) return addSandbox(house);

  const address = await askAddress(picked.server);
  if (address === undefined) return;
  const taken = new Set(house.connections.list().map(({ id }) => id));
  const id = nameFrom(address.hostname, taken, 'server');
  const connection: Connection = { id, kind: picked.server.id, name: address.host, url: address.href };
  if (!(await signInTo(house, connection, picked.server, address))) return;
  await saveConnections((list) => [...list, connection]);
  await house.inventory.refreshAll();
}

async function addSandbox(house: House): Promise<void> {
  await house.sandbox.start();
  if (!house.connections.list().some(({ kind }) => kind === 'sandbox')) {
    await saveConnections((list) => [
      ...list,
      { id: 'sandbox', kind: 'sandbox', name: vscode.l10n.t('Sandbox') },
    ]);
  }
  await house.inventory.refreshAll();
}

async function askAddress(kind: ServerKind): Promise<URL | undefined> {
  const { assertSafe } = await import('../../servers/http.ts');
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Add Server: {0}', kind.label),
    prompt: vscode.l10n.t('Address of the server'),
    placeHolder: kind.addressExample,
    ignoreFocusOut: true,
    validateInput: (value) => {
      if (value.trim() === '') return undefined;
      try {
        assertSafe(parseAddress(value.trim()));
        return undefined;
      } catch (error) {
        return noticeOf(error).sentence;
      }
    },
  });
  return text === undefined || text.trim() === '' ? undefined : parseAddress(text.trim());
}

/** Asks until the server accepts or the user turns away; false in that case. What was typed is not asked for twice. */
async function signInTo(
  house: House,
  connection: Connection,
  kind: ServerKind,
  address: URL,
): Promise<boolean> {
  let answers = await askCredential(connection, kind, false);
  while (answers !== undefined) {
    const typed = answers;
    try {
      const ports = await house.connections.ports();
      const credential = await vscode.window.withProgress(
        { location: { viewId: 'patVault.tokens' } },
        async () => await kind.signIn(address, typed, ports, new AbortController().signal),
      );
      await house.connections.keep(connection.id, address, credential);
      return true;
    } catch (error) {
      if (PatError.is(error, 'bad-credential')) answers = await askCredential(connection, kind, true);
      else if (!(await tryAgain(house, error))) return false;
    }
  }
  return false;
}

/** A server that is out of reach for a moment may not be in the next. */
async function tryAgain(house: House, error: unknown): Promise<boolean> {
  logError(error, house.log);
  const again = vscode.l10n.t('Try Again');
  return (await vscode.window.showErrorMessage(noticeOf(error).sentence, again)) === again;
}

async function askCredential(
  connection: Connection,
  kind: ServerKind,
  again: boolean,
): Promise<Record<string, Secret> | undefined> {
  const answers: Record<string, Secret> = {};
  for (const [index, field] of kind.signInFields.entries()) {
    const refusal =
      again && index === 0 ? `${vscode.l10n.t('The server did not accept this; try again.')} ` : '';
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t(
        'Sign In to {0} ({1}/{2})',
        connectionName(connection),
        index + 1,
        kind.signInFields.length,
      ),
      prompt: `${refusal}${field.label} – ${field.help}`,
      password: field.hidden,
      ignoreFocusOut: true,
    });
    if (text === undefined) return undefined;
    answers[field.name] = new Secret(text);
  }
  return answers;
}

export async function signIn(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  if (connection.kind === 'sandbox') await house.connections.signOut(connection.id);
  else {
    const [kind, address] = await Promise.all([
      house.connections.kindOf(connection),
      house.connections.addressOf(connection),
    ]);
    if (!(await signInTo(house, connection, kind, address))) return;
  }
  await house.inventory.refresh(connection.id);
}

export async function signOut(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  await house.connections.signOut(connection.id);
  await house.inventory.refresh(connection.id);
}

export async function removeServer(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  const entries = house.vault.entries().filter(({ serverId }) => serverId === connection.id);
  const remove = vscode.l10n.t('Remove Server');
  const loss =
    entries.length === 0
      ? vscode.l10n.t('No stored secret goes with it.')
      : entries.length === 1
        ? vscode.l10n.t('1 stored secret goes with it and cannot be brought back.')
        : vscode.l10n.t('{0} stored secrets go with it and cannot be brought back.', entries.length);
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Remove {0} from PAT Vault?', connectionName(connection)),
    { modal: true, detail: `${loss} ${vscode.l10n.t('The tokens themselves stay valid on the server.')}` },
    remove,
  );
  if (answer !== remove) return;
  for (const entry of entries) await house.vault.forget(entry);
  await house.connections.signOut(connection.id);
  await saveConnections((list) => list.filter(({ id }) => id !== connection.id));
  await house.inventory.refreshAll();
}

/** The server's own page about tokens, in the user's browser. */
export async function openTokenPage(house: House, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  const page = await house.connections.tokenPage(connection.id);
  if (page === undefined)
    throw new PatError({ reason: 'unsupported', what: vscode.l10n.t('a page about tokens of this server') });
  await vscode.env.openExternal(vscode.Uri.parse(page.href, true));
}

export async function startSandbox(house: House): Promise<void> {
  await addSandbox(house);
}

export async function stopSandbox(house: House): Promise<void> {
  await house.sandbox.stop();
  for (const { id, kind } of house.connections.list())
    if (kind === 'sandbox') house.connections.forgetOpen(id);
}

export async function show(house: House, argument: unknown, owner: 'me' | 'all'): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection !== undefined) await house.inventory.show(connection.id, owner);
}
