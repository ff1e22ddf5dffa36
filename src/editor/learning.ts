import type * as vscode from 'vscode';
import type { House } from './house.ts';
import { logError } from './notices.ts';

/** Keeps the ledger up with what the servers list: a token that was revoked or prolonged elsewhere is so here too. */
export function learnFromLists(house: House): vscode.Disposable {
  const learn = async (serverId: string) => {
    for (const entry of house.vault.entries().filter((one) => one.serverId === serverId)) {
      const token = house.inventory.token(serverId, entry.tokenId);
      if (token !== undefined && house.vault.entryOf(serverId, token)?.id === entry.id)
        await house.vault.learn(entry, token);
    }
  };
  return house.inventory.onDidChange((serverId) => {
    if (serverId === undefined || house.inventory.stateOf(serverId) !== 'loaded') return;
    learn(serverId).catch((error: unknown) => {
      logError(error, house.log);
    });
  });
}
