import * as vscode from 'vscode';
import { messageOf, PatError } from '../../core/errors.ts';
import type { Draft } from '../../core/form.ts';
import { conditionOf, isLive, type Token } from '../../core/token.ts';
import { revokeToken } from '../../vault/lifecycle.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Clipboard } from '../clipboard.ts';
import { createAndStore, draftByKeyboard } from '../create.ts';
import type { House } from '../house.ts';
import { noticeOf, tell } from '../notices.ts';
import type { Created, CreateSession } from '../panels/create-panel.ts';
import type { TokenView } from '../panels/token-panel.ts';
import { type Chosen, chooseServer, chooseToken, chooseTokens, isRevocable, isStored } from '../pick.ts';
import { connectionName, expiryWarningDays } from '../settings.ts';
import { tokenLabel, type TokenNode } from '../tree.ts';
import { conditionWord, dates, fieldRows, secretWords } from '../words.ts';

const t = vscode.l10n.t;

export async function createInForm(
  house: House,
  clipboard: Clipboard,
  argument: unknown,
  prefill: Partial<Draft> = {},
  replaced?: Chosen,
): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  const { server } = await house.connections.server(connection.id);
  const caller = await server.caller(new AbortController().signal);
  const { create } = caller.abilities;
  if (create.by === 'none') {
    throw new PatError({
      reason: 'missing-right',
      right: create.missingRight ?? t('a server that lets you'),
    });
  }
  const session: CreateSession = {
    serverId: connection.id,
    serverName: connectionName(connection),
    account: caller.account.name,
    prefill,
    form: (signal) => server.form(signal),
    nameTaken: (name, draft, signal) => server.nameTaken(name, draft, signal),
    create: async (draft, signal) => {
      try {
        const entry = await createAndStore(house, clipboard, connection, draft, signal, replaced?.entry);
        if (entry !== undefined && replaced !== undefined) void offerToRevoke(house, replaced);
        return entry === undefined ? undefined : createdOf(house, clipboard, entry);
      } catch (error) {
        if (PatError.is(error, 'cancelled')) return undefined;
        if (PatError.is(error, 'name-taken')) throw error;
        house.log.error(messageOf(error));
        throw new Error(noticeOf(error).sentence, { cause: error });
      }
    },
  };
  const { openCreatePanel } = await import('../panels/create-panel.ts');
  openCreatePanel(house.context, session);
}

function createdOf(house: House, clipboard: Clipboard, entry: Entry): Created {
  const part = async (name: string) => {
    const secret = (await house.vault.read(entry))[name];
    if (secret === undefined) {
      throw new PatError({ reason: 'secret-missing', alias: entry.alias, server: entry.serverId });
    }
    return secret;
  };
  return {
    title: entry.tokenName ?? entry.alias,
    alias: entry.alias,
    reference: house.vault.referenceOf(entry),
    expires:
      entry.expires === null ? '' : entry.expires === 'never' ? t('never') : dates.exact(entry.expires),
    parts: entry.parts,
    copy: async (name) => {
      await clipboard.copy(await part(name));
    },
    copyReference: async () => {
      await vscode.env.clipboard.writeText(house.vault.referenceOf(entry));
    },
    reveal: part,
    openDetails: async () => {
      await vscode.commands.executeCommand('patVault.describeToken', {
        type: 'token',
        serverId: entry.serverId,
        tokenId: entry.tokenId,
      } satisfies TokenNode);
    },
  };
}

export async function createQuickly(house: House, clipboard: Clipboard, argument: unknown): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  const draft = await draftByKeyboard(house, connection, {});
  if (draft === undefined) return;
  const entry = await vscode.window.withProgress({ location: { viewId: 'patVault.tokens' } }, () =>
    createAndStore(house, clipboard, connection, draft, new AbortController().signal),
  );
  if (entry === undefined) return;
  const copyReference = t('Copy Reference');
  const chosen = await vscode.window.showInformationMessage(
    t(
      'Created {0}. Its secret is stored; {1} will not show it again.',
      entry.alias,
      connectionName(connection),
    ),
    copyReference,
  );
  if (chosen === copyReference) await vscode.env.clipboard.writeText(house.vault.referenceOf(entry));
}

/** Its secret is lost, or it is over: the form again, filled with what is known; the new secret takes its alias. */
export const isReplaceable =
  (house: House) =>
  ({ token, entry }: Chosen): boolean =>
    entry !== undefined && (house.vault.presenceOf(entry) === 'missing' || !isLive(token, house.clock.now()));

export async function createReplacement(
  house: House,
  clipboard: Clipboard,
  argument: unknown,
): Promise<void> {
  const chosen = await chooseToken(house, argument, isReplaceable(house), t('Create Replacement'));
  if (chosen === undefined) return;
  const { token, connection } = chosen;
  const taken = new Set(house.inventory.of(connection.id).tokens.map(({ name }) => name));
  let name = token.name ?? chosen.entry?.alias ?? '';
  for (let n = 2; taken.has(name); n++) name = `${token.name ?? ''}-${n}`;
  await createInForm(
    house,
    clipboard,
    { type: 'server', serverId: connection.id },
    {
      name,
      ...(token.description === undefined ? {} : { description: token.description }),
      ...(token.scopes === undefined ? {} : { scopes: token.scopes }),
    },
    chosen,
  );
}

/** A replaced token lives on at its server until somebody ends it. */
async function offerToRevoke(house: House, { connection, token, entry }: Chosen): Promise<void> {
  if (!isRevocable(house)({ connection, token, entry })) return;
  const revoke = t('Revoke Token…');
  const answer = await vscode.window.showInformationMessage(
    t(
      'The replacement took the place of {0}, which is still valid on {1}.',
      tokenLabel(token, entry?.alias),
      connectionName(connection),
    ),
    revoke,
  );
  if (answer !== revoke) return;
  const node: TokenNode = { type: 'token', serverId: connection.id, tokenId: token.id };
  await vscode.commands.executeCommand('patVault.revokeToken', node);
}

export async function describeToken(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, () => true, t('Describe Token'));
  if (chosen === undefined) return;
  const { openTokenPanel } = await import('../panels/token-panel.ts');
  openTokenPanel(house.context, viewOf(house, chosen));
}

function viewOf(house: House, { connection, token: first }: Chosen): TokenView {
  const node: TokenNode = { type: 'token', serverId: connection.id, tokenId: first.id };
  const token = (): Token => house.inventory.token(connection.id, first.id) ?? first;
  const entry = () => house.vault.entryOf(connection.id, token());
  const condition = () => conditionOf(token(), house.clock.now(), expiryWarningDays());
  const changed = new vscode.EventEmitter<void>();
  house.inventory.onDidChange(() => {
    changed.fire();
  });
  house.vault.onDidChange(() => {
    changed.fire();
  });
  return {
    key: `${connection.id}/${first.id}`,
    title: tokenLabel(first, entry()?.alias),
    get status() {
      return conditionWord(condition());
    },
    rows: () => {
      const stored = entry();
      const presence = stored === undefined ? 'unknown' : house.vault.presenceOf(stored);
      return [
        { label: t('Server'), value: connectionName(connection) },
        ...fieldRows(token(), condition()),
        { label: t('Secret'), value: secretWords(stored, presence) },
        ...(stored === undefined
          ? []
          : [
              { label: t('Reference'), value: house.vault.referenceOf(stored) },
              {
                label: t('Shared'),
                value: stored.shared ? t('with extensions you allow, one by one') : t('with no extension'),
              },
            ]),
      ];
    },
    actions: () => {
      const stored = entry();
      const here = stored !== undefined && house.vault.presenceOf(stored) !== 'missing';
      const revocable = isRevocable(house)({ connection, token: token(), entry: stored });
      return [
        ...(here
          ? [
              { id: 'patVault.copyReference', label: t('Copy Reference'), kind: 'primary' as const },
              { id: 'patVault.copySecret', label: t('Copy Secret…'), kind: 'secondary' as const },
              stored.shared
                ? { id: 'patVault.unshareToken', label: t('Stop Sharing'), kind: 'secondary' as const }
                : {
                    id: 'patVault.shareToken',
                    label: t('Share with Extensions'),
                    kind: 'secondary' as const,
                  },
            ]
          : []),
        ...(stored !== undefined && !here
          ? [{ id: 'patVault.createReplacement', label: t('Create Replacement…'), kind: 'primary' as const }]
          : []),
        ...(stored === undefined
          ? []
          : [{ id: 'patVault.forgetSecret', label: t('Forget Secret…'), kind: 'secondary' as const }]),
        ...(revocable
          ? [{ id: 'patVault.revokeToken', label: t('Revoke Token…'), kind: 'danger' as const }]
          : []),
      ];
    },
    run: async (id) => {
      await vscode.commands.executeCommand(id, node);
    },
    onDidChange: changed.event,
  };
}

/** One or several; each named with its server and what is lost. */
export async function revokeTokens(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseTokens(house, argument, isRevocable(house), t('Revoke Tokens'));
  const [first, ...more] = chosen;
  if (first === undefined) return;
  const revoke = more.length === 0 ? t('Revoke') : t('Revoke {0} Tokens', chosen.length);
  const answer = await vscode.window.showWarningMessage(
    more.length === 0
      ? t('Revoke {0} on {1}?', tokenLabel(first.token, first.entry?.alias), connectionName(first.connection))
      : t('Revoke {0} tokens?', chosen.length),
    { modal: true, detail: lossOf(chosen) },
    revoke,
  );
  if (answer !== revoke) return;
  const failures: unknown[] = [];
  await vscode.window.withProgress({ location: { viewId: 'patVault.tokens' } }, async () => {
    for (const each of chosen) {
      await revokeOne(house, each).catch((error: unknown) => failures.push(error));
    }
  });
  await Promise.all(
    [...new Set(chosen.map(({ connection }) => connection.id))].map((id) => house.inventory.refresh(id)),
  );
  for (const failure of failures.slice(0, 1)) await tell(failure, house.log);
}

async function revokeOne(house: House, { connection, token, entry }: Chosen): Promise<void> {
  const { server } = await house.connections.server(connection.id);
  await revokeToken(house.desk, connection.id, token, entry, () =>
    server.revoke(token, new AbortController().signal),
  );
}

function lossOf(chosen: readonly Chosen[]): string {
  const stored = chosen.filter(isStored).length;
  const names = chosen.map(
    ({ token, entry, connection }) => `• ${tokenLabel(token, entry?.alias)} (${connectionName(connection)})`,
  );
  return [
    ...(chosen.length === 1 ? [] : [...names.slice(0, 12), ...(names.length > 12 ? ['…'] : []), '']),
    t('Whatever uses it stops working at once. This cannot be undone.'),
    ...(stored === 0 ? [] : [t('The secret stored here is removed with it.')]),
  ].join('\n');
}

/** Asks, whoever calls it: any extension can run a command. */
export async function copySecret(house: House, clipboard: Clipboard, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, t('Copy Secret'));
  if (chosen?.entry === undefined) return;
  const { entry, connection } = chosen;
  const copy = t('Copy');
  const answer = await vscode.window.showWarningMessage(
    t('Copy the secret of {0} ({1}) to the clipboard?', entry.alias, connectionName(connection)),
    { modal: true, detail: t('Every program on this machine can read the clipboard. A reference is safer.') },
    copy,
  );
  if (answer === copy) await clipboard.copy((await house.vault.read(entry)).secret);
}

export async function copyReference(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, t('Copy Reference'));
  if (chosen?.entry !== undefined)
    await vscode.env.clipboard.writeText(house.vault.referenceOf(chosen.entry));
}

/** Locally only: the token stays valid on its server. */
export async function forgetSecret(house: House, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, isStored, t('Forget Secret'));
  if (chosen?.entry === undefined) return;
  const forget = t('Forget Secret');
  const answer = await vscode.window.showWarningMessage(
    t('Forget the secret of {0} ({1})?', chosen.entry.alias, connectionName(chosen.connection)),
    {
      modal: true,
      detail: t(
        'It is removed from this editor only. The token stays valid on the server, which will not show the secret again.',
      ),
    },
    forget,
  );
  if (answer === forget) await house.vault.forget(chosen.entry);
}

export async function setShared(house: House, argument: unknown, shared: boolean): Promise<void> {
  const isCandidate = ({ entry }: Chosen) => entry !== undefined && entry.shared !== shared;
  const title = shared ? t('Share with Extensions') : t('Stop Sharing');
  const chosen = await chooseToken(house, argument, isCandidate, title);
  if (chosen?.entry === undefined || chosen.entry.shared === shared) return;
  await (shared ? house.vault.share(chosen.entry) : house.vault.unshare(chosen.entry));
}
