import type * as z from 'zod/mini';
import type { Files } from '../core/ports.ts';

/**
 * Records of one shape, one JSON file each, named by id: two windows that write different records lose nothing
 * of each other's. A file that cannot be read is left alone and reported, never overwritten or dropped.
 */
export class Records<T extends { readonly id: string }> {
  readonly #files: Files;
  readonly #schema: z.ZodMiniType<T>;
  readonly #onUnreadable: (file: string) => void;

  constructor(files: Files, schema: z.ZodMiniType<T>, onUnreadable: (file: string) => void) {
    this.#files = files;
    this.#schema = schema;
    this.#onUnreadable = onUnreadable;
  }

  async all(): Promise<T[]> {
    const names = (await this.#files.list()).filter((name) => name.endsWith('.json'));
    const records = await Promise.all(names.map((name) => this.#read(name)));
    return records.filter((record) => record !== undefined);
  }

  async get(id: string): Promise<T | undefined> {
    return this.#read(fileOf(id));
  }

  async put(record: T): Promise<void> {
    await this.#files.write(fileOf(record.id), JSON.stringify(record, undefined, 1));
  }

  async remove(id: string): Promise<void> {
    await this.#files.remove(fileOf(id));
  }

  async #read(name: string): Promise<T | undefined> {
    const text = await this.#files.read(name);
    if (text === undefined) return undefined; // removed by another window since it was listed
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch {
      this.#onUnreadable(name);
      return undefined;
    }
  }
}

const fileOf = (id: string) => `${id}.json`;
