import { strict as assert } from 'node:assert';
import { Bench, DAY, inShort, type Shown } from './bench.ts';

const TOKENS = '/personal-access-tokens';

describe('changing a token', () => {
  let bench: Bench;
  let id: string;
  before(async () => {
    bench = await Bench.start();
  });
  after(() => bench.stop());
  beforeEach(async () => {
    const name = `token ${Math.random()}`;
    id = (await bench.create({ name, description: 'first', scopes: ['builds:read', 'builds:write'] })).token
      .id;
  });

  const change = (...operations: readonly object[]) =>
    bench.call<Shown>('PATCH', `${TOKENS}/${id}`, { body: operations });

  it('takes name, description, scopes and expiry', async () => {
    const expires = new Date(bench.clock.now() + 40 * DAY).toISOString();
    const { status, body } = await change(
      { op: 'replace', path: '/name', value: 'renamed' },
      { op: 'replace', path: '/description', value: 'second' },
      { op: 'replace', path: '/scopes', value: ['reports:read'] },
      { op: 'add', path: '/scopes/-', value: 'packages:read' },
      { op: 'add', path: '/scopes/0', value: 'builds:read' },
      { op: 'replace', path: '/expires', value: expires },
    );
    assert.equal(status, 200);
    const { name, description, scopes } = body;
    assert.deepEqual(
      { name, description, scopes, expires: body.expires },
      {
        name: 'renamed',
        description: 'second',
        scopes: ['builds:read', 'reports:read', 'packages:read'],
        expires,
      },
    );
    assert.deepEqual(await bench.describe(id), body);
  });

  it('empties description and scopes, and makes a token last for ever', async () => {
    const { body } = await change(
      { op: 'remove', path: '/description' },
      { op: 'remove', path: '/scopes/0' },
      { op: 'replace', path: '/expires', value: null },
    );
    assert.deepEqual([body.description, body.scopes, body.expires], ['', ['builds:write'], null]);
  });

  it('happens wholly or not at all', async () => {
    const before = await bench.describe(id);
    const answer = await change(
      { op: 'replace', path: '/description', value: 'changed' },
      { op: 'test', path: '/description', value: 'something else' },
    );
    assert.equal(inShort(answer), '409 test-failed');
    assert.deepEqual(await bench.describe(id), before);
  });

  for (const [what, operations, answer] of [
    ['an empty patch', [], /^400 invalid-patch/],
    ['something that is no list', { op: 'replace' }, /^400 invalid-patch/],
    ['an unknown operation', [{ op: 'move', path: '/name', from: '/description' }], /^400 invalid-patch/],
    ['an unknown member', [{ op: 'replace', path: '/owner', value: 'ada' }], /^400 invalid-patch/],
    ['the status', [{ op: 'replace', path: '/status', value: 'active' }], /^400 invalid-patch/],
    ['the whole document', [{ op: 'replace', path: '', value: 'x' }], /^400 invalid-patch/],
    ['a prototype', [{ op: 'add', path: '/__proto__/x', value: 'x' }], /^400 invalid-patch/],
    ['a missing value', [{ op: 'replace', path: '/name' }], /^400 invalid-patch/],
    ['removing the name', [{ op: 'remove', path: '/name' }], /^400 invalid-patch/],
    ['an item that is not there', [{ op: 'replace', path: '/scopes/9', value: 'x' }], /^400 invalid-patch/],
    ['a number for a name', [{ op: 'replace', path: '/name', value: 5 }], /^400 invalid-patch/],
    ['an empty name', [{ op: 'replace', path: '/name', value: '  ' }], /^400 invalid-body: \/name/],
    ['a name for a list', [{ op: 'replace', path: '/scopes', value: 'x' }], /^400 invalid-body: \/scopes/],
    ['an unknown scope', [{ op: 'add', path: '/scopes/-', value: 'no:such' }], /^400 invalid-body: \/scopes/],
    [
      'an expiry within the day',
      [{ op: 'replace', path: '/expires', value: '2026-11-24T13:00:00Z' }],
      /^400 invalid-body: \/expires/,
    ],
    [
      'an expiry beyond 2038',
      [{ op: 'replace', path: '/expires', value: '2038-01-19T00:00:00Z' }],
      /^400 invalid-body: \/expires/,
    ],
    [
      'a day that does not exist',
      [{ op: 'replace', path: '/expires', value: '2027-02-30T00:00:00Z' }],
      /^400 invalid-body: \/expires/,
    ],
    [
      'a name of 101 characters',
      [{ op: 'replace', path: '/name', value: 'é'.repeat(101) }],
      /^400 invalid-body: \/name/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const answered = await bench.call('PATCH', `${TOKENS}/${id}`, { body: operations });
      assert.match(inShort(answered), answer);
    });
  }

  it('takes a name of 100 characters, however many bytes they have', async () => {
    assert.equal((await change({ op: 'replace', path: '/name', value: '🔑'.repeat(100) })).status, 200);
  });

  it('needs a token that is active', async () => {
    await bench.call('DELETE', `${TOKENS}/${id}`);
    const answer = await change({ op: 'replace', path: '/description', value: 'x' });
    assert.equal(inShort(answer), '409 token-not-active');
  });

  it('cannot take another token’s name', async () => {
    await bench.create({ name: 'taken' });
    assert.equal(
      inShort(await change({ op: 'replace', path: '/name', value: 'taken' })),
      '409 name-taken: /name',
    );
  });

  it('leaves names alone where they are immutable', async () => {
    await bench.sandbox.close();
    await bench.open({ immutableNames: true });
    const answer = await change({ op: 'replace', path: '/name', value: 'renamed' });
    assert.equal(inShort(answer), '409 name-immutable');
    assert.equal((await change({ op: 'replace', path: '/description', value: 'still' })).status, 200);
  });
});
