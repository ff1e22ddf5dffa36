import { strict as assert } from 'node:assert';
import { Bench, DAY, inShort, type Shown } from './bench.ts';

const TOKENS = '/personal-access-tokens';

interface Page {
  readonly tokens: readonly Shown[];
  readonly nextCursor: string | null;
}

describe('the list of tokens', () => {
  let bench: Bench;
  let secrets: Record<string, string>;

  before(async () => {
    bench = await Bench.start();
    const { clock } = bench;
    const make = async (name: string, days: number | null, more: Record<string, unknown> = {}) => {
      const expires = days === null ? null : new Date(clock.now() + days * DAY).toISOString();
      const minted = await bench.create({ name, expires, ...more });
      clock.pass(1000);
      return minted.secret;
    };
    secrets = {
      beta: await make('beta', 30, { description: 'Nightly _builds_ 100%' }),
      Alpha: await make('Alpha', 2),
      item10: await make('item 10', null),
      item2: await make('item 2', 5),
      ada: await make('gamma', 60, { owner: 'ada' }),
      old: await make('old', 1),
    };
    await bench.use(secrets.beta ?? '');
    clock.pass(10 * 60_000);
    await bench.use(secrets.Alpha ?? '');
    clock.pass(DAY);
    const gone = await bench.create({ name: 'gone' });
    await bench.call('DELETE', `${TOKENS}/${gone.token.id}`);
  });
  after(() => bench.stop());

  const pageOf = async (query: string) => (await bench.call<Page>('GET', `${TOKENS}?${query}`)).body;

  async function names(query: string): Promise<string[]> {
    const { status, body } = await bench.call<Page>('GET', `${TOKENS}?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.tokens.map(({ name }) => name).filter((name) => name !== 'PAT Vault sandbox');
  }

  it('is of everybody, or of one owner', async () => {
    assert.equal((await names('')).length, 7);
    assert.deepEqual(await names('owner-id=ada'), ['gamma']);
    assert.ok(!(await names('owner-id=me')).includes('gamma'));
    assert.deepEqual(await names('owner-id=nobody'), []);
  });

  it('is filtered by status, and by several', async () => {
    assert.deepEqual(await names('status=expired'), ['old']);
    assert.deepEqual(await names('status=revoked,expired'), ['gone', 'old']);
  });

  it('is searched in name, description and owner, with every character meaning itself', async () => {
    assert.deepEqual(await names('q=ALPHA'), ['Alpha']);
    assert.deepEqual(await names('q=nightly'), ['beta']);
    assert.deepEqual(await names('q=lindqvist'), ['gamma']);
    assert.deepEqual(await names(`q=${encodeURIComponent('%')}`), ['beta']);
    assert.deepEqual(await names('q=_'), ['beta']);
    assert.deepEqual(await names(`q=${encodeURIComponent("' OR 1=1 --")}`), []);
    assert.deepEqual(await names('name=item%202'), ['item 2']);
    assert.deepEqual(await names('name=item'), []);
  });

  it('finds what was never used, and not since a day', async () => {
    assert.ok(!(await names('never-used=true')).includes('beta'));
    assert.deepEqual(await names('never-used=false&owner-id=me'), ['Alpha', 'beta']);
    const between = new Date(bench.clock.now() - DAY - 5 * 60_000).toISOString();
    assert.deepEqual(await names(`last-used-before=${between}`), ['beta']);
  });

  it('is sorted both ways by every column', async () => {
    for (const key of ['name', 'created', 'expires', 'last-used', 'owner', 'status']) {
      const up = await names(`sort=${key}`);
      assert.deepEqual(await names(`sort=-${key}`), up.toReversed(), key);
    }
    assert.deepEqual(await names('sort=created'), [
      'beta',
      'Alpha',
      'item 10',
      'item 2',
      'gamma',
      'old',
      'gone',
    ]);
    assert.equal((await names('sort=expires')).at(-1), 'item 10', 'never comes last');
    assert.deepEqual((await names('sort=name')).slice(0, 2), ['Alpha', 'beta'], 'in any case');
  });

  it('comes in pages that together hold each token once, whatever is created meanwhile', async () => {
    for (const sort of ['name', '-created', 'expires', '-last-used', 'status', '-owner']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query = `sort=${sort}&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`;
        const page = await pageOf(query);
        seen.push(...page.tokens.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      const { body } = await bench.call<Page>('GET', `${TOKENS}?sort=${sort}`);
      assert.deepEqual(
        seen,
        body.tokens.map(({ id }) => id),
        sort,
      );
    }
  });

  it('is not sent again to who has it', async () => {
    const first = await bench.call('GET', `${TOKENS}?status=revoked`);
    const etag = first.headers.get('etag') ?? '';
    const again = () => bench.call('GET', `${TOKENS}?status=revoked`, { headers: { 'if-none-match': etag } });
    assert.equal((await again()).status, 304);
    const { token } = await bench.create({ name: 'another' });
    await bench.call('DELETE', `${TOKENS}/${token.id}`);
    assert.equal((await again()).status, 200);
  });

  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=1e2',
    'limit=',
    'status=alive',
    'status=',
    'sort=secret',
    'sort=--name',
    'never-used=yes',
    'last-used-before=yesterday',
    'cursor=forged',
    `cursor=${Buffer.from('["name","now","x","y"]').toString('base64url')}`,
    `cursor=${Buffer.from('["created",1,"x","y"]').toString('base64url')}`,
    `cursor=${'x'.repeat(3000)}`,
    'owner-id=',
    'unknown=1',
    'limit=1&limit=2',
    '__proto__=1',
    `q=${'x'.repeat(300)}`,
  ]) {
    it(`refuses ${query.slice(0, 60)}`, async () => {
      assert.match(inShort(await bench.call('GET', `${TOKENS}?${query}`)), /^400 invalid-query/);
    });
  }
});
