import * as z from 'zod/mini';
import { type Cause, Refusal } from './refusal.ts';
import { LIMITS } from './rules.ts';

/** What the parameters and bodies of requests may hold, and what is said of those that hold something else. */

const instant = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be an instant such as 2027-01-31T12:00:00Z' }),
  z.transform((text: string) => Date.parse(text)),
);
const status = z.enum(['active', 'expired', 'revoked', 'auto-revoked']);

const nonEmpty = z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(200, 'is too long'));
export const LIST_QUERY = z.strictObject({
  'owner-id': z.optional(nonEmpty),
  status: z.optional(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((text: string) => text.split(',')),
      ),
      z.array(status, 'must be statuses separated by commas').check(z.maxLength(20, 'is too long')),
    ),
  ),
  q: z.optional(nonEmpty),
  name: z.optional(nonEmpty),
  'last-used-before': z.optional(instant),
  'never-used': z.optional(
    z.pipe(
      z.enum(['true', 'false'], 'must be true or false'),
      z.transform((text: 'true' | 'false') => text === 'true'),
    ),
  ),
  sort: z._default(
    z
      .string()
      .check(z.regex(/^-?(name|created|expires|last-used|owner|status)$/, 'names no column to sort by')),
    'name',
  ),
  limit: z._default(
    z.pipe(
      z.string().check(z.regex(/^\d{1,4}$/, 'must be a number from 1 to 1000')),
      z.pipe(
        z.transform((text: string) => Number(text)),
        z.number().check(z.minimum(1, 'must be at least 1'), z.maximum(1000, 'must be at most 1000')),
      ),
    ),
    100,
  ),
  cursor: z.optional(z.string().check(z.maxLength(2000, 'is no cursor of this server'))),
});

export const NO_QUERY = z.strictObject({});
export const PROOF_QUERY = z.strictObject({
  challenge: z.string('is required').check(z.regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')),
});

const count = (text: string) => Array.from(text).length;
const atMost = (limit: number) =>
  z.refine<string>((text) => count(text) <= limit, `must have at most ${limit} characters`);
const name = z.pipe(
  z.pipe(
    z.string('must be text'),
    z.transform((text: string) => text.normalize('NFC').trim()),
  ),
  z
    .string()
    .check(
      z.minLength(1, 'must not be empty'),
      atMost(LIMITS.nameMaxLength),
      z.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters'),
    ),
);
const description = z
  .string('must be text')
  .check(
    atMost(LIMITS.descriptionMaxLength),
    z.regex(/^(?:[\n\r\t]|[^\p{Cc}\p{Cs}])*$/u, 'must not hold control characters'),
  );
const scopeNames = z.array(z.string('must be text'), 'must be a list of scopes').check(
  z.maxLength(100, 'must have at most 100 scopes'),
  z.refine((list) => new Set(list).size === list.length, 'must not name a scope twice'),
);
const expires = z.nullable(instant);
const subject = z.string('must be text').check(
  z.maxLength(2000, 'is too long'),
  z.refine((text) => {
    const url = URL.parse(text);
    const plain = url !== null && url.username + url.password + url.search + url.hash === '';
    return plain && /^https?:$/.test(url.protocol);
  }, 'must be an absolute http or https address without user, query or fragment'),
);
const referrer = z
  .string('must be text')
  .check(
    z.maxLength(253, 'is too long'),
    z.regex(/^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/, 'must be a host name, or the end of one'),
  );

export const NEW_TOKEN = z.strictObject(
  {
    name,
    description: z._default(description, ''),
    owner: z.optional(z.string('must be the id of a user').check(z.minLength(1, 'must not be empty'))),
    scopes: z._default(z.nullable(scopeNames), null),
    expires: z.optional(expires),
    subject: z._default(z.nullable(subject), null),
    referrer: z._default(z.nullable(referrer), null),
  },
  'must be an object',
);
export const CHANGED_TOKEN = z.strictObject({ name, description, scopes: scopeNames, expires });

export function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'invalid-json', 'The body is not JSON.');
  }
}

/** Each parameter once; `Object.fromEntries` makes even `__proto__` a plain key, which the schemas refuse. */
export function queryOf(url: URL): unknown {
  const names = [...url.searchParams.keys()];
  const twice = names.find((parameter, at) => names.indexOf(parameter) !== at);
  if (twice !== undefined) {
    throw new Refusal(400, 'invalid-query', 'A parameter is given twice.', {
      causes: [{ field: cut(twice), text: 'is given twice' }],
    });
  }
  return Object.fromEntries(url.searchParams);
}

export function parsed<T extends z.ZodMiniType>(schema: T, input: unknown, detailCode: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const pointer = detailCode !== 'invalid-query';
  const causes = result.error.issues.flatMap((issue) => causesOf(issue, pointer)).slice(0, 20);
  throw new Refusal(400, detailCode, TEXTS[detailCode] ?? 'The request is not understood.', { causes });
}

const TEXTS: Readonly<Record<string, string>> = {
  'invalid-body': 'The token cannot be like this.',
  'invalid-patch': 'This is no JSON Patch.',
  'invalid-query': 'The parameters are not understood.',
};

function causesOf(issue: z.core.$ZodIssue, pointer: boolean): Cause[] {
  const field = (path: readonly PropertyKey[]) =>
    pointer ? path.map((part) => `/${cut(String(part))}`).join('') : cut(String(path[0] ?? ''));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, 20)
      .map((key) => ({ field: field([...issue.path, key]), text: 'is unknown here' }));
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0;
  return [{ field: field(issue.path), text: missing ? 'is required' : issue.message }];
}

export function cut(text: string): string {
  return text.slice(0, 100);
}
