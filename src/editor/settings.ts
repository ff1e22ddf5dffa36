import * as vscode from 'vscode';
import * as z from 'zod/mini';

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

/** Keeps up with the settings, and tells the log what is wrong with them. */
export function watchSettings(log: vscode.LogOutputChannel): vscode.Disposable {
  const look = () => {
    kept.clear();
    readConnections((why) => {
      log.warn(why);
    });
  };
  look();
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration('patVault')) look();
  });
}

/** The configured servers; entries of another shape, and second uses of an id, are left out and reported. */
export const connections = () => keep('servers', () => readConnections(() => undefined));

function readConnections(onBad: (why: string) => void): readonly Connection[] {
  // Application scope: a workspace cannot add a server or change an address.
  const configured: unknown = section().inspect('servers')?.globalValue ?? [];
  if (!Array.isArray(configured)) {
    onBad('patVault.servers is not a list');
    return [];
  }
  const found = new Map<string, Connection>();
  for (const [index, value] of configured.entries()) {
    const parsed = connectionSchema.safeParse(value);
    if (!parsed.success || found.has(parsed.data.id)) onBad(`patVault.servers[${index}] is not a server`);
    else found.set(parsed.data.id, parsed.data);
  }
  return [...found.values()];
}

export const connectionName = (connection: Connection) => connection.name ?? connection.id;

export async function saveConnections(
  change: (list: readonly Connection[]) => readonly Connection[],
): Promise<void> {
  await section().update('servers', change(connections()), vscode.ConfigurationTarget.Global);
}

export const expiryWarningDays = () =>
  keep('expiryWarningDays', () => section().get<number>('expiryWarningDays', 7));
export const clipboardClearSeconds = () => section().get<number>('clipboardClearSeconds', 60);
