import * as z from 'zod/mini';
import type { Instant } from '../core/token.ts';
import { Refusal } from './refusal.ts';
import type { Place, SortKey } from './store.ts';

/** Where the next page of a list begins: opaque to callers, and of use for the same sort only. */

const sortKey = z.enum(['name', 'created', 'expires', 'last-used', 'owner', 'status']);
/** Sort, first page's instant, and the place after which to go on. */
const CURSOR = z.tuple([z.string(), z.int(), z.union([z.string(), z.number()]), z.string()]);

export function sortOf(sort: string): SortKey {
  return sortKey.parse(sort.replace(/^-/, ''));
}

export function writeCursor(sort: string, now: Instant, place: Place): string {
  return Buffer.from(JSON.stringify([sort, now, place.key, place.id])).toString('base64url');
}

export function readCursor(cursor: string, sort: string): { now: Instant; place: Place } {
  const result = CURSOR.safeParse(cursorJson(cursor));
  if (!result.success || result.data[0] !== sort) {
    throw new Refusal(400, 'invalid-query', 'The parameters are not understood.', {
      causes: [{ field: 'cursor', text: 'is no cursor of this list in this sort' }],
    });
  }
  const [, now, key, id] = result.data;
  return { now, place: { key, id } };
}

function cursorJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
