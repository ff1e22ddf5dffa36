import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../core/ports.ts';
import type { Entry } from './entry.ts';
import type { Records } from './records.ts';

/** One answer of the user that holds beyond the moment: what may, or may never, use which token in which folder. */
export const grantSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  folder: z.string(),
  entryId: z.string(),
  /** Hash of what asks: another command line has another, and is asked about again. */
  definition: z.string(),
  /** What asks, as the user was shown it. */
  shown: z.string(),
  decision: z.enum(['always', 'never']),
  at: z.number(),
});

export type Grant = z.infer<typeof grantSchema>;

/** Who asks for an entry: from where, and by what definition (argument list, task, configuration). */
export interface Asker {
  readonly folder: string;
  readonly definition: string;
}

/** The permissions given for good, one small file each, read when somebody asks: another window may have changed them. */
export class Grants {
  readonly #records: Records<Grant>;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();

  constructor(records: Records<Grant>, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** Calls `listener` after every change by this window; the answer stops it. */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async decisionOf(asker: Asker, entry: Entry): Promise<Grant['decision'] | undefined> {
    return (await this.#records.get(idOf(asker, entry)))?.decision;
  }

  async decide(asker: Asker, entry: Entry, decision: Grant['decision'], shown: string): Promise<void> {
    await this.#records.put({
      version: 1,
      id: idOf(asker, entry),
      folder: asker.folder,
      entryId: entry.id,
      definition: asker.definition,
      shown,
      decision,
      at: this.#clock.now(),
    });
    this.#changed();
  }

  async of(entryId: string): Promise<readonly Grant[]> {
    return (await this.#records.all()).filter((grant) => grant.entryId === entryId);
  }

  async takeBack(grants: readonly Grant[]): Promise<void> {
    for (const { id } of grants) await this.#records.remove(id);
    this.#changed();
  }

  async takeBackAll(): Promise<void> {
    await this.takeBack(await this.#records.all());
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The same for the same definition, whatever order its parts were written in. */
export function definitionOf(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  const names = Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1));
  return hash(JSON.stringify([command, names]));
}

const idOf = ({ folder, definition }: Asker, entry: Entry) =>
  hash(JSON.stringify([folder, entry.id, definition]));

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 40);
