import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

/** A secret found where none should be: in which place, and in what disguise. Never the secret itself. */
export interface Finding {
  readonly place: string;
  readonly disguise: string;
}

/** Files above this are read in part; nothing of an editor's data comes near it. */
const MAX_BYTES = 256 * 1024 * 1024;
/** An archive in an archive in an archive. */
const MAX_DEPTH = 3;

/** Looks for secrets in every file below a folder; a file that vanishes meanwhile is none to worry about. */
export async function scanFolder(folder: string, secrets: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() !== true || facts.size > MAX_BYTES) continue;
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) findings.push(...scan(name, bytes, secrets));
  }
  return findings;
}

/** Looks for secrets in bytes or text, as they are, encoded, and inside what is compressed in them. */
export function scan(
  place: string,
  content: Buffer | string,
  secrets: readonly string[],
  depth = 0,
): Finding[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const needles = secrets.flatMap(disguisesOf);
  const found = needles
    .filter(({ needle }) => bytes.includes(needle))
    .map(({ disguise }) => ({ place, disguise }));
  if (depth >= MAX_DEPTH) return found;
  const inside = unpack(bytes).flatMap(({ how, data }) =>
    scan(place, data, secrets, depth + 1).map((finding) => ({
      place,
      disguise: `${finding.disguise} in ${how}`,
    })),
  );
  return [...found, ...inside];
}

/**
 * The middle of a secret is looked for, and not the whole: what surrounds it may be cut off, and LevelDB's Snappy
 * leaves random text as it is, but may replace a prefix that it has seen before.
 */
function disguisesOf(secret: string): { disguise: string; needle: Buffer }[] {
  const middle = secret.slice(Math.floor(secret.length / 2) - 10, Math.floor(secret.length / 2) + 10);
  if (middle.length < 20)
    throw new Error('a secret of less than 20 characters cannot be told from other text');
  const texts = { plain: Buffer.from(middle), 'UTF-16': Buffer.from(middle, 'utf16le') };
  const bytes = (text: string) => Buffer.from(text);
  return Object.entries(texts).flatMap(([name, raw]) => [
    { disguise: name, needle: raw },
    ...(name === 'UTF-16' ? [{ disguise: 'UTF-16 BE', needle: Buffer.from(raw).swap16() }] : []),
    { disguise: `${name} as hex`, needle: bytes(raw.toString('hex')) },
    { disguise: `${name} as HEX`, needle: bytes(raw.toString('hex').toUpperCase()) },
    ...[0, 1, 2].flatMap((shift) => {
      const text = base64At(raw, shift);
      const urlText = text.replaceAll('+', '-').replaceAll('/', '_');
      return [
        { disguise: `${name} as base64`, needle: bytes(text) },
        ...(urlText === text ? [] : [{ disguise: `${name} as base64url`, needle: bytes(urlText) }]),
      ];
    }),
    {
      disguise: `${name} percent-encoded`,
      needle: bytes([...raw].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')),
    },
    {
      disguise: `${name} percent-encoded in lower case`,
      needle: bytes([...raw].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
    },
  ]);
}

/** The characters of a base64 text that depend on `raw` alone, when `raw` begins `shift` bytes into a group of three. */
function base64At(raw: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), raw])
    .toString('base64')
    .replaceAll('=', '');
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + raw.length) * 8) / 6);
  return text.slice(first, last);
}

const LIMITS = { maxOutputLength: MAX_BYTES } as const;
/** What was cut off is still worth a look. */
const PARTIAL = { ...LIMITS, finishFlush: zlib.constants.Z_SYNC_FLUSH } as const;

interface Packing {
  readonly how: string;
  readonly magic: Buffer;
  readonly open: (from: Buffer) => Buffer;
}

// Deflate is read raw, behind its header: checksums and what follows do not matter then.
const PACKINGS: readonly Packing[] = [
  {
    how: 'gzip',
    magic: Buffer.from([0x1f, 0x8b, 8]),
    open: (from) => zlib.inflateRawSync(from.subarray(gzipHeader(from)), PARTIAL),
  },
  ...[0x01, 0x5e, 0x9c, 0xda].map((level) => ({
    how: 'zlib',
    magic: Buffer.from([0x78, level]),
    open: (from: Buffer) => zlib.inflateRawSync(from.subarray(2), PARTIAL),
  })),
  {
    how: 'zstd',
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    open: (from) => zlib.zstdDecompressSync(from, LIMITS),
  },
  {
    how: 'zip',
    magic: Buffer.from('PK\u0003\u0004'),
    // Local file header: method at 8, lengths of name and extra field at 26 and 28, data from 30.
    open: (from) => {
      const data = from.subarray(30 + from.readUInt16LE(26) + from.readUInt16LE(28));
      return from.readUInt16LE(8) === 8 ? zlib.inflateRawSync(data, PARTIAL) : Buffer.alloc(0);
    },
  },
];

/** RFC 1952: ten bytes, then what the flags say: extra field, name, comment, checksum. */
function gzipHeader(from: Buffer): number {
  const flags = from[3] ?? 0;
  let end = 10;
  if (flags & 4) end += 2 + from.readUInt16LE(end);
  if (flags & 8) end = from.indexOf(0, end) + 1;
  if (flags & 16) end = from.indexOf(0, end) + 1;
  return flags & 2 ? end + 2 : end;
}

/** Everything in `bytes` that can be unpacked, wherever it begins. Brotli has no mark: only a whole file is tried. */
function unpack(bytes: Buffer): { how: string; data: Buffer }[] {
  const unpacked = PACKINGS.flatMap(({ how, magic, open }) =>
    positions(bytes, magic).flatMap((at) => attempt(how, () => open(bytes.subarray(at)))),
  );
  return [...unpacked, ...attempt('brotli', () => zlib.brotliDecompressSync(bytes, LIMITS))];
}

function attempt(how: string, open: () => Buffer): { how: string; data: Buffer }[] {
  try {
    const data = open();
    return data.length === 0 ? [] : [{ how, data }];
  } catch {
    return []; // it only looked like it
  }
}

function positions(bytes: Buffer, magic: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) found.push(at);
  return found;
}
