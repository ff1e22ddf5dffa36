import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { House } from '../../src/editor/house.ts';
import { saveConnections } from '../../src/editor/settings.ts';
import { because, connectSandbox, create, house } from './house.ts';

const url = 'https://pats.example.test/';

// The authority of test/fakes/tls is trusted by the whole editor (run-editor.ts), as a company's own would be.
// A name, because the editor sends calls to 127.0.0.1 and localhost past its proxy.
describe('a server behind the proxy of the editor', () => {
  let h: House;
  const tunnels: string[] = [];
  const servers: net.Server[] = [];

  const listen = async (server: net.Server): Promise<number> => {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  const refreshed = async (id: string) => {
    await h.inventory.refresh(id);
    return h.inventory.of(id);
  };

  before(async () => {
    h = await house();
    await connectSandbox(h);
    const { address } = await h.connections.server('sandbox');
    const tls = (path: string) => {
      const pem = readFileSync(join(h.context.extensionPath, path), 'utf8');
      return https.createServer({ key: pem, cert: pem }, forwardTo(address));
    };
    const ports: Readonly<Record<string, number>> = {
      'pats.example.test:443': await listen(tls('test/fakes/tls/pats.example.test.pem')),
      'self-made.example.test:443': await listen(tls('test/unit/servers/localhost.pem')),
    };
    const proxy = http.createServer((_, response) => response.writeHead(400).end());
    proxy.on('connect', ({ url: target = '' }: http.IncomingMessage, client: net.Socket) => {
      tunnels.push(target);
      const port = ports[target];
      if (port === undefined) return client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      const upstream = net.connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      upstream.on('error', () => client.destroy());
      return client.on('error', () => upstream.destroy());
    });
    await setProxy(`http://127.0.0.1:${await listen(proxy)}`);

    const { secret } = await h.vault.read(await create(h, 'from-far', { scopes: ['tokens:read'] }));
    await saveConnections((list) => [
      ...list,
      { id: 'far', kind: 'standard', url },
      { id: 'self-made', kind: 'standard', url: 'https://self-made.example.test/' },
      { id: 'nowhere', kind: 'standard', url: 'https://nowhere.example.test/' },
    ]);
    for (const id of ['far', 'self-made', 'nowhere'])
      await h.connections.keep(id, new URL(h.connections.find(id).url ?? ''), { secret });
  });

  after(async () => {
    await setProxy(undefined);
    for (const id of ['far', 'self-made', 'nowhere']) await h.connections.signOut(id);
    await connectSandbox(h);
    for (const server of servers) server.close();
  });

  it('is reached through a tunnel, its certificate checked', async () => {
    const listing = await refreshed('far');
    assert.equal(listing.state, 'loaded', String(listing.error));
    assert.ok(listing.tokens.length > 0);
    assert.ok(tunnels.includes('pats.example.test:443'));
  });

  it('is told nothing when nobody vouches for its certificate', async () => {
    const listing = await refreshed('self-made');
    assert.ok(because('untrusted-certificate')(listing.error), String(listing.error));
    assert.ok(tunnels.includes('self-made.example.test:443'));
  });

  it('has failed when the proxy does not find it', async () => {
    const listing = await refreshed('nowhere');
    assert.ok(because('server-failed')(listing.error), String(listing.error));
    assert.ok(tunnels.includes('nowhere.example.test:443'));
  });
});

const setProxy = (proxy: string | undefined) =>
  vscode.workspace.getConfiguration('http').update('proxy', proxy, vscode.ConfigurationTarget.Global);

/** The sandbox as a server elsewhere: it answers to its own name only. */
function forwardTo(address: URL): http.RequestListener {
  return (request, response) => {
    const onward = http.request(
      new URL(request.url ?? '/', address),
      { method: request.method, headers: { ...request.headers, host: address.host } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
}
