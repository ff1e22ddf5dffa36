import type { PatVaultApi } from '../api.d.ts';
import type { Vault } from '../vault/vault.ts';

/** What other extensions are handed: names and dates of shared tokens. */
export function publicApi(vault: Vault): PatVaultApi {
  return {
    version: 1,
    sharedTokens: () =>
      vault
        .entries()
        .filter(({ shared }) => shared)
        .map((entry) => ({
          reference: vault.referenceOf(entry),
          accountId: entry.id,
          server: entry.serverId,
          alias: entry.alias,
          scopes: entry.scopes ?? undefined,
          expires: entry.expires ?? undefined,
        })),
    onDidChange: (listener) => ({ dispose: vault.onDidChange(listener) }),
  };
}
