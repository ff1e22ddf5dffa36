import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { scan, scanFolder } from '../../host/scanner.ts';

const CANARY = 'pat_Kd83jfh29Ls0qPwoX7vnB41zTyR6mUeAc5GiHrN9';
const OTHER = 'pat_0000000000000000000000000000000000000000';

const around = (text: string) => `before ${text} after`;
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const percent = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');

/** A zip archive of one deflated file, as far as its local header. */
function zip(text: string): Buffer {
  const header = Buffer.alloc(30);
  header.write('PK\u0003\u0004');
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(5, 26);
  return Buffer.concat([header, Buffer.from('a.txt'), zlib.deflateRawSync(text)]);
}

const hidden: Record<string, Buffer | string> = {
  plain: around(CANARY),
  'cut off at both ends': CANARY.slice(6, -6),
  'UTF-16': utf16(around(CANARY)),
  'UTF-16 BE': utf16(around(CANARY)).swap16(),
  hex: Buffer.from(around(CANARY)).toString('hex'),
  HEX: Buffer.from(around(CANARY)).toString('hex').toUpperCase(),
  'base64, first alignment': Buffer.from(`${CANARY} `).toString('base64'),
  'base64, second alignment': Buffer.from(`a${CANARY}`).toString('base64'),
  'base64, third alignment': Buffer.from(`ab${CANARY}`).toString('base64url'),
  'base64 of UTF-16': utf16(around(CANARY)).toString('base64'),
  'percent-encoded': percent(CANARY),
  'PERCENT-ENCODED': percent(CANARY).toUpperCase().replaceAll('%', '%'),
  gzip: Buffer.concat([Buffer.from('junk'), zlib.gzipSync(around(CANARY)), Buffer.from('junk')]),
  'gzip that was cut off': zlib.gzipSync(around(CANARY).repeat(500)).subarray(0, -8),
  zlib: zlib.deflateSync(around(CANARY)),
  zstd: zlib.zstdCompressSync(around(CANARY)),
  zip: zip(around(CANARY)),
  brotli: zlib.brotliCompressSync(around(CANARY)),
  'base64 in gzip in zlib': zlib.deflateSync(zlib.gzipSync(Buffer.from(around(CANARY)).toString('base64'))),
};

describe('the scanner for leaked secrets', () => {
  for (const [disguise, content] of Object.entries(hidden)) {
    it(`finds a canary: ${disguise}`, () => {
      assert.notDeepEqual(scan('here', content, [CANARY]), []);
    });
    it(`does not take it for another secret: ${disguise}`, () => {
      assert.deepEqual(scan('here', content, [OTHER]), []);
    });
  }

  it('looks into every folder, and names the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pat-vault-scan-'));
    await mkdir(join(folder, 'a/.b'), { recursive: true });
    await writeFile(join(folder, 'a/.b/c'), zlib.gzipSync(CANARY));
    await writeFile(join(folder, 'a/innocent'), OTHER.slice(0, 20));
    const findings = await scanFolder(folder, [CANARY]);
    assert.deepEqual(findings, [{ place: join('a', '.b', 'c'), disguise: 'plain in gzip' }]);
    await rm(folder, { recursive: true });
  });

  it('refuses to look for what it could not tell from other text', () => {
    assert.throws(() => scan('here', 'short', ['short']));
  });
});
