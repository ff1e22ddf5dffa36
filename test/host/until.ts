import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the answer is neither `false` nor `undefined`, and returns it. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined> | T | false | undefined,
  { timeout = 15_000, every = 50 } = {},
): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${String(timeout / 1000)} s in vain for ${what}`);
    await pause(every);
  }
}
