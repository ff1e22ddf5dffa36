import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entrySchema } from '../../../src/vault/entry.ts';
import { folder } from '../../../src/vault/folder.ts';
import { attemptSchema } from '../../../src/vault/journal.ts';
import { settle, settleWith } from '../../../src/vault/lifecycle.ts';
import { Records } from '../../../src/vault/records.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { fileSecretStore } from '../../fakes/stores.ts';
import { tokenLike } from '../../fakes/tokens.ts';

const CREATOR = join(import.meta.dirname, 'creator.ts');
const ALL_STEPS = 7;
/** Two more: the secret and the ledger's file of what was replaced. */
const REPLACING_STEPS = 9;

describe('a creation killed at each step', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pat-vault-kill-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const create = (killAt: number | 'never', replace = '') =>
    spawnSync(process.execPath, [CREATOR, root, String(killAt), replace], { encoding: 'utf8' });

  /** What a start of the editor after the kill makes of the disk. */
  async function nextStart() {
    const wasMade = (await folder(join(root, 'server')).read('token')) !== undefined;
    const clock = { now: () => Date.now() };
    const unreadable = (file: string) => assert.fail(`${file} is unreadable`);
    const ledger = new Records(folder(join(root, 'ledger')), entrySchema, unreadable);
    const vault = new Vault(ledger, fileSecretStore(join(root, 'secrets')), clock);
    await vault.reload();
    const journal = new Records(folder(join(root, 'journal')), attemptSchema, unreadable);
    const desk = { vault, journal, clock, pid: process.pid, isRunning: () => false };
    const needServer = await settle(desk, Date.now() + 1);
    for (const attempt of needServer)
      await settleWith(desk, attempt, wasMade ? [tokenLike({ created: Date.now() })] : []);
    await vault.look();
    assert.deepEqual(await journal.all(), []);
    return { vault, wasMade };
  }

  it('has the steps this test knows', () => {
    assert.equal(create('never').stdout, `done in ${ALL_STEPS} steps\n`);
  });

  for (let step = 0; step < ALL_STEPS; step++) {
    it(`before step ${step + 1}: the next start knows every token that was made`, async () => {
      assert.equal(create(step).signal, 'SIGKILL');
      const { vault, wasMade } = await nextStart();

      const [entry, ...more] = vault.entries();
      assert.deepEqual(more, []);
      assert.equal(entry !== undefined, wasMade);
      if (entry === undefined) return;
      const keys = await fileSecretStore(join(root, 'secrets')).keys();
      assert.equal(vault.presenceOf(entry), keys.length === 1 ? 'here' : 'missing');
      if (keys.length === 1) assert.equal((await vault.read(entry)).secret.reveal(), 'pat_survivor');
    });
  }

  for (let step = 0; step < REPLACING_STEPS; step++) {
    it(`a replacement before step ${step + 1}: its reference leads to one secret that is there`, async () => {
      assert.equal(create('never').status, 0);
      const [old] = (await nextStart()).vault.entries();
      assert.ok(old);
      await folder(join(root, 'server')).remove('token');
      assert.equal(create(step, old.id).signal, 'SIGKILL');

      const { vault, wasMade } = await nextStart();
      const named = vault.find({ server: 'work', alias: old.alias });
      // Until the new secret is stored, the old one stays where it was.
      const replaced = named.id !== old.id;
      assert.ok(wasMade || !replaced);
      assert.equal(vault.entry(old.id) === undefined, replaced);
      assert.equal((await vault.read(named)).secret.reveal(), 'pat_survivor');
    });
  }

  it('a replacement takes the alias, and another generation', async () => {
    assert.equal(create('never').status, 0);
    const [old] = (await nextStart()).vault.entries();
    assert.ok(old);
    assert.equal(create('never', old.id).stdout, `done in ${REPLACING_STEPS} steps\n`);
    const { vault } = await nextStart();
    const [entry, ...more] = vault.entries();
    assert.deepEqual(more, []);
    assert.deepEqual([entry?.alias, entry?.generation, entry?.shareCount], [old.alias, 2, 2]);
  });
});
