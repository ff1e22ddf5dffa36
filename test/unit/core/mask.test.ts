import { strict as assert } from 'node:assert';
import { formsOf, masked, StreamMask } from '../../../src/core/mask.ts';

const SECRET = 'patv_aB3/+x9~Zq?7';

describe('masking', () => {
  it('finds a secret as it is, in JSON, in addresses, in hexadecimal, and in base64 of whatever surrounds it', () => {
    const forms = [
      SECRET,
      JSON.stringify({ x: `a"b ${SECRET}` }),
      `https://example.com/?t=${encodeURIComponent(SECRET)}`,
      new URLSearchParams({ t: SECRET }).toString(),
      Buffer.from(SECRET).toString('hex'),
      Buffer.from(SECRET).toString('hex').toUpperCase(),
      ...['', 'a', 'ab', 'user:', 'x-token-auth:'].flatMap((before) => [
        Buffer.from(`${before}${SECRET} and more`).toString('base64'),
        Buffer.from(`${before}${SECRET}`).toString('base64url'),
      ]),
    ];
    for (const form of forms) {
      assert.ok(masked(form, [SECRET]).includes('•••'), form);
      assert.ok(formsOf(SECRET).some((one) => form.includes(one)));
    }
  });

  it('leaves everything else as it is, and masks no text too short to be a secret', () => {
    const text = 'nothing to see: patv_, ~Zq?7, äöü €';
    assert.equal(masked(text, [SECRET, 'ab', '']), text);
  });

  it('finds a secret in pieces cut anywhere, and holds back nothing else', () => {
    const text = Buffer.from(
      `– before ${SECRET} and ${Buffer.from(`u:${SECRET}`).toString('base64')} after €`,
    );
    for (let size = 1; size < text.length; size++) {
      const mask = new StreamMask([SECRET]);
      const pieces: Buffer[] = [];
      for (let at = 0; at < text.length; at += size) pieces.push(mask.push(text.subarray(at, at + size)));
      const out = Buffer.concat([...pieces, mask.end()]).toString();
      assert.match(out, /^– before ••• and [\w+/]{0,8}•••[\w+/=]{0,8} after €$/, `in pieces of ${size}`);
    }
    const mask = new StreamMask([SECRET]);
    assert.equal(mask.push(Buffer.from('a prompt: ')).toString(), 'a prompt: ');
  });
});
