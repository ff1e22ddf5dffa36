import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { PatError } from '../core/errors.ts';
import { tell } from './notices.ts';

const name = z.string().check(z.regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/));

const connectionSchema = z.object({
  /** The name references use: `pat://<id>/…`. */
  id: name,
  kind: z.string(),
  /** What the tree shows; the id when absent. */
  name: z.optional(z.string()),
  /** The server's base address; the sandbox has none. */
  url: z.optional(z.string()),
});

/** One configured server, as `patVault.servers` holds it. Never a credential. */
export type Connection = z.infer<typeof connectionSchema>;

const section = () => vscode.workspace.getConfiguration('patVault');

/** Read once and kept until they change: rows are drawn by the thousand. */
const kept = new Map<string, unknown>();
const keep = <T>(name: string, read: () => T): T => {
  if (!kept.has(name)) kept.set(name, read());
  return kept.get(name) as T;
};

/** Keeps up with the settings, and tells what is wrong with them, each thing once. */
export function watchSettings(log: vscode.LogOutputChannel): vscode.Disposable {
  const told = new Set<string>();
  const look = () => {
    kept.clear();
    for (const { value, why } of servers().others) {
      const key = JSON.stringify(value);
      if (told.has(key)) continue;
      told.add(key);
      void tell(new PatError({ reason: 'bad-settings', why }), log);
    }
  };
  look();
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration('patVault')) look();
  });
}

/** The configured servers; entries of another shape, and second uses of an id, are left out. */
export const connections = () => servers().connections;

interface Servers {
  readonly connections: readonly Connection[];
  /** Entries that are none, as they stand there, and why. */
  readonly others: readonly { readonly value: unknown; readonly why: string }[];
}

const servers = () => keep('servers', readServers);

function readServers(): Servers {
  // Application scope: a workspace cannot add a server or change an address.
  const configured: unknown = section().inspect('servers')?.globalValue ?? [];
  if (!Array.isArray(configured)) {
    const why = vscode.l10n.t('{0} is not a list', 'patVault.servers');
    return { connections: [], others: [{ value: configured, why }] };
  }
  const found = new Map<string, Connection>();
  const others: { value: unknown; why: string }[] = [];
  for (const [index, value] of configured.entries()) {
    const parsed = connectionSchema.safeParse(value);
    if (parsed.success && !found.has(parsed.data.id)) {
      found.set(parsed.data.id, parsed.data);
      continue;
    }
    const path = parsed.success ? ['id'] : (parsed.error.issues[0]?.path ?? []);
    const where = [`patVault.servers[${index}]`, ...path.map(String)].join('.');
    const why = parsed.success
      ? vscode.l10n.t('{0} is that of another server', where)
      : vscode.l10n.t('{0} is missing, or is not what it should be', where);
    others.push({ value, why });
  }
  return { connections: [...found.values()], others };
}

export const connectionName = (connection: Connection) => connection.name ?? connection.id;

export async function saveConnections(
  change: (list: readonly Connection[]) => readonly Connection[],
): Promise<void> {
  // What we do not understand is not ours to remove.
  const list = [...change(connections()), ...servers().others.map(({ value }) => value)];
  await section().update('servers', list, vscode.ConfigurationTarget.Global);
}

export const expiryWarningDays = () =>
  keep('expiryWarningDays', () => section().get<number>('expiryWarningDays', 7));
export const clipboardClearSeconds = () => section().get<number>('clipboardClearSeconds', 60);
