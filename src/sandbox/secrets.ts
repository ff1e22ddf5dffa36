import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A secret is `patv_`, 43 base-62 digits for 256 random bits, and 6 for the CRC-32 of all before: scanners
 * recognise one without asking the server, and a mistyped one costs no look-up.
 */
const PREFIX = 'patv_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^(${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`);

export function mintSecret(): string {
  const body = PREFIX + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), RANDOM_LENGTH);
  return body + checksum(body);
}

/** Whether `text` has the form and checksum of a secret of ours. */
export function isSecret(text: string): boolean {
  const [, body, sum] = FORM.exec(text) ?? [];
  return body !== undefined && checksum(body) === sum;
}

/** What is kept of a secret. 256 random bits need no salt and no slow hash. */
export interface Kept {
  readonly hash: Buffer;
  /** An indexed part of the hash, so that finding the row compares nothing that belongs to the secret itself. */
  readonly lookup: string;
  readonly start: string;
  readonly end: string;
}

export function keep(secret: string): Kept {
  const hash = createHash('sha256').update(secret).digest();
  return {
    hash,
    lookup: hash.toString('hex', 0, 8),
    start: secret.slice(0, PREFIX.length + 4),
    end: secret.slice(-4),
  };
}

/** In constant time. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text;
}
