import * as vscode from 'vscode';
import { messageOf, PatError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { parseReference } from '../../core/reference.ts';
import type { Secret } from '../../core/secret.ts';
import type { Access, AccessRecord } from '../../vault/access.ts';
import { type Entry, entryCondition } from '../../vault/entry.ts';
import type { Vault } from '../../vault/vault.ts';
import { conditionWord } from '../words.ts';
import type { Consent } from './consent.ts';

export interface LendingPorts {
  readonly vault: Vault;
  readonly consent: Consent;
  readonly record: AccessRecord;
  readonly clock: Clock;
  /** What a call needs of a stored secret. */
  accessToken(entry: Entry): Promise<Secret>;
  /** @throws PatError `unknown-server` */
  assertServer(id: string): void;
  log(error: unknown): void;
}

/** Somebody who wants tokens by reference, and what the user is told of them. */
export interface Wish {
  readonly consumer: Access['consumer'];
  /** Who asks, for the question itself and for the record: a program, a configuration. Printable. */
  readonly who: string;
  /** The whole of what asks, printable: a command line, a call. */
  readonly shown: string;
  /** Who can read the token then, and how long an answer holds. */
  readonly meaning: string;
  readonly folder: string;
  /** Hash of what asks: an answer for always holds for this one only. `undefined`: every use is asked about. */
  readonly definition: string | undefined;
  /** Another way that is offered beside the answers. */
  readonly instead?: { readonly label: string; run(): void };
  /** The person has answered VS Code's own question about this very use. */
  readonly confirmed?: true;
  /** Where the value goes (a variable, a header) → reference. */
  readonly references: Readonly<Record<string, string>>;
}

/**
 * The one way by which a stored secret leaves for a consumer that VS Code does not ask about: looked up, asked
 * about, read, and recorded, whatever comes of it. All or none: nobody is given half of what they asked for.
 */
export class Lender {
  readonly #ports: LendingPorts;

  constructor(ports: LendingPorts) {
    this.#ports = ports;
  }

  /** @throws PatError */
  async lend(wish: Wish): Promise<Readonly<Record<string, Secret>>> {
    const { vault, consent } = this.#ports;
    let outcome = 'given';
    let uses: readonly { name: string; entry: Entry }[] = [];
    try {
      uses = Object.entries(wish.references).map(([name, text]) => ({ name, entry: this.entryOf(text) }));
      await consent.ask({ ...wish, uses, referenceOf: (entry) => vault.referenceOf(entry) });
      const values: Record<string, Secret> = {};
      // What the entry says now: a replacement may have come while the question was open.
      for (const { name } of uses)
        values[name] = await this.#ports.accessToken(this.entryOf(wish.references[name] ?? ''));
      return values;
    } catch (error) {
      outcome = PatError.is(error) ? error.problem.reason : messageOf(error);
      this.#ports.log(error);
      throw error;
    } finally {
      await this.#note(wish, uses, outcome);
    }
  }

  /** @throws PatError `bad-reference`, `unknown-server`, `unknown-alias`, `secret-missing`, `token-over` */
  entryOf(text: string): Entry {
    const { vault, clock } = this.#ports;
    const reference = parseReference(text);
    this.#ports.assertServer(reference.server);
    const entry = vault.find(reference);
    if (vault.presenceOf(entry) === 'missing') {
      throw new PatError({ reason: 'secret-missing', alias: entry.alias, server: entry.serverId });
    }
    const condition = entryCondition(entry, clock.now());
    if (condition === 'expired' || condition === 'revoked' || condition === 'auto-revoked') {
      throw new PatError({ reason: 'token-over', alias: entry.alias, status: conditionWord(condition) });
    }
    return entry;
  }

  async #note(wish: Wish, uses: readonly { name: string; entry: Entry }[], outcome: string): Promise<void> {
    const at = this.#ports.clock.now();
    const accesses = Object.entries(wish.references).map(([name, reference]) => ({
      at,
      consumer: wish.consumer,
      what: wish.who,
      folder: wish.folder,
      entryId: uses.find((use) => use.name === name)?.entry.id ?? '',
      reference,
      outcome,
    }));
    // A record that cannot be written must not take the token from who was allowed it; the log says so.
    await this.#ports.record.add(accesses).catch((error: unknown) => {
      this.#ports.log(error);
    });
  }
}

/** The workspace folder that something below it asks from; outside of all of them, the folder itself. */
export function folderOf(path: string): string {
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path))?.uri.fsPath ?? path;
}

/** Of a workspace without further information: its first folder. */
export const firstFolder = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
