import { strict as assert } from 'node:assert';
import { PatError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { entrySchema, secretKey, SETTLE_AFTER } from '../../../src/vault/entry.ts';
import { attemptSchema } from '../../../src/vault/journal.ts';
import {
  type Creation,
  createToken,
  type CreateOutcome,
  type Desk,
  revokeToken,
  settle,
  settleWith,
} from '../../../src/vault/lifecycle.ts';
import { Records } from '../../../src/vault/records.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { FakeClock, FakeSecretStore, memoryFiles } from '../../fakes/stores.ts';
import { tokenLike } from '../../fakes/tokens.ts';

const SECRET = 'pat_0123456789';

class Bench {
  readonly secrets = new FakeSecretStore();
  readonly clock = new FakeClock();
  readonly ledgerFiles = memoryFiles();
  readonly journalFiles = memoryFiles();
  readonly running = new Set<number>();
  desk = this.start(1);

  /** What a start of the editor makes of the same disk. */
  start(pid: number): Desk {
    const unreadable = () => undefined;
    const vault = new Vault(new Records(this.ledgerFiles, entrySchema, unreadable), this.secrets, this.clock);
    return {
      vault,
      journal: new Records(this.journalFiles, attemptSchema, unreadable),
      clock: this.clock,
      pid,
      isRunning: (other) => this.running.has(other),
    };
  }

  async restart(): Promise<Desk> {
    this.clock.pass(60_000);
    this.desk = this.start(this.desk.pid + 1);
    await this.desk.vault.reload();
    return this.desk;
  }

  creation(mint: Creation['mint'] = () => Promise.resolve(minted())): Creation {
    const createdNothing = (error: unknown) => PatError.is(error, 'refused');
    return {
      serverId: 'work',
      origin: 'https://x.test',
      name: 'ci-runner',
      idsBefore: null,
      mint,
      createdNothing,
    };
  }
}

const minted = () => ({ token: tokenLike(), bundle: { secret: new Secret(SECRET) } });

function stored(outcome: CreateOutcome) {
  assert.equal(outcome.kind, 'stored');
  return outcome.entry;
}

function unstored(outcome: CreateOutcome) {
  assert.equal(outcome.kind, 'unstored');
  return outcome;
}

describe('creating a token', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  it('stores the secret once, names it by an alias and closes the journal', async () => {
    const entry = stored(await createToken(bench.desk, bench.creation()));
    assert.equal(bench.desk.vault.referenceOf(entry), 'pat://work/ci-runner');
    assert.equal((await bench.desk.vault.read(entry)).secret.reveal(), SECRET);
    assert.equal(entry.settledAt, null);
    assert.deepEqual([...bench.journalFiles.texts], []);
  });

  it('gives a second token of one name another alias', async () => {
    await createToken(bench.desk, bench.creation());
    const second = stored(await createToken(bench.desk, bench.creation()));
    assert.equal(second.alias, 'ci-runner-2');
  });

  it('writes the journal before it asks the server', async () => {
    let open = 0;
    await createToken(
      bench.desk,
      bench.creation(() => {
        open = bench.journalFiles.texts.size;
        return Promise.resolve(minted());
      }),
    );
    assert.equal(open, 1);
  });

  it('writes no secret to ledger or journal', async () => {
    const texts: string[] = [];
    for (const files of [bench.ledgerFiles, bench.journalFiles]) {
      const write = files.write.bind(files);
      files.write = (name, text) => {
        texts.push(text);
        return write(name, text);
      };
    }
    await createToken(bench.desk, bench.creation());
    assert.ok(texts.length >= 3);
    assert.ok(texts.every((text) => !text.includes(SECRET)));
  });

  it('leaves nothing behind when the server refused', async () => {
    const refusal = new PatError({ reason: 'refused', status: 400, says: 'no' });
    await assert.rejects(
      createToken(
        bench.desk,
        bench.creation(() => Promise.reject(refusal)),
      ),
      refusal,
    );
    assert.equal(bench.journalFiles.texts.size, 0);
  });

  for (const behaviour of ['throws', 'forgets'] as const) {
    it(`keeps a secret in memory while the store ${behaviour}, until a retry stores it`, async () => {
      bench.secrets.behaviour = behaviour;
      const outcome = unstored(await createToken(bench.desk, bench.creation()));
      assert.ok(PatError.is(outcome.error, 'store-failed'));
      assert.equal(outcome.bundle.secret.reveal(), SECRET);
      assert.equal(bench.desk.vault.entries().length, 0);
      unstored(await outcome.retry());
      bench.secrets.behaviour = 'keeps';
      const entry = stored(await outcome.retry());
      assert.equal((await bench.desk.vault.read(entry)).secret.reveal(), SECRET);
      assert.equal(bench.journalFiles.texts.size, 0);
    });
  }

  it('remembers a token whose secret was only copied as missing', async () => {
    bench.secrets.behaviour = 'forgets';
    const entry = await unstored(await createToken(bench.desk, bench.creation())).keepWithoutSecret();
    await bench.desk.vault.look();
    assert.equal(bench.desk.vault.presenceOf(entry), 'missing');
    assert.equal(bench.journalFiles.texts.size, 0);
  });
});

describe('settling at the next start', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  it('reports a secret that the store lost after storing it, once seen as kept', async () => {
    const entry = stored(await createToken(bench.desk, bench.creation()));
    bench.secrets.values.delete(secretKey(entry.id));
    const desk = await bench.restart();
    await settle(desk, bench.clock.now());
    const lost = await desk.vault.takeLost();
    assert.deepEqual(
      lost.map(({ id }) => id),
      [entry.id],
    );
    assert.equal(desk.vault.presenceOf(entry), 'missing');
  });

  it('reports a secret that goes missing later too, each loss once', async () => {
    const entry = stored(await createToken(bench.desk, bench.creation()));
    const key = secretKey(entry.id);
    const secret = bench.secrets.values.get(key);
    assert.ok(secret);
    const lostAtNextStart = async () => {
      const { vault } = await bench.restart();
      await vault.look();
      return (await vault.takeLost()).map(({ id }) => id);
    };
    assert.deepEqual(await lostAtNextStart(), []);
    bench.secrets.values.delete(key);
    assert.deepEqual(await lostAtNextStart(), [entry.id]);
    assert.deepEqual(await lostAtNextStart(), []);
    bench.secrets.values.set(key, secret); // a keyring that was locked
    assert.deepEqual(await lostAtNextStart(), []);
    bench.secrets.values.delete(key);
    assert.deepEqual(await lostAtNextStart(), [entry.id]);
  });

  it('settles an entry whose secret is seen again, and does not look a second time', async () => {
    stored(await createToken(bench.desk, bench.creation()));
    const desk = await bench.restart();
    await settle(desk, bench.clock.now());
    assert.deepEqual(await desk.vault.takeLost(), []);
    assert.notEqual(desk.vault.entries()[0]?.settledAt, null);
  });

  it('does not take a read right after storing as proof', async () => {
    stored(await createToken(bench.desk, bench.creation()));
    await settle(bench.desk, 0);
    assert.equal(bench.desk.vault.entries()[0]?.settledAt, null);
    bench.clock.pass(SETTLE_AFTER);
    await settle(bench.desk, 0);
    assert.notEqual(bench.desk.vault.entries()[0]?.settledAt, null);
  });

  it('asks the server about a creation whose answer was lost, and shows its token as missing', async () => {
    const lostAnswer = new PatError({ reason: 'timed-out', host: 'x.test', seconds: 30 });
    await assert.rejects(
      createToken(
        bench.desk,
        bench.creation(() => Promise.reject(lostAnswer)),
      ),
    );
    const desk = await bench.restart();
    const [attempt] = await settle(desk, bench.clock.now());
    assert.ok(attempt);
    const older = tokenLike({ id: 'old', name: 'ci-runner', created: bench.clock.now() - 86_400_000 });
    const other = tokenLike({ id: 'other', name: 'another' });
    const candidates = await settleWith(desk, attempt, [older, other, tokenLike()]);
    assert.deepEqual(
      candidates.map(({ id }) => id),
      ['t1'],
    );
    await desk.vault.look();
    const entry = desk.vault.entryOf('work', tokenLike());
    assert.ok(entry);
    assert.equal(desk.vault.presenceOf(entry), 'missing');
    assert.deepEqual(await desk.vault.takeLost(), [], 'the candidates were told of');
    assert.equal(bench.journalFiles.texts.size, 0);
  });

  it('finds the new token of a server without names by the ids seen before', async () => {
    const lostAnswer = new PatError({ reason: 'server-failed', status: 502, says: '' });
    const creation = { ...bench.creation(() => Promise.reject(lostAnswer)), idsBefore: ['a', 'b'] };
    await assert.rejects(createToken(bench.desk, creation));
    const desk = await bench.restart();
    const [attempt] = await settle(desk, bench.clock.now());
    assert.ok(attempt);
    const nameless = ['a', 'b', 'c'].map((id) => tokenLike({ id, name: undefined }));
    assert.deepEqual(
      (await settleWith(desk, attempt, nameless)).map(({ id }) => id),
      ['c'],
    );
  });

  it("leaves another window's work alone while that window lives", async () => {
    const never = new Promise<never>(() => undefined);
    void createToken(
      bench.desk,
      bench.creation(() => never),
    );
    await new Promise(setImmediate);
    bench.running.add(bench.desk.pid);
    const desk = await bench.restart();
    assert.deepEqual(await settle(desk, bench.clock.now()), []);
    assert.equal(bench.journalFiles.texts.size, 1);
  });
});

describe('revoking a token', () => {
  it('removes the stored secret when the server has revoked', async () => {
    const bench = new Bench();
    const entry = stored(await createToken(bench.desk, bench.creation()));
    await revokeToken(bench.desk, 'work', tokenLike(), entry, () => Promise.resolve());
    assert.equal(bench.secrets.values.size, 0);
    assert.equal(bench.desk.vault.entries().length, 0);
    assert.equal(bench.journalFiles.texts.size, 0);
  });

  it('keeps the secret when the server refused', async () => {
    const bench = new Bench();
    const entry = stored(await createToken(bench.desk, bench.creation()));
    await assert.rejects(
      revokeToken(bench.desk, 'work', tokenLike(), entry, () => Promise.reject(new Error('no'))),
    );
    assert.equal(bench.secrets.values.size, 1);
    assert.equal(bench.journalFiles.texts.size, 0);
  });

  it('is ended at the next start when it was cut off after the server call', async () => {
    const bench = new Bench();
    const entry = stored(await createToken(bench.desk, bench.creation()));
    const never = new Promise<never>(() => undefined);
    void revokeToken(bench.desk, 'work', tokenLike(), entry, () => never);
    await new Promise(setImmediate);
    const desk = await bench.restart();
    const [attempt] = await settle(desk, bench.clock.now());
    assert.ok(attempt);
    await settleWith(desk, attempt, [tokenLike({ status: 'revoked' })]);
    assert.equal(bench.secrets.values.size, 0);
    assert.equal(bench.journalFiles.texts.size, 0);
  });
});
