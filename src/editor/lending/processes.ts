import * as vscode from 'vscode';
import type { Request } from '../../cli/protocol.ts';
import { messageOf, PatError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { parseReference } from '../../core/reference.ts';
import type { Secret } from '../../core/secret.ts';
import type { AccessRecord } from '../../vault/access.ts';
import type { Entry } from '../../vault/entry.ts';
import { definitionOf } from '../../vault/grants.ts';
import type { Vault } from '../../vault/vault.ts';
import { type Consent, commandLine } from './consent.ts';

export interface ProcessLending {
  readonly vault: Vault;
  readonly consent: Consent;
  readonly record: AccessRecord;
  readonly clock: Clock;
  /** What a call needs of a stored secret. */
  accessToken(entry: Entry): Promise<Secret>;
  log(error: unknown): void;
}

/**
 * The values for a program that `pat run` is about to start: looked up, asked about, read, and recorded, whatever
 * comes of it. All or none: a program is not started with half of what it asked for.
 * @throws PatError
 */
export async function lendToProcess(
  lending: ProcessLending,
  request: Request,
): Promise<Readonly<Record<string, Secret>>> {
  const folder = folderOf(request.cwd);
  const program = request.command[0] ?? '';
  let outcome = 'given';
  let uses: readonly { name: string; entry: Entry }[] = [];
  try {
    uses = Object.entries(request.references).map(([name, text]) => ({
      name,
      entry: current(lending, text),
    }));
    await lending.consent.ask({
      folder,
      definition: definitionOf(request.command, request.references),
      program: commandLine([program]),
      shown: commandLine(request.command),
      uses,
      referenceOf: (entry) => lending.vault.referenceOf(entry),
    });
    const values: Record<string, Secret> = {};
    // What the entry says now: a replacement may have come while the question was open.
    for (const { name } of uses) {
      values[name] = await lending.accessToken(current(lending, request.references[name] ?? ''));
    }
    return values;
  } catch (error) {
    outcome = PatError.is(error) ? error.problem.reason : messageOf(error);
    lending.log(error);
    throw error;
  } finally {
    const at = lending.clock.now();
    const accesses = Object.entries(request.references).map(([name, reference]) => ({
      at,
      consumer: 'process' as const,
      what: program,
      folder,
      entryId: uses.find((use) => use.name === name)?.entry.id ?? '',
      reference,
      outcome,
    }));
    // A record that cannot be written must not take the token from who was allowed it; the log says so.
    await lending.record.add(accesses).catch((error: unknown) => {
      lending.log(error);
    });
  }
}

/** @throws PatError `bad-reference`, `unknown-alias`, `token-over` */
function current({ vault, clock }: ProcessLending, text: string): Entry {
  const entry = vault.find(parseReference(text));
  if (typeof entry.expires === 'number' && entry.expires <= clock.now()) {
    throw new PatError({ reason: 'token-over', alias: entry.alias, status: vscode.l10n.t('expired') });
  }
  return entry;
}

/** The workspace folder a program runs in; outside of all of them, the folder itself. */
function folderOf(cwd: string): string {
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(cwd))?.uri.fsPath ?? cwd;
}
