import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One personal access token of the tenant, as its API lists it, and its secret. */
interface Row {
  readonly id: string;
  readonly secret: string;
  name: string;
  scope: readonly string[];
  readonly owner: { readonly type: 'IDENTITY'; readonly id: string; readonly name: string };
}

export interface Tenant {
  readonly address: URL;
  readonly login: { readonly clientId: string; readonly secret: string };
  readonly rows: readonly Row[];
  stop(): Promise<void>;
}

const ALL = 'idn:all-personal-access-tokens:read';
const alice = { type: 'IDENTITY', id: 'alice', name: 'Alice' } as const;
const bob = { type: 'IDENTITY', id: 'bob', name: 'Bob' } as const;

/**
 * As much of a SailPoint tenant, version v2025, as Prism cannot do: it remembers, it exchanges for bearers that are
 * worth what their token's scopes allow, and it lists everybody's tokens only with the right to. Alice logs in.
 */
export async function startTenant(bearerSeconds = 720): Promise<Tenant> {
  const row = (name: string, scope: readonly string[], owner: Row['owner'] = alice): Row => ({
    ...{ id: randomUUID().replaceAll('-', ''), secret: randomBytes(32).toString('hex'), name, scope, owner },
  });
  const login = row('laptop', ['idn:my-personal-access-tokens:read', 'sp:my-personal-access-tokens:manage']);
  const rows = [login, row('of bob', ['sp:scopes:all'], bob)];
  const bearers = new Map<string, Row>();

  const server = createServer((request, response) => {
    void answer(request).then(
      ({ status = 200, body }) => {
        send(response, status, body);
      },
      () => {
        send(response, 500, { messages: [] });
      },
    );
  });

  async function answer(request: IncomingMessage): Promise<{ status?: number; body?: unknown }> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://tenant');
    const body = await text(request);
    if (pathname === '/oauth/token') {
      const form = new URLSearchParams(body);
      const token = rows.find(({ id }) => id === form.get('client_id'));
      if (token?.secret !== form.get('client_secret'))
        return { status: 401, body: { error: 'invalid_client' } };
      const access_token = randomBytes(24).toString('hex');
      bearers.set(access_token, token);
      return { body: { access_token, token_type: 'bearer', expires_in: bearerSeconds } };
    }
    const caller = bearers.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
    if (caller === undefined || !rows.includes(caller)) return { status: 401, body: { error: 'no bearer' } };
    const [, , id] = pathname.split('/').slice(1);
    switch (request.method) {
      case 'GET': {
        const mine = searchParams.get('owner-id') === 'me';
        if (!mine && !caller.scope.includes(ALL)) return forbidden;
        return { body: rows.filter(({ owner }) => !mine || owner.id === caller.owner.id).map(listed) };
      }
      case 'POST': {
        const { name, scope } = JSON.parse(body) as Row;
        const made = row(name, scope, caller.owner);
        rows.push(made);
        return { body: { ...listed(made), secret: made.secret } };
      }
      case 'DELETE':
        rows.splice(
          rows.findIndex((each) => each.id === id),
          1,
        );
        return { status: 204 };
      default:
        return { status: 405 };
    }
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: new URL(`http://127.0.0.1:${port}/v2025`),
    login: { clientId: login.id, secret: login.secret },
    rows,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const forbidden = {
  status: 403,
  body: { detailCode: '403', trackingId: 'x', messages: [{ text: 'The server understood the request.' }] },
};

const listed = ({ id, name, scope, owner }: Row) => ({
  ...{ id, name, scope, owner, managed: false, lastUsed: null, accessTokenValiditySeconds: 43_200 },
  created: '2026-10-01T00:00:00.000Z',
  expirationDate: '2036-10-01T00:00:00.000Z',
});

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
