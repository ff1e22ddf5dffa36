import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type * as z from 'zod/mini';
import {
  type Hello,
  isPrivate,
  isProof,
  linesOf,
  NONCE_VARIABLE,
  proofOf,
  Reply,
  type Request,
  send,
  SOCKET_VARIABLE,
  Welcome,
} from './protocol.ts';

/** A failure whose message is the sentence the user reads. */
export class Refusal extends Error {}

/** The editor proves itself at once, or it is not there. */
const PROOF_SECONDS = 10;
/** A person may have to find the dialog first; a window that was closed answers never. */
const ANSWER_SECONDS = 300;

/**
 * Asks the editor that started this process for values by reference.
 * @returns name of the variable → value
 * @throws Refusal
 */
export async function askEditor(
  request: Request,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  const path = environment[SOCKET_VARIABLE];
  const nonce = environment[NONCE_VARIABLE];
  if (path === undefined || nonce === undefined || path === '' || nonce === '') {
    throw new Refusal('no editor with PAT Vault started this; run it as a task of type "pat-vault".');
  }
  const safe = await isPrivate(path).catch(() => undefined);
  if (safe === undefined) throw new Refusal('the editor that started this has closed.');
  if (!safe) throw new Refusal('the socket of the editor is not private; nothing was asked.');

  const socket = connect(path);
  try {
    return await converse(socket, nonce, request);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('the editor that started this does not answer.', { cause: error });
  } finally {
    socket.destroy();
  }
}

async function converse(
  socket: Socket,
  nonce: string,
  request: Request,
): Promise<Readonly<Record<string, string>>> {
  const lines = linesOf(socket);
  const next = async (seconds: number): Promise<unknown> => {
    const timer = setTimeout(() => {
      socket.destroy(new Refusal(`the editor did not answer within ${seconds} seconds.`));
    }, seconds * 1000);
    const { value } = await lines.next();
    clearTimeout(timer);
    if (value === undefined) throw new Error('the socket was closed');
    return JSON.parse(value);
  };

  const challenge = randomBytes(32).toString('base64url');
  send(socket, { version: 1, challenge } satisfies z.infer<typeof Hello>);
  const welcome = Welcome.parse(await next(PROOF_SECONDS));
  if (!isProof(welcome.proof, proofOf(nonce, 'editor', challenge))) {
    throw new Refusal('another program answers in place of the editor; nothing was asked.');
  }
  send(socket, { ...request, proof: proofOf(nonce, 'pat', welcome.challenge) });
  const reply = Reply.parse(await next(ANSWER_SECONDS));
  if ('refused' in reply) throw new Refusal(reply.refused);
  return reply.values;
}
