import type * as vscode from 'vscode';
import type { SecretStore } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';

/** VS Code's SecretStorage as our port: values are `Secret` on this side of it. */
export function secretStore(storage: vscode.SecretStorage): SecretStore {
  return {
    async get(key) {
      const value = await storage.get(key);
      return value === undefined ? undefined : new Secret(value);
    },
    store: async (key, value) => {
      await storage.store(key, value.reveal());
    },
    delete: async (key) => {
      await storage.delete(key);
    },
    keys: async () => await storage.keys(),
  };
}
