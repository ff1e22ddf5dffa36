import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from './processes.ts';

/**
 * Installs something into `folder` unless it is there: into a temporary name first, then renamed, so a folder of
 * that name is always complete. Returns whether it had to.
 */
export async function installOnce(
  folder: string,
  install: (into: string) => Promise<void>,
): Promise<boolean> {
  if (existsSync(folder)) return false;
  await mkdir(dirname(folder), { recursive: true });
  const release = await lock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return false;
    await removeUnfinished(folder);
    const unfinished = `${unfinishedName(folder)}${process.pid}`;
    await mkdir(unfinished);
    try {
      await install(unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return true;
  } finally {
    await release();
  }
}

function unfinishedName(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.`);
}

/** What installations that were killed have left behind. */
async function removeUnfinished(folder: string): Promise<void> {
  const prefix = basename(unfinishedName(folder));
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix) || isRunning(Number(name.slice(prefix.length)))) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

/**
 * Waits for whoever installs the same at the moment. The lock only saves work: two who install at once, because one
 * took the other for dead, still do no harm, as the second rename fails.
 */
async function lock(file: string): Promise<() => Promise<void>> {
  for (let waiting = false; ; waiting = true) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder > 0 && !isRunning(holder)) await rm(file, { force: true });
    else {
      if (!waiting) console.log(`Waiting for another installation of ${basename(file, '.lock')}.`);
      await pause(500);
    }
  }
}
