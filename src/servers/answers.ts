import * as z from 'zod/mini';
import { plain } from './http.ts';

/** An id or secret: kept exactly as it came. */
export const exact = z.string().check(z.minLength(1));

/** Words to show. */
export const words = z.pipe(z.string(), z.transform(plain));

/** `2026-11-23T15:45:52.631Z`, with a zone: a time without one would be a guess. */
export const instant = z.pipe(
  z.iso.datetime({ offset: true }),
  z.transform((text) => Date.parse(text)),
);

/** A value that helps when it is there and has the right form, and is not missed otherwise. */
export const helpful = <T extends z.core.SomeType>(schema: T) => z.catch(z.optional(schema), undefined);
