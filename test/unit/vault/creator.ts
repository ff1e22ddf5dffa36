// Run by kill.test.ts: creates a token over stores in a folder and is killed before a chosen write.
import { join } from 'node:path';
import { Secret } from '../../../src/core/secret.ts';
import { entrySchema } from '../../../src/vault/entry.ts';
import { folder } from '../../../src/vault/folder.ts';
import { attemptSchema } from '../../../src/vault/journal.ts';
import { createToken } from '../../../src/vault/lifecycle.ts';
import { Records } from '../../../src/vault/records.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { fileSecretStore } from '../../fakes/stores.ts';
import { tokenLike } from '../../fakes/tokens.ts';

const [root = '', killAt = '', replace = ''] = process.argv.slice(2);
let step = 0;

/** Dies before step number `killAt`; counts steps otherwise. */
function before<A extends unknown[], R>(work: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return (...args) => {
    if (step++ === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    return work(...args);
  };
}

function files(name: string) {
  const real = folder(join(root, name));
  return {
    ...real,
    write: before((name: string, text: string) => real.write(name, text)),
    remove: before((name: string) => real.remove(name)),
  };
}

const secrets = fileSecretStore(join(root, 'secrets'));
const clock = { now: () => Date.now() };
const vault = new Vault(
  new Records(files('ledger'), entrySchema, () => undefined),
  {
    ...secrets,
    store: before((key: string, value: Secret) => secrets.store(key, value)),
    get: before((key: string) => secrets.get(key)),
    delete: before((key: string) => secrets.delete(key)),
  },
  clock,
);
await vault.reload();
const replaces = vault.entry(replace);
const journal = new Records(files('journal'), attemptSchema, () => undefined);
await createToken(
  { vault, journal, clock, pid: process.pid, isRunning: () => false },
  {
    serverId: 'work',
    origin: 'https://x.test',
    name: 'ci-runner',
    idsBefore: null,
    ...(replaces === undefined ? {} : { replaces }),
    mint: before(async () => {
      await folder(join(root, 'server')).write('token', 'made');
      return { token: tokenLike({ created: Date.now() }), bundle: { secret: new Secret('pat_survivor') } };
    }),
    createdNothing: () => false,
  },
);
process.stdout.write(`done in ${step} steps\n`);
