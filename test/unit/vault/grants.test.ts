import { strict as assert } from 'node:assert';
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, AccessRecord } from '../../../src/vault/access.ts';
import type { Entry } from '../../../src/vault/entry.ts';
import { definitionOf, Grants, grantSchema } from '../../../src/vault/grants.ts';
import { Records } from '../../../src/vault/records.ts';
import { FakeClock, memoryFiles } from '../../fakes/stores.ts';

const entry = { id: 'e1' } as Entry;
const other = { id: 'e2' } as Entry;
const references = { TOKEN: 'pat://company/ci' };
const asker = { folder: '/home/a', definition: definitionOf(['npm', 'publish'], references) };

describe('a permission given for good', () => {
  const grants = () => new Grants(new Records(memoryFiles(), grantSchema, () => undefined), new FakeClock());

  it('holds for its folder, its token and its command line, and for no other', async () => {
    const some = grants();
    await some.decide(asker, entry, 'always', 'npm publish');
    assert.equal(await some.decisionOf(asker, entry), 'always');
    assert.equal(await some.decisionOf(asker, other), undefined);
    assert.equal(await some.decisionOf({ ...asker, folder: '/home/b' }, entry), undefined);
    const edited = definitionOf(['npm', 'publish', '--tag', 'next'], references);
    assert.equal(await some.decisionOf({ ...asker, definition: edited }, entry), undefined);
  });

  it('cannot be had by moving words from one argument to another', () => {
    assert.notEqual(definitionOf(['a', 'b c'], {}), definitionOf(['a b', 'c'], {}));
    assert.notEqual(definitionOf(['a'], { X: 'pat://s/a' }), definitionOf(['a'], { Y: 'pat://s/a' }));
    const [x, y] = [
      { X: 'pat://s/a', Y: 'pat://s/b' },
      { Y: 'pat://s/b', X: 'pat://s/a' },
    ];
    assert.equal(definitionOf(['a'], x), definitionOf(['a'], y));
  });

  it('can be changed, and taken back', async () => {
    const some = grants();
    await some.decide(asker, entry, 'always', 'npm publish');
    await some.decide(asker, entry, 'never', 'npm publish');
    const [grant, ...more] = await some.of(entry.id);
    assert.deepEqual(more, []);
    assert.equal(grant?.decision, 'never');
    await some.takeBack([grant]);
    assert.equal(await some.decisionOf(asker, entry), undefined);
  });
});

describe('the record of hand-outs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pat-vault-access-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const access = (at: number): Access => ({
    at,
    consumer: 'process',
    what: 'npm',
    folder: '/home/a',
    entryId: 'e1',
    reference: 'pat://company/ci',
    outcome: 'given',
  });

  it('keeps the order, and is the user’s alone', async () => {
    const path = join(folder, 'new/access.log');
    const record = new AccessRecord(path);
    await record.add([access(1), access(2)]);
    await new AccessRecord(path).add([access(3)]);
    assert.deepEqual(
      (await record.all()).map(({ at }) => at),
      [1, 2, 3],
    );
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('survives a line that was cut off', async () => {
    const path = join(folder, 'access.log');
    const record = new AccessRecord(path);
    await record.add([access(1)]);
    appendFileSync(path, '\n{"at":2,"cons');
    await record.add([access(3)]);
    assert.deepEqual(
      (await record.all()).map(({ at }) => at),
      [1, 3],
    );
  });

  it('is bounded, and loses the oldest first', async () => {
    const path = join(folder, 'access.log');
    const record = new AccessRecord(path);
    const many = Array.from({ length: 9000 }, (_, index) => access(index));
    for (let round = 0; round < 4; round++) await record.add(many.map((one) => ({ ...one, at: round })));
    const rounds = new Set((await record.all()).map(({ at }) => at));
    assert.ok(rounds.has(3) && !rounds.has(0));
    assert.ok(statSync(path).size + statSync(`${path}.1`).size < 5_000_000);
  });
});
