import { strict as assert } from 'node:assert';
import { RateLimit } from '../../../src/sandbox/rate.ts';
import { problemOfExpiry, referrerCovers, statusOf, subjectCovers } from '../../../src/sandbox/rules.ts';
import { isSecret, keep, mintSecret, sameHash } from '../../../src/sandbox/secrets.ts';
import { FakeClock } from '../../fakes/stores.ts';
import { DAY } from './bench.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

describe('the rules of the sandbox', () => {
  for (const [subject, address, covered] of [
    ['https://a.test/', 'https://a.test/anything/below', true],
    ['https://a.test/app', 'https://a.test/app', true],
    ['https://a.test/app/', 'https://a.test/app', true],
    ['https://a.test/app', 'https://a.test/app/users?x=1', true],
    ['https://a.test/app', 'https://a.test/apple', false],
    ['https://a.test/app', 'https://a.test/', false],
    ['https://a.test/app', 'http://a.test/app', false],
    ['https://a.test/app', 'https://a.test:8443/app', false],
    ['https://a.test/app', 'https://b.a.test/app', false],
    ['https://a.test/app', 'https://a.test/other/../app/x', true],
    ['https://a.test/app', 'https://a.test/app/../other', false],
    ['https://a.test/App', 'https://a.test/app', false],
  ] as const) {
    it(`a subject ${subject} ${covered ? 'covers' : 'does not cover'} ${address}`, () => {
      assert.equal(subjectCovers(subject, new URL(address)), covered);
    });
  }

  for (const [referrer, referer, covered] of [
    ['example.com', 'https://example.com/page', true],
    ['example.com', 'https://app.example.com/', true],
    ['Example.com', 'https://EXAMPLE.COM/', true],
    ['example.com', 'https://example.com./', true],
    ['example.com', 'https://notexample.com/', false],
    ['example.com', 'https://example.com.evil.test/', false],
    ['example.com', 'https://evil.test/?example.com', false],
    ['example.com', 'https://example.com@evil.test/', false],
    ['example.com', 'not an address', false],
    ['example.com', undefined, false],
  ] as const) {
    it(`a referrer ${referrer} ${covered ? 'covers' : 'does not cover'} ${String(referer)}`, () => {
      assert.equal(referrerCovers(referrer, referer), covered);
    });
  }

  it('a token is valid for at least a day, and ends before 2038-01-19 or never', () => {
    assert.equal(problemOfExpiry(null, NOW), undefined);
    assert.equal(problemOfExpiry(NOW + DAY, NOW), undefined);
    assert.equal(problemOfExpiry(NOW + DAY - 4 * 60_000, NOW), undefined, 'the form was open for a while');
    assert.match(problemOfExpiry(NOW + DAY - 6 * 60_000, NOW) ?? '', /at least one day/);
    assert.match(problemOfExpiry(NOW - 1, NOW) ?? '', /at least one day/);
    assert.equal(problemOfExpiry(Date.UTC(2038, 0, 19) - 1, NOW), undefined);
    assert.match(problemOfExpiry(Date.UTC(2038, 0, 19), NOW) ?? '', /before 2038-01-19/);
  });

  it('a token is expired from the instant of its expiry on, unless it ended before', () => {
    assert.equal(statusOf({ expires: NOW + 1, ended: null }, NOW), 'active');
    assert.equal(statusOf({ expires: NOW, ended: null }, NOW), 'expired');
    assert.equal(statusOf({ expires: null, ended: null }, NOW), 'active');
    assert.equal(statusOf({ expires: NOW - 1, ended: 'revoked' }, NOW), 'revoked');
  });
});

describe('secrets of the sandbox', () => {
  it('have a form by which a scanner knows them, and a checksum', () => {
    const secret = mintSecret();
    assert.match(secret, /^patv_[0-9A-Za-z]{49}$/);
    assert.ok(isSecret(secret));
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === 'a' ? 'b' : 'a';
      assert.ok(!isSecret(secret.slice(0, at) + other + secret.slice(at + 1)), `changed at ${at}`);
    }
    assert.ok(!isSecret(`${secret}x`) && !isSecret(secret.slice(1)) && !isSecret(''));
  });

  it('are all different', () => {
    assert.equal(new Set(Array.from({ length: 1000 }, mintSecret)).size, 1000);
  });

  it('are kept as a hash, of which nothing but the ends can be read', () => {
    const secret = mintSecret();
    const kept = keep(secret);
    assert.ok(!JSON.stringify(kept).includes(secret.slice(9, -4)));
    assert.ok(sameHash(kept.hash, keep(secret).hash));
    assert.ok(!sameHash(kept.hash, keep(mintSecret()).hash));
    assert.ok(!sameHash(kept.hash, kept.hash.subarray(1)));
  });
});

describe('the limit of calls', () => {
  it('lets a burst pass, then as many as come back, each caller for itself', () => {
    const clock = new FakeClock();
    const limit = new RateLimit({ burst: 3, perSecond: 0.5 }, clock);
    assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 0]);
    assert.equal(limit.take('a'), 2);
    assert.equal(limit.take('b'), 0);
    clock.pass(1000);
    assert.equal(limit.take('a'), 1);
    clock.pass(1000);
    assert.equal(limit.take('a'), 0);
    assert.equal(limit.take('a'), 2);
  });

  it('is not confused by a clock that goes back', () => {
    const clock = new FakeClock();
    const limit = new RateLimit({ burst: 1, perSecond: 1 }, clock);
    limit.take('a');
    clock.pass(-3_600_000);
    assert.equal(limit.take('a'), 1);
  });
});
