import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAgedSandbox, type AgedSandbox } from './aged-sandbox.ts';

export const AUTHORITY = join(import.meta.dirname, 'tls/authority.pem');

export interface Forge {
  /** `https://localhost:…/`: a server of the standard kind, and of git at `/git/<repository>.git`. */
  readonly address: URL;
  readonly sandbox: AgedSandbox;
  stop(): Promise<void>;
}

/**
 * A forge of git repositories with personal access tokens, over https with a certificate of a company's own authority:
 * the sandbox's tokens, and git's own server behind them. A repository is for the token of its name only.
 */
export async function startForge(repositories: readonly string[]): Promise<Forge> {
  const sandbox = await startAgedSandbox([]);
  const folder = mkdtempSync(join(tmpdir(), 'forge-'));
  for (const name of repositories) makeRepository(folder, name);
  const pem = readFileSync(join(import.meta.dirname, 'tls/localhost.pem'));
  const server = https.createServer({ key: pem, cert: pem }, (request, response) => {
    const [, repository] = /^\/git\/([\w-]+)\.git\//.exec(request.url ?? '') ?? [];
    if (repository === undefined) forward(sandbox.address, request, response);
    else
      void serveGit(folder, repository, sandbox.address, request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: new URL(`https://localhost:${port}/`),
    sandbox,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeRepository(folder: string, name: string): void {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
  const who = ['-c', 'user.name=Forge', '-c', 'user.email=forge@example.test'];
  git('init', '--quiet', name);
  git('-C', name, ...who, 'commit', '--quiet', '--allow-empty', '-m', `first of ${name}`);
  git('clone', '--quiet', '--bare', name, `${name}.git`);
}

function forward(to: URL, request: IncomingMessage, response: ServerResponse): void {
  const headers = { ...request.headers, host: to.host };
  const onward = http.request(
    new URL(request.url ?? '/', to),
    { method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

async function serveGit(
  folder: string,
  repository: string,
  sandbox: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const basic = request.headers.authorization?.replace('Basic ', '') ?? '';
  const token = Buffer.from(basic, 'base64').toString().split(':')[1] ?? '';
  const who = await fetch(new URL('whoami', sandbox), { headers: { authorization: `Bearer ${token}` } });
  const said = (await who.json()) as { token?: { name?: string } };
  if (who.status !== 200 || said.token?.name !== repository) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
    return;
  }
  const url = new URL(request.url ?? '/', 'https://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname.replace('/git', ''),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  const pieces: Buffer[] = [];
  for await (const piece of backend.stdout) pieces.push(piece as Buffer);
  const answer = Buffer.concat(pieces);
  const end = answer.indexOf('\r\n\r\n');
  for (const line of answer.toString('utf8', 0, end).split('\r\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(answer.subarray(end + 4));
}
