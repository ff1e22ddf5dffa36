import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf } from '../core/errors.ts';
import type { Api, ApiAnswer, ApiRequest } from './api.ts';
import { Refusal } from './refusal.ts';

/** The wire: addresses, sizes, times, and errors as answers. */

const BODY_LIMIT = 1_048_576;
/** A longer body is read to its end and thrown away, up to here, so that its sender gets to read the answer. */
const DRAIN_LIMIT = 16 * BODY_LIMIT;

/** Names that only ever mean this machine: a page that had its own name point here sends that name. */
const HOSTS = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly port: number;
  /** How long a request may take to arrive. */
  readonly requestSeconds: number;
  readonly log: (line: string) => void;
}

/** Listens on 127.0.0.1. Rejects with the system's error, `EADDRINUSE` when the port is taken. */
export async function listen(api: Api, options: ListenOptions): Promise<Listening> {
  const milliseconds = options.requestSeconds * 1000;
  const server = createServer(
    {
      requireHostHeader: false,
      requestTimeout: milliseconds,
      headersTimeout: milliseconds,
      connectionsCheckingInterval: Math.min(1000, milliseconds / 2),
    },
    (request, response) => {
      void respond(api, request, response, options.log);
    },
  );
  server.on('clientError', refuseGarbage);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A TCP server's address is an object, not a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
        setTimeout(() => {
          server.closeAllConnections();
        }, 500).unref();
      }),
  };
}

async function respond(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  log: (line: string) => void,
): Promise<void> {
  let answer: ApiAnswer;
  try {
    answer = await api.answer(read(request));
  } catch (error) {
    const trackingId = randomUUID();
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, 'internal', 'The sandbox made a mistake; see its log.');
    if (refusal !== error) log(`sandbox ${trackingId}: ${messageOf(error)}`);
    answer = { status: refusal.status, headers: refusal.headers, body: refusal.body(trackingId) };
  }
  if (response.destroyed) return;
  if (answer.body === undefined) {
    response.writeHead(answer.status, { ...HEADERS, ...answer.headers }).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(answer.body));
  response
    .writeHead(answer.status, {
      ...HEADERS,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
      ...(request.complete ? {} : { Connection: 'close' }),
      ...answer.headers,
    })
    .end(body);
}

/** @throws Refusal for another host, and for a target that is no path */
function read(request: IncomingMessage): ApiRequest {
  const hosts = request.headersDistinct.host ?? [];
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !HOSTS.test(host)) {
    throw new Refusal(400, 'bad-host', 'This server is called as 127.0.0.1 or localhost.');
  }
  const target = request.url ?? '';
  const url = target.startsWith('/') ? URL.parse(`http://${host}${target}`) : null;
  if (url === null) throw new Refusal(400, 'bad-request', 'The request does not name a path.');
  return {
    method: request.method ?? '',
    url,
    header: (name) => request.headersDistinct[name]?.[0],
    body: (type) => readBody(request, type),
  };
}

async function readBody(request: IncomingMessage, type: string): Promise<string> {
  const [given = ''] = (request.headers['content-type'] ?? '').split(';');
  if (given.trim().toLowerCase() !== type || request.headers['content-encoding'] !== undefined) {
    throw new Refusal(415, 'unsupported-media-type', `The body must be ${type}, not compressed.`);
  }
  const bytes = await allOf(request);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'invalid-json', 'The body is not UTF-8.');
  }
}

function allOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = new Refusal(413, 'body-too-large', 'The body is over 1 MB.');
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
      else chunks = [];
      if (length > DRAIN_LIMIT) reject(tooLarge);
    });
    request.on('end', () => {
      if (length > BODY_LIMIT) reject(tooLarge);
      else resolve(Buffer.concat(chunks));
    });
    request.on('close', () => {
      reject(new Refusal(400, 'bad-request', 'The request broke off.'));
    });
    request.on('error', reject);
  });
}

/** Answers what was no HTTP request, or took too long to become one. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { line, refusal } = GARBAGE[error.code ?? ''] ?? BAD_REQUEST;
  const body = JSON.stringify(refusal.body(randomUUID()));
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

interface Garbage {
  readonly line: string;
  readonly refusal: Refusal;
}

const BAD_REQUEST: Garbage = {
  line: '400 Bad Request',
  refusal: new Refusal(400, 'bad-request', 'This is no HTTP request.'),
};
const GARBAGE: Readonly<Record<string, Garbage>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    refusal: new Refusal(408, 'too-slow', 'The request took too long.'),
  },
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    refusal: new Refusal(431, 'headers-too-large', 'The headers are too large.'),
  },
};
