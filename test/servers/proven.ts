import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PatServer } from '../../src/servers/server.ts';
import { root } from '../host/folders.ts';

/** What each test run has seen succeed: kind → operation → what answered. The README's table is made of it. */
export type Proofs = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
export const PROOFS = join(root, 'out/proven.json');

const seen = new Map<string, Map<string, Set<string>>>();

/** The same server; every operation of it that succeeds is noted, with `by`, the thing that answered. */
export function observed(kind: string, by: string, server: PatServer): PatServer {
  return new Proxy(server, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, args);
        const note = () => {
          noteDown(kind, name, by, args);
        };
        if (answer instanceof Promise) answer.then(note, () => undefined);
        if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) return answer;
        return noted(answer as AsyncIterable<unknown>, note);
      };
    },
  });
}

async function* noted(pages: AsyncIterable<unknown>, note: () => void): AsyncIterable<unknown> {
  yield* pages;
  note();
}

function noteDown(kind: string, method: string, by: string, args: readonly unknown[]): void {
  const [query] = args as [{ owner?: unknown; filter?: unknown } | undefined];
  const operation =
    method !== 'tokens'
      ? method
      : query?.filter !== undefined
        ? 'filter'
        : query?.owner === 'all'
          ? 'listAll'
          : 'list';
  const operations = seen.get(kind) ?? new Map<string, Set<string>>();
  seen.set(kind, operations);
  operations.set(operation, (operations.get(operation) ?? new Set()).add(by));
}

process.once('exit', () => {
  if (seen.size === 0) return;
  const proofs = Object.fromEntries(
    [...seen].map(([kind, operations]) => [
      kind,
      Object.fromEntries([...operations].map(([operation, by]) => [operation, [...by].sort()])),
    ]),
  );
  mkdirSync(dirname(PROOFS), { recursive: true });
  writeFileSync(PROOFS, JSON.stringify(proofs, undefined, 2));
});
