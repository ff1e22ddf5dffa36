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

describe('a creation killed at each step', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pat-vault-kill-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const create = (killAt: number | 'never') =>
    spawnSync(process.execPath, [CREATOR, root, String(killAt)], { encoding: 'utf8' });

  it('has the steps this test knows', () => {
    assert.equal(create('never').stdout, `done in ${ALL_STEPS} steps\n`);
  });

  for (let step = 0; step < ALL_STEPS; step++) {
    it(`before step ${step + 1}: the next start knows every token that was made`, async () => {
      assert.equal(create(step).signal, 'SIGKILL');
      const wasMade = (await folder(join(root, 'server')).read('token')) !== undefined;

      const clock = { now: () => Date.now() };
      const unreadable = (file: string) => assert.fail(`${file} is unreadable`);
      const ledger = new Records(folder(join(root, 'ledger')), entrySchema, unreadable);
      const vault = new Vault(ledger, fileSecretStore(join(root, 'secrets')), clock);
      await vault.reload();
      const journal = new Records(folder(join(root, 'journal')), attemptSchema, unreadable);
      const desk = { vault, journal, clock, pid: process.pid, isRunning: () => false };
      const { needServer } = await settle(desk, Date.now() + 1);
      for (const attempt of needServer)
        await settleWith(desk, attempt, wasMade ? [tokenLike({ created: Date.now() })] : []);
      await vault.look();

      const [entry, ...more] = vault.entries();
      assert.deepEqual(more, []);
      assert.equal(entry !== undefined, wasMade);
      assert.deepEqual(await journal.all(), []);
      if (entry === undefined) return;
      const keys = await fileSecretStore(join(root, 'secrets')).keys();
      assert.equal(vault.presenceOf(entry), keys.length === 1 ? 'here' : 'missing');
      if (keys.length === 1) assert.equal((await vault.read(entry)).secret.reveal(), 'pat_survivor');
    });
  }
});
