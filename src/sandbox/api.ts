import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/token.ts';
import { patched, PATCH } from './patch.ts';
import { RateLimit, type Rate } from './rate.ts';
import { Refusal, type Cause } from './refusal.ts';
import {
  ADMINISTRATOR,
  defaultExpiry,
  LIMITS,
  missingRight,
  problemOfExpiry,
  referrerCovers,
  statusOf,
  subjectCovers,
  ungrantable,
  type Caller,
  type Need,
  type Scope,
} from './rules.ts';
import { isSecret, keep, mintSecret } from './secrets.ts';
import type { Place, SortKey, Store, StoredToken } from './store.ts';

/** The operations of openapi.yaml, without a word of HTTP's wire. */

export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  /** The whole body as text, of the type named. Rejects with a Refusal. */
  readonly body: (type: string) => Promise<string>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent, nothing is sent. */
  readonly body?: unknown;
}

export interface ApiSettings {
  readonly store: Store;
  readonly clock: Clock;
  readonly scopes: readonly Scope[];
  readonly immutableNames: boolean;
  /** For each credential; failed attempts to sign in share one allowance. */
  readonly rate: Rate;
  readonly prove: (challenge: string) => string;
}

/** The signed-in caller of one request. */
interface Call extends Caller {
  readonly token: StoredToken;
  readonly request: ApiRequest;
  readonly now: Instant;
}

interface Operation {
  readonly scope?: string;
  /** Takes parameters in the query, and checks them. */
  readonly query?: true;
  readonly run: (call: Call, id: string) => ApiAnswer | Promise<ApiAnswer>;
}

const ONE_TOKEN = /^\/personal-access-tokens\/([^/]+)$/;
const LAST_USED_EVERY = 60_000;
/** Its token is the platform's own: shown, and not to be revoked from under the connection that uses it. */
const ADMIN_TOKEN = 'PAT Vault sandbox';

const instant = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be an instant such as 2027-01-31T12:00:00Z' }),
  z.transform((text: string) => Date.parse(text)),
);
const status = z.enum(['active', 'expired', 'revoked', 'auto-revoked']);
const sortKey = z.enum(['name', 'created', 'expires', 'last-used', 'owner', 'status']);

const nonEmpty = z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(200, 'is too long'));
const LIST_QUERY = z.strictObject({
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

const NO_QUERY = z.strictObject({});
const PROOF_QUERY = z.strictObject({
  challenge: z.string('is required').check(z.regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')),
});
/** Sort, first page's instant, and the place after which to go on. */
const CURSOR = z.tuple([z.string(), z.int(), z.union([z.string(), z.number()]), z.string()]);

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

const NEW_TOKEN = z.strictObject(
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
const CHANGED_TOKEN = z.strictObject({ name, description, scopes: scopeNames, expires });

export class Api {
  readonly #settings: ApiSettings;
  readonly #calls: RateLimit;
  readonly #failures: RateLimit;

  constructor(settings: ApiSettings) {
    this.#settings = settings;
    this.#calls = new RateLimit(settings.rate, settings.clock);
    this.#failures = new RateLimit(settings.rate, settings.clock);
  }

  /** @throws Refusal */
  async answer(request: ApiRequest): Promise<ApiAnswer> {
    const { pathname } = request.url;
    const id = ONE_TOKEN.exec(pathname)?.[1];
    const methods = this.#paths.get(id === undefined ? pathname : '/personal-access-tokens/{id}');
    if (methods === undefined) throw new Refusal(404, 'no-such-path', 'There is nothing at this path.');
    const operation = methods.get(request.method);
    if (operation === undefined) {
      throw new Refusal(405, 'method-not-allowed', `${cut(request.method)} is not possible here.`, {
        headers: { Allow: [...methods.keys()].join(', ') },
      });
    }
    if (operation === 'proof') return this.#proof(request);
    const call = this.#signIn(request);
    this.#demand(call, operation.scope === undefined ? {} : { scope: operation.scope });
    if (operation.query === undefined) parsed(NO_QUERY, queryOf(request.url), 'invalid-query');
    return operation.run(call, id ?? '');
  }

  /** Makes a token with every scope for `owner`, in process; those made so before are revoked. */
  mintAdministrator(owner: string): string {
    const { store, clock, scopes } = this.#settings;
    const now = clock.now();
    store.endManaged(owner);
    let free = ADMIN_TOKEN;
    for (let n = 2; store.nameTaken(owner, free, now); n++) free = `${ADMIN_TOKEN} ${n}`;
    const secret = mintSecret();
    store.add(
      {
        id: randomUUID(),
        name: free,
        description: 'What the editor itself signs in to its sandbox with',
        owner,
        scopes: scopes.map((scope) => scope.name),
        created: now,
        expires: null,
        managed: true,
        subject: null,
        referrer: null,
      },
      keep(secret),
    );
    return secret;
  }

  readonly #paths = new Map<string, ReadonlyMap<string, Operation | 'proof'>>([
    [
      '/personal-access-tokens',
      new Map<string, Operation>([
        ['GET', { scope: 'tokens:read', query: true, run: (call) => this.#list(call) }],
        ['POST', { scope: 'tokens:write', run: (call) => this.#create(call) }],
      ]),
    ],
    [
      '/personal-access-tokens/{id}',
      new Map<string, Operation>([
        ['GET', { scope: 'tokens:read', run: (call, id) => this.#describe(call, id) }],
        ['PATCH', { scope: 'tokens:write', run: (call, id) => this.#change(call, id) }],
        ['DELETE', { scope: 'tokens:write', run: (call, id) => this.#revoke(call, id) }],
      ]),
    ],
    [
      '/users',
      new Map<string, Operation>([['GET', { scope: 'users:read', run: (call) => this.#users(call) }]]),
    ],
    ['/scopes', new Map<string, Operation>([['GET', { run: () => ok({ scopes: this.#settings.scopes }) }]])],
    ['/me', new Map<string, Operation>([['GET', { run: (call) => this.#me(call) }]])],
    ['/whoami', new Map<string, Operation>([['GET', { run: (call) => this.#whoami(call) }]])],
    ['/.well-known/pat-vault-proof', new Map([['GET', 'proof' as const]])],
  ]);

  #proof(request: ApiRequest): ApiAnswer {
    const { challenge } = parsed(PROOF_QUERY, queryOf(request.url), 'invalid-query');
    return ok({ proof: this.#settings.prove(challenge) });
  }

  /** The caller by its credential; a live token is marked as used, an expired one ends here. */
  #signIn(request: ApiRequest): Call {
    const { store, clock } = this.#settings;
    const now = clock.now();
    const header = request.header('authorization');
    const secret = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
    const token = secret !== undefined && isSecret(secret) ? store.tokenOfSecret(keep(secret)) : undefined;
    if (token === undefined) {
      throw header === undefined
        ? this.#unauthorized('no-credential', 'A token is needed: Authorization: Bearer …')
        : this.#unauthorized('bad-credential', 'This is no token of this server.');
    }
    const state = statusOf(token, now);
    if (state === 'expired') {
      store.end(token.id, 'auto-revoked');
      throw this.#unauthorized('token-expired', 'This token has expired. It is now revoked.');
    }
    if (state !== 'active') throw this.#unauthorized('token-revoked', 'This token is revoked.');
    if (token.owner.status !== 'active') {
      throw this.#unauthorized('owner-disabled', "This token's owner is disabled.");
    }
    const wait = this.#calls.take(token.id);
    if (wait > 0) throw slowDown(wait, 'Too many calls with this token.');
    if (token.subject !== null && !subjectCovers(token.subject, request.url)) {
      throw new Refusal(403, 'outside-subject', 'This token is limited to another address.');
    }
    if (token.referrer !== null && !referrerCovers(token.referrer, request.header('referer'))) {
      throw new Refusal(403, 'outside-referrer', 'This token is limited to calls from another host.');
    }
    if (token.lastUsed !== null && now - token.lastUsed < LAST_USED_EVERY) {
      return { user: token.owner, scopes: token.scopes, token, request, now };
    }
    store.used(token.id, now);
    return { user: token.owner, scopes: token.scopes, token: { ...token, lastUsed: now }, request, now };
  }

  #unauthorized(detailCode: string, text: string): Refusal {
    const wait = this.#failures.take('');
    return wait > 0
      ? slowDown(wait, 'Too many failed attempts to sign in.')
      : new Refusal(401, detailCode, text, { headers: { 'WWW-Authenticate': 'Bearer realm="PAT Vault"' } });
  }

  #demand(call: Call, need: Need): void {
    const right = missingRight(call, need);
    if (right !== undefined) throw lacking(right);
  }

  /** What touches `owner`'s tokens needs the role of an administrator, unless they are the caller's own. */
  #demandOwner(call: Call, owner: string | undefined): void {
    if (owner !== call.user.id) this.#demand(call, { role: ADMINISTRATOR });
  }

  /** A token the caller may handle. */
  #reach(call: Call, id: string): StoredToken {
    const token = this.#settings.store.token(id);
    if (token === undefined) throw new Refusal(404, 'token-not-found', 'There is no such token.');
    this.#demandOwner(call, token.owner.id);
    return token;
  }

  #list(call: Call): ApiAnswer {
    const query = parsed(LIST_QUERY, queryOf(call.request.url), 'invalid-query');
    const owner = query['owner-id'] === 'me' ? call.user.id : query['owner-id'];
    this.#demandOwner(call, owner);
    const from = query.cursor === undefined ? undefined : readCursor(query.cursor, query.sort);
    const at = from?.now ?? call.now;
    const { tokens, next } = this.#settings.store.page(
      {
        owner,
        statuses: query.status,
        text: query.q,
        name: query.name?.normalize('NFC'),
        lastUsedBefore: query['last-used-before'],
        neverUsed: query['never-used'],
      },
      {
        sort: sortOf(query.sort),
        descending: query.sort.startsWith('-'),
        limit: query.limit,
        now: at,
        after: from?.place,
      },
    );
    const body = {
      tokens: tokens.map((token) => shown(token, call.now)),
      nextCursor: next === undefined ? null : writeCursor(query.sort, at, next),
    };
    const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
    return matches(call.request.header('if-none-match'), etag)
      ? { status: 304, headers: { ETag: etag } }
      : { status: 200, headers: { ETag: etag }, body };
  }

  #describe(call: Call, id: string): ApiAnswer {
    return ok(shown(this.#reach(call, id), call.now));
  }

  async #create(call: Call): Promise<ApiAnswer> {
    const { store, clock } = this.#settings;
    const draft = parsed(NEW_TOKEN, json(await call.request.body('application/json')), 'invalid-body');
    const now = clock.now();
    const owner = draft.owner ?? call.user.id;
    this.#demandOwner(call, owner);
    const user = store.user(owner);
    if (user === undefined) throw invalid('/owner', 'there is no such user');
    if (user.status !== 'active') throw new Refusal(409, 'owner-disabled', `${user.name} is disabled.`);
    const granted = draft.scopes ?? [];
    this.#demandGrantable(call, granted);
    const until = draft.expires === undefined ? defaultExpiry(now) : draft.expires;
    this.#demandExpiry(until, now);
    this.#demandFreeName(owner, draft.name, now);
    const secret = mintSecret();
    const id = randomUUID();
    store.add(
      {
        id,
        name: draft.name,
        description: draft.description,
        owner,
        scopes: granted,
        created: now,
        expires: until,
        managed: false,
        subject: draft.subject,
        referrer: draft.referrer,
      },
      keep(secret),
    );
    return {
      status: 201,
      headers: { Location: `/personal-access-tokens/${id}` },
      body: { token: shown(this.#reach(call, id), now), secret },
    };
  }

  async #change(call: Call, id: string): Promise<ApiAnswer> {
    const { store, clock, immutableNames } = this.#settings;
    this.#reach(call, id);
    const operations = parsed(
      PATCH,
      json(await call.request.body('application/json-patch+json')),
      'invalid-patch',
    );
    // Read again: the body took its time, and nothing below waits.
    const token = this.#reach(call, id);
    const now = clock.now();
    if (token.managed) throw managed();
    if (statusOf(token, now) !== 'active') {
      throw new Refusal(409, 'token-not-active', 'Only active tokens can be changed.');
    }
    const document = {
      name: token.name,
      description: token.description,
      scopes: token.scopes,
      expires: time(token.expires),
    };
    const wanted = parsed(CHANGED_TOKEN, patched(document, operations), 'invalid-body');
    if (wanted.name !== token.name) {
      if (immutableNames) throw new Refusal(409, 'name-immutable', "A token's name cannot be changed here.");
      this.#demandFreeName(token.owner.id, wanted.name, now, id);
    }
    this.#demandGrantable(
      call,
      wanted.scopes.filter((scope) => !token.scopes.includes(scope)),
    );
    if (wanted.expires !== token.expires) this.#demandExpiry(wanted.expires, now);
    store.change(id, wanted);
    return ok(shown(this.#reach(call, id), now));
  }

  #revoke(call: Call, id: string): ApiAnswer {
    const token = this.#reach(call, id);
    if (token.managed) throw managed();
    this.#settings.store.end(id, 'revoked');
    return { status: 204 };
  }

  #users(call: Call): ApiAnswer {
    this.#demand(call, { role: ADMINISTRATOR });
    return ok({ users: this.#settings.store.users() });
  }

  #whoami(call: Call): ApiAnswer {
    return ok({ user: call.user, token: shown(call.token, call.now) });
  }

  #me(call: Call): ApiAnswer {
    const ability = (need: Need) => {
      const right = missingRight(call, need);
      return { allowed: right === undefined, missingRight: right ?? null };
    };
    const read = { scope: 'tokens:read' };
    const write = { scope: 'tokens:write' };
    const role = ADMINISTRATOR;
    return ok({
      user: call.user,
      roles: [call.user.role],
      scopes: call.scopes,
      abilities: {
        list: ability(read),
        listAll: ability({ ...read, role }),
        create: ability(write),
        createForOthers: ability({ ...write, role }),
        change: ability(write),
        changeOthers: ability({ ...write, role }),
        revoke: ability(write),
        revokeOthers: ability({ ...write, role }),
        listUsers: ability({ scope: 'users:read', role }),
      },
      immutableNames: this.#settings.immutableNames,
      limits: { ...LIMITS, expiresBefore: time(LIMITS.expiresBefore), neverAllowed: true },
    });
  }

  #demandGrantable(call: Call, wanted: readonly string[]): void {
    const { scopes } = this.#settings;
    const at = wanted.findIndex((scope) => !scopes.some((known) => known.name === scope));
    if (at >= 0) throw invalid('/scopes', `this server has no scope ${quoted(wanted[at])}`);
    const held = ungrantable(call, wanted, scopes);
    if (held !== undefined) throw lacking(`scope ${held}`);
  }

  #demandExpiry(until: Instant | null, now: Instant): void {
    const problem = problemOfExpiry(until, now);
    if (problem !== undefined) throw invalid('/expires', problem);
  }

  #demandFreeName(owner: string, wanted: string, now: Instant, exceptId?: string): void {
    if (this.#settings.store.nameTaken(owner, wanted, now, exceptId)) {
      throw new Refusal(409, 'name-taken', 'An active token of this owner already has this name.', {
        causes: [{ field: '/name', text: 'is taken' }],
      });
    }
  }
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

function time(at: Instant): string;
function time(at: Instant | null): string | null;
function time(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A token as the API shows it. */
function shown(token: StoredToken, now: Instant): unknown {
  return {
    id: token.id,
    name: token.name,
    description: token.description,
    owner: token.owner,
    status: statusOf(token, now),
    scopes: token.scopes,
    created: time(token.created),
    expires: time(token.expires),
    lastUsed: time(token.lastUsed),
    managed: token.managed,
    secretStart: token.secretStart,
    secretEnd: token.secretEnd,
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'invalid-json', 'The body is not JSON.');
  }
}

/** Each parameter once; `Object.fromEntries` makes even `__proto__` a plain key, which the schemas refuse. */
function queryOf(url: URL): unknown {
  const names = [...url.searchParams.keys()];
  const twice = names.find((parameter, at) => names.indexOf(parameter) !== at);
  if (twice !== undefined) {
    throw new Refusal(400, 'invalid-query', 'A parameter is given twice.', {
      causes: [{ field: cut(twice), text: 'is given twice' }],
    });
  }
  return Object.fromEntries(url.searchParams);
}

function parsed<T extends z.ZodMiniType>(schema: T, input: unknown, detailCode: string): z.output<T> {
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

function invalid(field: string, text: string): Refusal {
  return new Refusal(400, 'invalid-body', 'The token cannot be like this.', { causes: [{ field, text }] });
}

function lacking(right: string): Refusal {
  return new Refusal(403, 'missing-right', `This needs the right “${right}”.`, {
    causes: [{ right, text: `The caller lacks “${right}”.` }],
  });
}

function managed(): Refusal {
  return new Refusal(409, 'token-managed', 'This token belongs to the platform.');
}

function slowDown(seconds: number, text: string): Refusal {
  return new Refusal(429, 'slow-down', text, { headers: { 'Retry-After': String(seconds) } });
}

function quoted(text: string | undefined): string {
  return `“${cut(text ?? '')}”`;
}

function cut(text: string): string {
  return text.slice(0, 100);
}

function sortOf(sort: string): SortKey {
  return sortKey.parse(sort.replace(/^-/, ''));
}

function writeCursor(sort: string, now: Instant, place: Place): string {
  return Buffer.from(JSON.stringify([sort, now, place.key, place.id])).toString('base64url');
}

function readCursor(cursor: string, sort: string): { now: Instant; place: Place } {
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

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
