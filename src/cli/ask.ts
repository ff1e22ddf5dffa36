import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type * as z from 'zod/mini';
import {
  type Answer,
  type Hello,
  isPrivate,
  isProof,
  linesOf,
  proofOf,
  type Question,
  Reply,
  type Request,
  send,
  Welcome,
} from './protocol.ts';
import { Refusal } from './refusal.ts';
import { findWindow } from './windows.ts';

/** The editor proves itself at once, or it is not there. */
const PROOF_SECONDS = 10;
/** A person may have to find the dialog first; a window that was closed answers never. */
const ANSWER_SECONDS = 300;

/**
 * Asks the editor that started this process – or, where that is enabled, one that is open – by reference.
 * @throws Refusal
 */
export async function askEditor(question: Question, environment: NodeJS.ProcessEnv): Promise<Answer> {
  const { socket: path, nonce } = await findWindow(question.cwd, environment);
  const safe = await isPrivate(path).catch(() => undefined);
  if (safe === undefined) throw new Refusal('the editor that started this has closed.');
  if (!safe) throw new Refusal('the socket of the editor is not private; nothing was asked.');

  const socket = connect(path);
  try {
    return await converse(socket, nonce, question);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('the editor that started this does not answer.', { cause: error });
  } finally {
    socket.destroy();
  }
}

/** The values of an answer that has some. */
export async function valuesFor(
  question: Question,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  const answer = await askEditor(question, environment);
  return 'values' in answer ? answer.values : {};
}

async function converse(socket: Socket, nonce: string, question: Question): Promise<Answer> {
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
  const proof = proofOf(nonce, 'pat', welcome.challenge);
  send(socket, { proof, question } satisfies z.infer<typeof Request>);
  const reply = Reply.parse(await next(ANSWER_SECONDS));
  if ('refused' in reply) throw new Refusal(reply.refused);
  return reply;
}
