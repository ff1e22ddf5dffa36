import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as z from 'zod/mini';
import {
  Hello,
  isPrivate,
  isProof,
  linesOf,
  NONCE_VARIABLE,
  proofOf,
  type Listed,
  type Question,
  type Reply,
  Request,
  send,
  SOCKET_VARIABLE,
} from '../../cli/protocol.ts';
import type { Secret } from '../../core/secret.ts';

export interface Values {
  readonly values: Readonly<Record<string, Secret>>;
}
export interface Tokens {
  readonly tokens: Listed[];
}

/** Linux refuses 108 bytes, macOS 104 (measured; sockaddr_un). */
const PATH_LIMIT = 100;

/** Milliseconds within which whoever connects has to have proved itself. */
const IDLE = 10_000;

export interface BrokerPorts {
  /** What was asked for, after consent. */
  answer(question: Question): Promise<Values | Tokens>;
  /** The one sentence the person at the program reads. */
  sentenceOf(error: unknown): string;
}

interface Open {
  readonly server: Server;
  readonly path: string;
  /** What whoever asks has to know, and never says. */
  readonly nonce: string;
}

/**
 * The private socket by which `pat` gets values. It opens with the first task of ours, at a path nobody can guess
 * in a folder nobody else can enter, and goes with the window; opened again it is at another path, with another nonce.
 */
export class Broker {
  readonly #ports: BrokerPorts;
  readonly #sockets = new Set<Socket>();
  #open: Promise<Open> | undefined;

  constructor(ports: BrokerPorts) {
    this.#ports = ports;
  }

  /** What a process has to have in its environment to ask: where, and whom to expect. Neither is a permission. */
  async environment(): Promise<Readonly<Record<string, string>>> {
    this.#open ??= this.#listen().catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    const { path, nonce } = await this.#open;
    return { [SOCKET_VARIABLE]: path, [NONCE_VARIABLE]: nonce };
  }

  async close(): Promise<void> {
    const open = await this.#open?.catch(() => undefined);
    this.#open = undefined;
    if (open === undefined) return;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => open.server.close(resolve));
    if (process.platform !== 'win32') await rm(dirname(open.path), { recursive: true, force: true });
  }

  async #listen(): Promise<Open> {
    const path = await freePath();
    const nonce = randomBytes(32).toString('base64url');
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined); // the program went away; there is nobody to tell
      socket.setTimeout(IDLE, () => socket.destroy());
      void this.#serve(socket, nonce);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    server.unref();
    return { server, path, nonce };
  }

  /** One request a connection. Whoever does not follow the protocol is cut off without a word. */
  async #serve(socket: Socket, nonce: string): Promise<void> {
    try {
      const lines = linesOf(socket);
      const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? '');
      const hello = Hello.parse(await next());
      const challenge = randomBytes(32).toString('base64url');
      send(socket, { proof: proofOf(nonce, 'editor', hello.challenge), challenge });
      const { proof, question } = Request.parse(await next());
      if (!isProof(proof, proofOf(nonce, 'pat', challenge))) throw new Error('no proof');
      socket.setTimeout(0); // a person may take their time
      send(socket, await this.#reply(question));
      socket.end();
    } catch {
      socket.destroy();
    }
  }

  async #reply(question: Question): Promise<z.infer<typeof Reply>> {
    try {
      const answer = await this.#ports.answer(question);
      if ('tokens' in answer) return answer;
      const values = Object.entries(answer.values).map(([name, secret]) => [name, secret.reveal()] as const);
      return { values: Object.fromEntries(values) };
    } catch (error) {
      return { refused: this.#ports.sentenceOf(error) };
    }
  }
}

const FOLDER = 'pat-socket-';
const SOCKET = 's';

/** In a new folder that is ours alone (mkdtemp makes it 0700), or a pipe with a name of its own. */
async function freePath(): Promise<string> {
  if (process.platform === 'win32') return `\\\\.\\pipe\\pat-vault-${randomUUID()}`;
  const candidates = [process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'];
  for (const parent of candidates) {
    if (parent === undefined || parent === '' || Buffer.byteLength(parent) > PATH_LIMIT - 24) continue;
    try {
      const folder = await mkdtemp(join(parent, FOLDER));
      void sweep(parent, folder);
      return join(folder, SOCKET);
    } catch {
      continue; // not there, or not ours to write: the next one
    }
  }
  throw new Error('no folder for a private socket');
}

/** Removes what killed windows have left: folders of this user whose socket nobody listens on. */
async function sweep(parent: string, own: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(FOLDER))) {
    const path = join(parent, name, SOCKET);
    if (join(parent, name) === own || !(await isPrivate(path).catch(() => false))) continue;
    if (await isDead(path)) await rm(dirname(path), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    // A folder without a socket may belong to a window that is about to listen.
    socket.once('error', (error) => {
      resolve('code' in error && error.code === 'ECONNREFUSED');
    });
  });
}
