import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Files } from '../core/ports.ts';

const TEMPORARY = /^\.[^/]*\.tmp$/;

/**
 * A private folder of small files (0700, files 0600), made with the first write. A file is written under a
 * temporary name, flushed and renamed: about 0.5 ms, and never half a file.
 */
export function folder(path: string): Files {
  return {
    async read(name) {
      try {
        return await fs.readFile(join(path, name), 'utf8');
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    async write(name, text) {
      await fs.mkdir(path, { recursive: true, mode: 0o700 });
      const temporary = join(path, `.${randomUUID()}.tmp`);
      try {
        await fs.writeFile(temporary, text, { mode: 0o600, flush: true });
        await fs.rename(temporary, join(path, name));
      } catch (error) {
        await fs.rm(temporary, { force: true });
        throw error;
      }
      await flushFolder(path);
    },
    async remove(name) {
      await fs.rm(join(path, name), { force: true });
      await flushFolder(path);
    },
    async list() {
      try {
        return (await fs.readdir(path)).filter((name) => !TEMPORARY.test(name));
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
  };
}

/** Makes a rename or removal durable. Windows cannot open folders and does not need it. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(path, 'r').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isAbsent = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
