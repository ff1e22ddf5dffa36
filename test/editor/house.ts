import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { Reason } from '../../src/core/errors.ts';
import { type Draft, initialDraft } from '../../src/core/form.ts';
import { Clipboard } from '../../src/editor/clipboard.ts';
import { createAndStore } from '../../src/editor/create.ts';
import type { House } from '../../src/editor/house.ts';
import { saveConnections } from '../../src/editor/settings.ts';
import type { Entry } from '../../src/vault/entry.ts';

/** By shape: the extension's bundle has its own PatError class. */
export const because = (reason: Reason) => (error: unknown) =>
  error instanceof Error && (error as { problem?: { reason?: unknown } }).problem?.reason === reason;

export const signal = new AbortController().signal;

/** What the extension itself built: the true SecretStorage, settings, storage and sandbox. */
export async function house(): Promise<House> {
  const extension = vscode.extensions.getExtension<House>('patvault.pat-vault');
  assert.ok(extension);
  return extension.activate();
}

export async function create(h: House, name: string, values: Draft = {}, replaces?: Entry): Promise<Entry> {
  const { connection, server } = await h.connections.server('sandbox');
  const draft = { ...initialDraft(await server.form(signal), h.clock.now()), name, ...values };
  const entry = await createAndStore(h, new Clipboard(), connection, draft, signal, replaces);
  assert.ok(entry);
  return entry;
}

/** Calls the sandbox as a program with the token would. */
export async function whoami(h: House, secret: string): Promise<number> {
  const { address } = await h.connections.server('sandbox');
  return (await fetch(new URL('/whoami', address), { headers: { authorization: `Bearer ${secret}` } }))
    .status;
}

/** The sandbox as the only server, with its tokens listed. */
export async function connectSandbox(h: House): Promise<void> {
  await saveConnections(() => [{ id: 'sandbox', kind: 'sandbox', name: 'Sandbox' }]);
  await h.inventory.refresh('sandbox');
}
