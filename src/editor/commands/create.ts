import * as vscode from 'vscode';
import { messageOf, PatError } from '../../core/errors.ts';
import type { Draft } from '../../core/form.ts';
import type { PatServer } from '../../servers/server.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Clipboard } from '../clipboard.ts';
import { createAndStore, draftByKeyboard } from '../create.ts';
import type { House } from '../house.ts';
import { noticeOf } from '../notices.ts';
import type { Created, FormSession } from '../panels/form-panel.ts';
import { createWords, partWord } from '../panels/words.ts';
import { type Chosen, chooseServer, chooseToken, isReplaceable, isRevocable } from '../pick.ts';
import { type Connection, connectionName } from '../settings.ts';
import type { TokenNode } from '../nodes.ts';
import { dates, tokenLabel } from '../words.ts';

/** A form for a new token; `argument` may name the server, and scopes that something was refused for. */
export async function createInForm(
  house: House,
  clipboard: Clipboard,
  argument: unknown,
  prefill: Partial<Draft> = {},
  replaced?: Chosen,
  done?: (entry: Entry | undefined) => void,
): Promise<void> {
  const connection = await chooseServer(house, argument);
  if (connection === undefined) return;
  const wanted = scopesIn(argument);
  const { server } = await house.connections.server(connection.id);
  const caller = await server.caller(new AbortController().signal);
  const { create } = caller.abilities;
  if (create.by === 'none') {
    throw new PatError({
      reason: 'missing-right',
      right: create.missingRight ?? vscode.l10n.t('a server that lets you'),
    });
  }
  const session: FormSession = {
    key: connection.id,
    title: vscode.l10n.t('Create Token: {0}', connectionName(connection)),
    words: createWords(connectionName(connection)),
    account: caller.account.name,
    prefill:
      wanted.length === 0 ? prefill : { ...prefill, scopes: [...(await ownScopes(server)), ...wanted] },
    ...(done === undefined
      ? {}
      : {
          onClosed: () => {
            done(undefined);
          },
        }),
    form: (signal) => server.form(signal),
    nameTaken: (name, draft, signal) => server.nameTaken(name, draft, signal),
    submit: async (draft, signal) => {
      return shownInForm(house, async () => {
        const entry = await createAndStore(house, clipboard, connection, draft, signal, replaced?.entry);
        if (entry !== undefined && replaced !== undefined) void offerToRevoke(house, replaced);
        if (entry !== undefined) done?.(entry);
        if (entry !== undefined && wanted.length > 0) void offerToSignIn(house, connection, entry);
        return entry === undefined ? undefined : createdOf(house, clipboard, entry);
      });
    },
  };
  const { openFormPanel } = await import('../panels/form-panel.ts');
  openFormPanel(house.context, session);
}

/** The same for somebody who waits for the token; `undefined`: the form was closed without one. */
export async function createFor(house: House, clipboard: Clipboard): Promise<Entry | undefined> {
  const { promise, resolve } = Promise.withResolvers<Entry | undefined>();
  const connection = await chooseServer(house, undefined);
  if (connection === undefined) return undefined;
  await createInForm(house, clipboard, { type: 'server', serverId: connection.id }, {}, undefined, resolve);
  return promise;
}

/** What a notice adds to the server ("Create with This Scope"). */
function scopesIn(argument: unknown): readonly string[] {
  const { scopes } = (argument ?? {}) as { readonly scopes?: unknown };
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [];
}

/** Of the token this editor is signed in with; none where that one is not listed. */
async function ownScopes(server: PatServer): Promise<readonly string[]> {
  try {
    for await (const page of server.tokens({ owner: 'me' }, new AbortController().signal)) {
      const own = page.find((token) => server.isOwn(token));
      if (own !== undefined) return own.scopes ?? [];
    }
  } catch (error) {
    // Perhaps reading the list is just what it may not do.
    if (!PatError.is(error, 'missing-right')) throw error;
  }
  return [];
}

/** A token made for want of a scope is of use once one signs in with it. */
async function offerToSignIn(house: House, connection: Connection, entry: Entry): Promise<void> {
  const kind = await house.connections.kindOf(connection);
  if (!kind.tokensSignIn) return;
  const signIn = vscode.l10n.t('Sign In with It');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      '{0} is created. Shall PAT Vault sign in to {1} with it from now on?',
      entry.alias,
      connectionName(connection),
    ),
    signIn,
  );
  if (answer !== signIn) return;
  await house.connections.keep(connection.id, new URL(entry.origin), await house.vault.read(entry));
  await house.inventory.refresh(connection.id);
}

/** Failures as the form shows them: at the name, or in one sentence; turning away is none. */
export async function shownInForm<T>(house: House, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (PatError.is(error, 'cancelled')) return undefined;
    if (PatError.is(error, 'name-taken')) throw error;
    house.log.error(messageOf(error));
    throw new Error(noticeOf(error).sentence, { cause: error });
  }
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
      entry.expires === null
        ? ''
        : entry.expires === 'never'
          ? vscode.l10n.t('never')
          : dates.exact(entry.expires),
    parts: entry.parts.map((name) => ({ name, label: partWord(name) })),
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
  const copyReference = vscode.l10n.t('Copy Reference');
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Created {0}. Its secret is stored; {1} will not show it again.',
      entry.alias,
      connectionName(connection),
    ),
    copyReference,
  );
  if (chosen === copyReference) await vscode.env.clipboard.writeText(house.vault.referenceOf(entry));
}

/** The form again, filled with what is known of a token; the new secret takes over its alias. */
export async function createReplacement(
  house: House,
  clipboard: Clipboard,
  argument: unknown,
): Promise<void> {
  const chosen = await chooseToken(
    house,
    argument,
    isReplaceable(house),
    vscode.l10n.t('Create Replacement'),
  );
  if (chosen === undefined) return;
  const node = { type: 'server', serverId: chosen.connection.id };
  await createInForm(house, clipboard, node, likeness(house, chosen), chosen);
}

/** The form again, filled with what is known of a token. */
export async function createLikeThis(house: House, clipboard: Clipboard, argument: unknown): Promise<void> {
  const chosen = await chooseToken(house, argument, () => true, vscode.l10n.t('Create Like This'));
  if (chosen === undefined) return;
  const node = { type: 'server', serverId: chosen.connection.id };
  await createInForm(house, clipboard, node, likeness(house, chosen));
}

function likeness(house: House, { token, connection, entry }: Chosen): Partial<Draft> {
  const taken = new Set(house.inventory.of(connection.id).tokens.map(({ name }) => name));
  const base = token.name ?? entry?.alias ?? '';
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  return {
    name,
    ...(token.description === undefined ? {} : { description: token.description }),
    ...(token.scopes === undefined ? {} : { scopes: token.scopes }),
  };
}

/** A replaced token lives on at its server until somebody ends it. */
async function offerToRevoke(house: House, { connection, token, entry }: Chosen): Promise<void> {
  if (!isRevocable(house)({ connection, token, entry })) return;
  const revoke = vscode.l10n.t('Revoke Token…');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t(
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
