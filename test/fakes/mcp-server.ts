import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface McpServer {
  readonly address: URL;
  /** The `Authorization` of each call, oldest first. */
  readonly authorizations: readonly string[];
  stop(): Promise<void>;
}

/** As much of an MCP server over HTTP as it takes to be started by an editor. */
export async function startMcpServer(): Promise<McpServer> {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    void json(request).then((message) => {
      const { id, method } = message as { id?: unknown; method: string };
      if (id === undefined) {
        response.writeHead(202).end();
        return;
      }
      const serverInfo = { name: 'fake', version: '1.0.0' };
      const result =
        method === 'initialize'
          ? { protocolVersion: '2025-03-26', capabilities: { tools: {} }, serverInfo }
          : { tools: [] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: new URL(`http://127.0.0.1:${port}/mcp`),
    authorizations,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
