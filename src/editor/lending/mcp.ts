import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { PatError } from '../../core/errors.ts';
import { REFERENCE_PREFIX } from '../../core/reference.ts';
import { definitionOf } from '../../vault/grants.ts';
import { speaking } from '../notices.ts';
import { commandLine } from './consent.ts';
import { firstFolder, type Lender } from './lender.ts';

const Server = z.object({
  label: z.string().check(z.minLength(1)),
  url: z.url(),
  headers: z.optional(z.record(z.string(), z.string())),
});

/** A reference wherever it stands in a header: `Bearer pat://server/alias`. */
const REFERENCE = new RegExp(`${REFERENCE_PREFIX}[a-z0-9/-]+`);

/**
 * MCP servers whose headers hold tokens by reference (`patVault.mcpServers`). What is provided is cached in plain text
 * and readable by every extension, so it holds references; the values come when a server is started.
 */
export function lendToMcpServers(lender: Lender): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('patVault.mcpServers')) changed.fire();
    }),
    vscode.lm.registerMcpServerDefinitionProvider('patVault.mcp', {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions: () =>
        serversSetting().map(
          ({ label, url, headers }) =>
            new vscode.McpHttpServerDefinition(label, vscode.Uri.parse(url, true), { ...headers }),
        ),
      resolveMcpServerDefinition: (server) =>
        server instanceof vscode.McpHttpServerDefinition
          ? speaking(() => withTokens(lender, server))
          : server,
    }),
  );
}

/** Application scope: a workspace cannot send a token anywhere. */
function serversSetting(): readonly z.infer<typeof Server>[] {
  const value: unknown = vscode.workspace.getConfiguration('patVault').inspect('mcpServers')?.globalValue;
  if (!Array.isArray(value)) return [];
  return value.flatMap((each) => {
    const parsed = Server.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
}

async function withTokens(
  lender: Lender,
  server: vscode.McpHttpServerDefinition,
): Promise<vscode.McpHttpServerDefinition> {
  const references = Object.fromEntries(
    Object.entries(server.headers).flatMap(([name, value]) => {
      const [reference] = REFERENCE.exec(value) ?? [];
      return reference === undefined ? [] : [[name, reference]];
    }),
  );
  if (Object.keys(references).length === 0) return server;
  const url = new URL(server.uri.toString(true));
  if (url.protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new PatError({ reason: 'insecure-address', address: url.origin });
  }
  const elsewhere = Object.values(references)
    .map((reference) => lender.entryOf(reference).origin)
    .filter((origin) => origin !== url.origin);
  const values = await lender.lend({
    consumer: 'mcp',
    who: server.label,
    shown: vscode.l10n.t('MCP server: {0}', commandLine([url.href])),
    meaning: [
      ...elsewhere.map((origin) =>
        vscode.l10n.t('The token is of {0}, and would be sent to {1}.', origin, url.origin),
      ),
      vscode.l10n.t(
        'The MCP server gets the token with each call. An answer for always holds for this address.',
      ),
    ].join('\n'),
    folder: firstFolder(),
    definition: definitionOf(['mcp', url.href], references),
    references,
  });
  const headers = { ...server.headers };
  for (const [name, secret] of Object.entries(values))
    headers[name] = (headers[name] ?? '').replace(REFERENCE, () => secret.reveal());
  return new vscode.McpHttpServerDefinition(server.label, server.uri, headers, server.version);
}
