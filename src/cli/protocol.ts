import { createHmac, timingSafeEqual } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

/**
 * What `pat` and the editor say to each other over the private socket: one JSON text a line, each line bounded.
 *
 *   pat → editor   Hello      a challenge
 *   editor → pat   Welcome    its proof for that challenge, and one of its own
 *   pat → editor   Request    its proof, and a question
 *   editor → pat   Reply      the answer, or one sentence that says why not
 *
 * The proofs show that both hold the nonce the editor gave to the process it started; they are no permission.
 * Permission is the person's consent to the folder, the tokens and the command line of a request.
 */
export const SOCKET_VARIABLE = 'PAT_SOCK';
export const NONCE_VARIABLE = 'PAT_NONCE';

/** Bytes of a line. A request holds an argument list; whoever has a longer one keeps it in a file. */
export const LINE_LIMIT = 64 * 1024;

const challenge = z.string().check(z.minLength(16), z.maxLength(128));
const proof = z.string().check(z.maxLength(128));

export const Hello = z.object({ version: z.literal(1), challenge });

export const Welcome = z.object({ proof, challenge });

/** Where `pat` was started: the folder it is meant for. */
const cwd = z.string().check(z.minLength(1));

export const Question = z.discriminatedUnion('ask', [
  /** Values for a program: name of the variable → reference. */
  z.object({
    ask: z.literal('run'),
    cwd,
    command: z.array(z.string()).check(z.minLength(1)),
    /** Set for the program beside its tokens, and able to make another one of it: `NODE_OPTIONS`, `PATH`. */
    variables: z.record(z.string(), z.string()),
    /** Hash of the launch configuration that the program is started by. */
    launch: z.optional(z.string()),
    references: z.record(z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)), z.string()),
  }),
  /** One value for whoever reads our output; `for` a person or script, or npm and its like. */
  z.object({ ask: z.literal('get'), cwd, reference: z.string(), for: z.enum(['anybody', 'npm']) }),
  /** The names of stored tokens. */
  z.object({ ask: z.literal('list'), cwd }),
  /** What git asks its credential helper. */
  z.object({ ask: z.literal('git'), cwd, protocol: z.string(), host: z.string(), path: z.string() }),
]);
export type Question = z.infer<typeof Question>;

export const Request = z.object({ proof, question: Question });

/** A stored token, without its secret. */
export const Listed = z.object({
  reference: z.string(),
  status: z.string(),
  /** ISO 8601, or `never`; null where its server does not say. */
  expires: z.nullable(z.string()),
});
export type Listed = z.infer<typeof Listed>;

/** What is answered: values by name – `run` by variable, `get` as `secret`, `git` as `username` and `password`. */
export const Answer = z.union([
  z.object({ values: z.record(z.string(), z.string()) }),
  z.object({ tokens: z.array(Listed) }),
]);
export type Answer = z.infer<typeof Answer>;

export const Reply = z.union([Answer, z.object({ refused: z.string() })]);

/** One window that programs started elsewhere may ask (`patVault.cli.enabled`): a file in a private folder. */
export const WindowFile = z.object({
  version: z.literal(1),
  pid: z.number(),
  socket: z.string(),
  nonce: z.string(),
  folders: z.array(z.string()),
});
export type WindowFile = z.infer<typeof WindowFile>;
/** Names the folder of these files; the installed `pat` sets it. */
export const WINDOWS_VARIABLE = 'PAT_VAULT_WINDOWS';

/** In a terminal of a debug session: the hash of the launch configuration. */
export const LAUNCH_VARIABLE = 'PAT_LAUNCH';

/** Shows that `who` holds the nonce, without showing the nonce. */
export function proofOf(nonce: string, who: 'editor' | 'pat', challengeText: string): string {
  return createHmac('sha256', nonce).update(`${who}:${challengeText}`).digest('base64url');
}

export function isProof(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export function send(socket: Socket, message: object): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** The lines that arrive, one at a time, so that the other side cannot pile them up. @throws Error over the limit */
export async function* linesOf(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (end > LINE_LIMIT) break;
      yield rest.toString('utf8', 0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > LINE_LIMIT) throw new Error('a line is longer than the limit');
  }
  return undefined;
}

/**
 * Whether a socket's folder keeps everybody else out. The socket itself is open to all (0755, measured): whoever can
 * enter the folder can connect. Windows guards named pipes by their owner.
 */
export async function isPrivate(socketPath: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const folder = await lstat(dirname(socketPath));
  return folder.isDirectory() && folder.uid === process.getuid?.() && (folder.mode & 0o077) === 0;
}
