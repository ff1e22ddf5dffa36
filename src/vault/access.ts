import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

/** One hand-out of a token, or its refusal. Never the secret. */
export const accessSchema = z.object({
  at: z.number(),
  /** What kind of consumer asked. */
  consumer: z.enum(['process', 'script', 'git', 'input', 'debug', 'agent', 'mcp', 'extension']),
  /** The program's name; arguments may hold what is nobody's business. */
  what: z.string(),
  folder: z.string(),
  entryId: z.string(),
  reference: z.string(),
  /** `given`, or the reason of the failure. */
  outcome: z.string(),
});

export type Access = z.infer<typeof accessSchema>;

/** The file is set aside at this size, and the one set aside before it goes: some 5,000 hand-outs are kept at least. */
const LIMIT = 1024 * 1024;

/** The record of every hand-out: one JSON text a line, appended, so that several windows can write at once. */
export class AccessRecord {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async add(accesses: readonly Access[]): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const size = await stat(this.#path).then(
      (file) => file.size,
      () => 0,
    );
    if (size > LIMIT) await rename(this.#path, `${this.#path}.1`).catch(() => undefined); // another window did
    // The line break comes first, in case that the last line was cut off.
    const lines = accesses.map((access) => `\n${JSON.stringify(access)}`);
    await appendFile(this.#path, lines.join(''), { mode: 0o600 });
  }

  /** Oldest first. A line that was cut off by a crash is left out. */
  async all(): Promise<readonly Access[]> {
    const files = [`${this.#path}.1`, this.#path];
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    return texts
      .join('\n')
      .split('\n')
      .flatMap((line) => {
        try {
          return [accessSchema.parse(JSON.parse(line))];
        } catch {
          return [];
        }
      });
  }
}
