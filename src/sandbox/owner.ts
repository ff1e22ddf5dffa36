import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod/mini';

/**
 * What the windows share beside the database: the key by which the server proves itself, and its port. Only the
 * owner writes them, while it holds the database.
 */

const KEY = 'proof.key';
const ADDRESS = 'address.json';

const KEY_TEXT = /^[0-9a-f]{64}$/;
const ADDRESS_JSON = z.object({ port: z.int().check(z.minimum(1), z.maximum(65_535)) });
const PROOF_JSON = z.object({ proof: z.string() });

export function keyFileOf(folder: string): string {
  return join(folder, KEY);
}

/** Makes the folder, for this user alone. */
export async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** The key; a new one where there is none, or a broken one. For the owner only. */
export async function ensureKey(folder: string): Promise<Buffer> {
  const kept = await readKey(keyFileOf(folder));
  if (kept !== undefined) return kept;
  const key = randomBytes(32);
  await writePrivate(folder, KEY, key.toString('hex'));
  return key;
}

export async function readPort(folder: string): Promise<number | undefined> {
  const text = await textOf(join(folder, ADDRESS));
  try {
    return ADDRESS_JSON.parse(JSON.parse(text ?? '')).port;
  } catch {
    return undefined;
  }
}

export async function writePort(folder: string, port: number): Promise<void> {
  await writePrivate(folder, ADDRESS, JSON.stringify({ port }));
}

/** Binds the challenge to the port, so that another process cannot pass the question on to the true server. */
export function proofOf(key: Buffer, challenge: string, port: number): string {
  return createHmac('sha256', key).update(`pat-vault-proof:${challenge}:${port}`).digest('hex');
}

/**
 * Whether the process that listens on `port` can read the key, and so is the sandbox of this user. To be asked
 * before a credential is sent there.
 */
export async function prove(port: number, keyFile: string, milliseconds = 2000): Promise<boolean> {
  const key = await readKey(keyFile);
  if (key === undefined) return false;
  const challenge = randomBytes(32).toString('hex');
  const answer = await answerTo(
    `http://127.0.0.1:${port}/.well-known/pat-vault-proof?challenge=${challenge}`,
    milliseconds,
  );
  const expected = Buffer.from(proofOf(key, challenge, port));
  const given = Buffer.from(answer ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function answerTo(address: string, milliseconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(milliseconds);
    const call = get(address, { agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > 1000) call.destroy();
      });
      response.on('close', () => {
        resolve(readProof(text));
      });
      response.on('error', () => {
        resolve(undefined);
      });
    });
    call.on('error', () => {
      resolve(undefined);
    });
  });
}

function readProof(text: string): string | undefined {
  try {
    return PROOF_JSON.parse(JSON.parse(text)).proof;
  } catch {
    return undefined;
  }
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await textOf(file);
  return text !== undefined && KEY_TEXT.test(text) ? Buffer.from(text, 'hex') : undefined;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whole or not at all, and readable by this user only. */
async function writePrivate(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, `${name}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, join(folder, name));
}
