import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import { conditionOf, isLive, type Token } from '../core/token.ts';
import type { Entry } from '../vault/entry.ts';
import type { House } from './house.ts';
import { isWhole } from './inventory.ts';
import { connectionName, expiryWarningDays, type Connection } from './settings.ts';
import type { ServerNode, TokenNode } from './nodes.ts';
import { conditionWord, expiryWords, tokenLabel } from './words.ts';

/** A listed token, where it is listed, and the entry of its secret when there is one. */
export interface Chosen {
  readonly connection: Connection;
  readonly token: Token;
  readonly entry: Entry | undefined;
}

/** Commands get a node from the tree, nothing from the palette, and anything at all from other extensions. */
function nodeOf(argument: unknown): ServerNode | TokenNode | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const { type, serverId, tokenId } = argument as Readonly<Record<string, unknown>>;
  if (typeof serverId !== 'string') return undefined;
  if (type === 'token' && typeof tokenId === 'string') return { type, serverId, tokenId };
  return type === 'token' ? undefined : { type: 'server', serverId };
}

/** The server meant by `argument`, the only one, or the one the user picks. `undefined`: they turned away. */
export async function chooseServer(house: House, argument: unknown): Promise<Connection | undefined> {
  const node = nodeOf(argument);
  if (node !== undefined) return house.connections.find(node.serverId);
  const servers = house.connections.list();
  const [first, ...more] = servers;
  if (first === undefined) {
    await vscode.commands.executeCommand('patVault.addServer');
    return undefined;
  }
  if (more.length === 0) return first;
  const picked = await vscode.window.showQuickPick(
    servers.map((connection) => ({
      label: connectionName(connection),
      description: connection.url ?? '',
      connection,
    })),
    { title: vscode.l10n.t('PAT Server'), placeHolder: vscode.l10n.t('Choose a server') },
  );
  return picked?.connection;
}

/** The token meant by `argument`, or the one the user picks among those that pass `filter`. */
export async function chooseToken(
  house: House,
  argument: unknown,
  filter: (chosen: Chosen) => boolean,
  title: string,
): Promise<Chosen | undefined> {
  const node = nodeOf(argument);
  if (node?.type === 'token') return chosenOf(house, node);
  const picked = await vscode.window.showQuickPick(await pickable(house, filter), {
    title,
    placeHolder: vscode.l10n.t('Choose a token'),
    matchOnDescription: true,
  });
  return picked?.chosen;
}

export async function chooseTokens(
  house: House,
  argument: unknown,
  filter: (chosen: Chosen) => boolean,
  title: string,
): Promise<readonly Chosen[]> {
  const node = nodeOf(argument);
  if (node?.type === 'token') return [chosenOf(house, node)];
  const picked = await vscode.window.showQuickPick(await pickable(house, filter), {
    title,
    placeHolder: vscode.l10n.t('Choose one or several tokens'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return picked?.map(({ chosen }) => chosen) ?? [];
}

export function chosenOf(
  house: House,
  { serverId, tokenId }: Pick<TokenNode, 'serverId' | 'tokenId'>,
): Chosen {
  const connection = house.connections.find(serverId);
  const token = house.inventory.token(serverId, tokenId);
  if (token === undefined)
    throw new PatError({ reason: 'not-found', what: vscode.l10n.t('this token any more') });
  return { connection, token, entry: house.vault.entryOf(serverId, token) };
}

/** May be revoked from here. */
export const isRevocable = (house: House) => (chosen: Chosen) =>
  isLive(chosen.token, house.clock.now()) && !chosen.token.managed;

/** Something of it can be changed by this caller. */
export const isChangeable =
  (house: House) =>
  ({ connection, token }: Chosen): boolean =>
    house.inventory.of(connection.id).caller?.abilities.change.by === 'api' &&
    isLive(token, house.clock.now()) &&
    !token.managed;

/** Its secret is lost, or the token is over: a new one can take the place of its entry. */
export const isReplaceable =
  (house: House) =>
  ({ token, entry }: Chosen): boolean =>
    entry !== undefined && (house.vault.presenceOf(entry) === 'missing' || !isLive(token, house.clock.now()));

export const isStored = ({ entry }: Chosen) => entry !== undefined;

/** Fetches what is not here yet: of servers nobody has looked at, and of lists that are not whole. */
export async function loadAll(house: House): Promise<void> {
  const partial = house.inventory.all().filter((listing) => listing.state !== 'failed' && !isWhole(listing));
  await Promise.all(partial.map(({ connection }) => house.inventory.refresh(connection.id)));
}

/** What to say of servers whose tokens are not known, signed out or out of reach; empty where there are none. */
export function unread(house: House): string {
  const names = house.inventory
    .all()
    .filter((listing) => !isWhole(listing))
    .map(({ connection }) => connectionName(connection));
  return names.length === 0 ? '' : vscode.l10n.t('Not looked at: {0}.', names.join(', '));
}

async function pickable(house: House, filter: (chosen: Chosen) => boolean) {
  await loadAll(house);
  const now = house.clock.now();
  const all = house.inventory.all().flatMap(({ connection, tokens }) =>
    tokens.map((token): Chosen => ({
      connection,
      token,
      entry: house.vault.entryOf(connection.id, token),
    })),
  );
  const items = all.filter(filter).map((chosen) => ({
    label: tokenLabel(chosen.token, chosen.entry?.alias),
    description: [
      connectionName(chosen.connection),
      conditionWord(conditionOf(chosen.token, now, expiryWarningDays())),
      expiryWords(chosen.token, now),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    chosen,
  }));
  if (items.length === 0) {
    throw new PatError({ reason: 'not-found', what: vscode.l10n.t('a token this can be done with') });
  }
  return items;
}
