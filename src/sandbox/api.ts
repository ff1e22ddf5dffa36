import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/token.ts';
import { readCursor, sortOf, writeCursor } from './cursor.ts';
import { patched, PATCH } from './patch.ts';
import { RateLimit, type Rate } from './rate.ts';
import { Refusal } from './refusal.ts';
import {
  CHANGED_TOKEN,
  cut,
  json,
  LIST_QUERY,
  NEW_TOKEN,
  NO_QUERY,
  parsed,
  PROOF_QUERY,
  queryOf,
} from './requests.ts';
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
import type { Store, StoredToken } from './store.ts';

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

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
