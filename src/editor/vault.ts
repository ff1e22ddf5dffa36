import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Clock, SecretStore } from '../core/ports.ts';
import { AccessRecord } from '../vault/access.ts';
import { GitMap, gitUseSchema } from './lending/git.ts';
import { entrySchema } from '../vault/entry.ts';
import { folder } from '../vault/folder.ts';
import { Grants, grantSchema } from '../vault/grants.ts';
import { attemptSchema } from '../vault/journal.ts';
import type { Desk } from '../vault/lifecycle.ts';
import { Records } from '../vault/records.ts';
import { Vault } from '../vault/vault.ts';
import { isRunning } from './running.ts';

interface OpenVault {
  readonly vault: Vault;
  readonly desk: Desk;
  readonly grants: Grants;
  readonly record: AccessRecord;
  readonly git: GitMap;
  readonly watching: vscode.Disposable;
}

/** The vault over global storage; what another window writes is taken in as it comes. */
export async function openVault(
  storage: string,
  secrets: SecretStore,
  clock: Clock,
  log: vscode.LogOutputChannel,
): Promise<OpenVault> {
  const ledgerPath = join(storage, 'ledger');
  await mkdir(ledgerPath, { recursive: true, mode: 0o700 });
  const onUnreadable = (file: string) => {
    log.error(`${file} in the ledger, journal or grants cannot be read; it is left as it is`);
  };
  const vault = new Vault(new Records(folder(ledgerPath), entrySchema, onUnreadable), secrets, clock);
  await vault.reload();
  const desk: Desk = {
    vault,
    clock,
    journal: new Records(folder(join(storage, 'journal')), attemptSchema, onUnreadable),
    pid: process.pid,
    isRunning,
  };
  return {
    desk,
    vault,
    grants: new Grants(new Records(folder(join(storage, 'grants')), grantSchema, onUnreadable), clock),
    git: new GitMap(new Records(folder(join(storage, 'git')), gitUseSchema, onUnreadable), vault),
    record: new AccessRecord(join(storage, 'access.log')),
    watching: watchLedger(ledgerPath, vault, log),
  };
}

function watchLedger(path: string, vault: Vault, log: vscode.LogOutputChannel): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(path, { persistent: false }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      vault
        .reload()
        .then(() => vault.look())
        .catch((error: unknown) => {
          log.error(String(error));
        });
    }, 100);
  });
  watcher.on('error', (error) => {
    log.warn(`the ledger is not watched: ${error.message}`);
  });
  return new vscode.Disposable(() => {
    clearTimeout(timer);
    watcher.close();
  });
}
