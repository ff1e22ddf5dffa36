import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import * as z from 'zod/mini';
import type { TokenFilter } from '../core/arrange.ts';
import { PatError } from '../core/errors.ts';
import { type Draft, type ExpiryField, type Field, type Form } from '../core/form.ts';
import type { Challenge, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { Secret, type SecretBundle } from '../core/secret.ts';
import type { Instant, Token } from '../core/token.ts';
import { exact, helpful, instant, words } from './answers.ts';
import { bearer, callAt, isOk, json, parseAnswer, refusal } from './http.ts';
import type {
  Ability,
  Authorization,
  Caller,
  Credential,
  KindPorts,
  Minted,
  PatServer,
  ServerKind,
  TokenQuery,
} from './server.ts';

// SailPoint Identity Security Cloud. Source: SailPoint's own OpenAPI files, test/servers/sailpoint/SOURCES.txt.

/** What differs between versions of the API; the address of a connection ends with the version's name. */
interface Version {
  /** Where the calls are, below the tenant's address. */
  readonly path: string;
  /** At most six months, and six months when left out; otherwise without limit, and never is possible. */
  readonly halfYear: boolean;
}
const VERSIONS: Readonly<Record<string, Version>> = {
  v3: { path: 'v3/personal-access-tokens', halfYear: true },
  beta: { path: 'beta/personal-access-tokens', halfYear: true },
  v2024: { path: 'v2024/personal-access-tokens', halfYear: true },
  v2025: { path: 'v2025/personal-access-tokens', halfYear: false },
  v2026: { path: 'v2026/personal-access-tokens', halfYear: false },
  v1: { path: 'personal-access-tokens/v1', halfYear: false },
};
const NEWEST = 'v2025';
const HALF_YEAR = 180;

/** "At most 10 PATs per user" (documentation); the platform's own do not count. */
const SLOTS = 10;
const ALL_RIGHTS = 'sp:scopes:all';

// createpersonalaccesstokenrequest.yaml
const VALIDITY = { min: 15, max: 43_200, default: 43_200 };

const RIGHTS = {
  mine: 'idn:my-personal-access-tokens:read',
  all: 'idn:all-personal-access-tokens:read',
  manage: 'sp:my-personal-access-tokens:manage',
  manageAll: 'sp:my-personal-access-tokens:manage or sp:all-personal-access-tokens:manage',
};

const Exchanged = z.object({ access_token: exact, expires_in: z.number().check(z.positive()) });

const Row = z.object({
  id: exact,
  name: words,
  // null: what the server gives by default, all rights of the owner
  scope: z.nullable(z.array(words)),
  owner: z.object({ id: exact, name: helpful(words) }),
  created: instant,
  lastUsed: helpful(z.nullable(instant)),
  managed: helpful(z.boolean()),
  accessTokenValiditySeconds: helpful(z.number()),
  // The specification calls it never null in one place, and null for "never" in another.
  expirationDate: helpful(z.nullable(instant)),
});
type Row = z.infer<typeof Row>;

const MintedRow = z.extend(Row, { secret: exact });

const Failure = z.object({
  detailCode: helpful(words),
  messages: helpful(z.array(z.object({ text: words }))),
  // 429 and some gateways; 401
  message: helpful(words),
  error: helpful(words),
});

export const sailpoint: ServerKind = {
  id: 'sailpoint',
  label: l10n.t('SailPoint Identity Security Cloud'),
  detail: l10n.t('A tenant of SailPoint; the version of its API stands at the end of the address'),
  addressExample: 'https://acme.api.identitynow.com/v2025',
  signInFields: [
    {
      name: 'clientId',
      label: l10n.t('Client ID'),
      help: l10n.t('Of a personal access token of yours: Preferences › Personal Access Tokens in SailPoint.'),
      hidden: false,
    },
    {
      name: 'secret',
      label: l10n.t('Client Secret'),
      help: l10n.t('Shown once when that token was made.'),
      hidden: true,
    },
  ],

  async signIn(address, answers, ports, signal) {
    const clientId = new Secret(answers.clientId?.reveal().trim() ?? '');
    const secret = new Secret(answers.secret?.reveal().trim() ?? '');
    if (clientId.isEmpty || secret.isEmpty) {
      throw new PatError({ reason: 'bad-credential', host: address.host });
    }
    await new Tenant(address, { clientId, secret }, ports).caller(signal);
    return { clientId, secret };
  },

  // The address is in SailPoint's documentation of its API ("Authentication"); a tenant's own host is not told there.
  tokenPage: ({ hostname }) => {
    const [, tenant] = /^([a-z0-9-]+)\.api\.identitynow\.com$/.exec(hostname) ?? [];
    if (tenant === undefined) return undefined;
    return new URL(`https://${tenant}.identitynow.com/ui/d/user-preferences/personal-access-tokens`);
  },
  isManagement: (path) => /\/(personal-access-tokens|oauth|oauth-clients|auth)(\/|$)/.test(path),
  tokensSignIn: true,

  connect: (address, credential, ports) => new Tenant(address, credential, ports),
};

/** `filters` knows `le` and `isnull` of one field, and no list of both: tokens not used since are asked for twice. */
function questionsOf({ neverUsed, unusedSince }: TokenFilter): readonly (string | undefined)[] {
  if (neverUsed === true) return ['lastUsed isnull'];
  if (unusedSince === undefined) return [undefined];
  return ['lastUsed isnull', `lastUsed le ${new Date(unusedSince).toISOString()}`];
}

/** Bearers are given up this long before they end: clocks differ, and a call takes its time. */
const EARLY = 60_000;

class Tenant implements PatServer {
  readonly listsNames = true;
  readonly filters = ['ownerId', 'neverUsed', 'unusedSince'] as const;
  /** The tenant's own address, where tokens are exchanged. */
  readonly #base: URL;
  readonly #version: Version;
  readonly #credential: SecretBundle;
  readonly #ports: KindPorts;
  readonly #bearers = new Map<string, Promise<Authorization>>();

  /** @throws PatError `bad-address` for a version it does not know */
  constructor(address: URL, credential: Credential, ports: KindPorts) {
    const { base, version } = partsOf(address);
    this.#base = base;
    this.#version = version;
    this.#credential = { ...credential, secret: credential.secret ?? new Secret('') };
    this.#ports = ports;
  }

  /** Nobody says who calls; but the login is a token of the caller's, and so is in their own list. */
  async caller(signal: AbortSignal): Promise<Caller> {
    const mine = await this.#list('me', signal);
    const { owner } = mine.find((row) => this.#isLogin(row.id)) ?? mine[0] ?? {};
    const name = owner?.name ?? owner?.id ?? this.#base.host;
    const none: Ability = { by: 'none', missingRight: undefined };
    return {
      account: { id: owner?.id ?? '', name, status: undefined, role: undefined },
      // What a right is missing for is only known once the call has been refused.
      abilities: {
        list: BY_API,
        listAll: BY_API,
        describe: BY_API,
        create: BY_API,
        createForOthers: none,
        change: BY_API,
        rotate: none,
        pause: none,
        revoke: BY_API,
        verify: BY_API,
      },
      slotsLeft: slotsLeft(mine),
    };
  }

  async form(signal: AbortSignal): Promise<Form> {
    const left = slotsLeft(await this.#list('me', signal));
    return {
      notes: [
        l10n.t('{0} of {1} tokens are left to you.', left, SLOTS),
        l10n.t('The token is a pair: a client ID and a client secret, exchanged for access tokens.'),
      ],
      fields: [nameField(''), scopeField([ALL_RIGHTS]), this.#expiryField(), validityField],
    };
  }

  async nameTaken(name: string, _draft: Draft, signal: AbortSignal): Promise<boolean> {
    return (await this.#list('me', signal)).some((row) => row.name === name.trim());
  }

  /** One page a question: paging parameters are not declared for this list. */
  async *tokens({ owner, filter = {} }: TokenQuery, signal: AbortSignal): AsyncIterable<readonly Token[]> {
    const whose = filter.ownerId === undefined ? owner : { id: filter.ownerId };
    const seen = new Set<string>();
    for (const question of questionsOf(filter)) {
      const rows = (await this.#list(whose, signal, question)).filter(({ id }) => !seen.has(id));
      for (const { id } of rows) seen.add(id);
      yield rows.map((row) => tokenOf(row, this.#ports.clock.now()));
    }
  }

  async create(draft: Draft, _challenge: Challenge, signal: AbortSignal): Promise<Minted> {
    const name = textOf(draft.name);
    const url = this.#url();
    const body = json({
      name,
      scope: Array.isArray(draft.scopes) && draft.scopes.length > 0 ? draft.scopes : [ALL_RIGHTS],
      accessTokenValiditySeconds: draft.validity,
      ...(typeof draft.expires === 'number'
        ? { expirationDate: new Date(draft.expires).toISOString() }
        : { expirationDate: null, userAwareTokenNeverExpires: true }),
    });
    const answer = await this.#call({ method: 'POST', url, body, signal });
    if (!isOk(answer)) throw this.#failure(answer, url, RIGHTS.manageAll, name);
    const { secret, ...row } = parseAnswer(answer, url, (value) => z.parse(MintedRow, value));
    return {
      token: tokenOf(row, this.#ports.clock.now()),
      bundle: { clientId: new Secret(row.id), secret: new Secret(secret) },
    };
  }

  changeForm(token: Token): Promise<Form | undefined> {
    if (token.managed || token.status !== 'active') return Promise.resolve(undefined);
    const { name, scopes, expires } = presentValues(token);
    return Promise.resolve({
      notes: [l10n.t('It can take 20 minutes until access tokens made from it have its new scopes.')],
      fields: [
        nameField(name),
        scopeField(scopes),
        ...(this.#version.halfYear ? [] : [{ ...this.#expiryField(), current: expires }]),
      ],
    });
  }

  async change(token: Token, draft: Draft, signal: AbortSignal): Promise<Token> {
    const before = presentValues(token);
    const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
    const name = textOf(draft.name);
    const { scopes = before.scopes, expires = before.expires } = draft;
    const patch = [
      ...(name === '' || name === before.name ? [] : [replace('/name', name)]),
      ...(isDeepStrictEqual(scopes, before.scopes) ? [] : [replace('/scope', scopes)]),
      ...(expires === before.expires
        ? []
        : typeof expires === 'number'
          ? [replace('/expirationDate', new Date(expires).toISOString())]
          : [replace('/expirationDate', null), replace('/userAwareTokenNeverExpires', true)]),
    ];
    if (patch.length === 0) return token;
    const url = this.#url(token.id);
    const body = json(patch, 'application/json-patch+json');
    const answer = await this.#call({ method: 'PATCH', url, body, signal });
    // An administrator may list and delete the tokens of others, and not change them.
    if (!isOk(answer)) throw this.#failure(answer, url, RIGHTS.manage, name);
    return tokenOf(
      parseAnswer(answer, url, (value) => z.parse(Row, value)),
      this.#ports.clock.now(),
    );
  }

  isOwn({ id }: Token): boolean {
    return this.#isLogin(id);
  }

  async revoke({ id }: Pick<Token, 'id'>, signal: AbortSignal) {
    const url = this.#url(id);
    const answer = await this.#call({ method: 'DELETE', url, signal });
    if (answer.status === 404) return { outcome: 'already-gone' } as const;
    if (answer.status !== 204) throw this.#failure(answer, url, RIGHTS.manageAll);
    return { outcome: 'deleted' } as const;
  }

  /** The exchange of a client ID and secret for a bearer, kept until shortly before that one ends. */
  async authorization(bundle: SecretBundle, signal: AbortSignal): Promise<Authorization> {
    const key = `${bundle.clientId?.fingerprint() ?? ''}:${bundle.secret.fingerprint()}`;
    const known = await this.#bearers.get(key)?.catch(() => undefined);
    const now = this.#ports.clock.now();
    if (known?.expires !== undefined && known.expires - EARLY > now) return known;
    const fresh = this.#exchange(bundle, signal);
    this.#bearers.set(key, fresh);
    try {
      return await fresh;
    } catch (error) {
      this.#bearers.delete(key);
      throw error;
    }
  }

  /** The exchange is the proof. */
  async verify(bundle: SecretBundle, signal: AbortSignal) {
    await this.#exchange(bundle, signal);
    return { tokenId: bundle.clientId?.reveal() };
  }

  async #exchange({ clientId, secret }: SecretBundle, signal: AbortSignal): Promise<Authorization> {
    const url = callAt(this.#base, 'oauth/token');
    // In the body, never in the query, where logs would keep it.
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId?.reveal() ?? '',
      client_secret: secret.reveal(),
    });
    const body = { type: 'application/x-www-form-urlencoded', text: new Secret(form.toString()) };
    const asked = this.#ports.clock.now();
    const answer = await this.#ports.http({ method: 'POST', url, body, signal });
    if ([400, 401, 403].includes(answer.status)) {
      throw new PatError({ reason: 'bad-credential', host: url.host });
    }
    if (!isOk(answer)) throw refusal(answer, url, saidIn(answer), asked);
    const given = parseAnswer(answer, url, (value) => z.parse(Exchanged, value));
    const accessToken = new Secret(given.access_token);
    return {
      headers: { authorization: bearer(accessToken) },
      accessToken,
      expires: asked + given.expires_in * 1000,
    };
  }

  async #list(
    owner: 'me' | 'all' | { readonly id: string },
    signal: AbortSignal,
    question?: string,
  ): Promise<Row[]> {
    const url = this.#url();
    if (owner !== 'all') url.searchParams.set('owner-id', owner === 'me' ? owner : owner.id);
    if (question !== undefined) url.searchParams.set('filters', question);
    const answer = await this.#call({ method: 'GET', url, signal });
    if (!isOk(answer)) throw this.#failure(answer, url, owner === 'me' ? RIGHTS.mine : RIGHTS.all);
    return parseAnswer(answer, url, (value) => z.parse(z.array(Row), value));
  }

  #url(...ids: readonly string[]): URL {
    return callAt(this.#base, this.#version.path, ...ids);
  }

  /** A bearer that ended early is met by one new exchange and one repetition: a 401 did nothing, whatever the verb. */
  async #call(request: Omit<HttpRequest, 'headers'>): Promise<HttpAnswer> {
    const { headers } = await this.authorization(this.#credential, request.signal);
    const answer = await this.#ports.http({ ...request, headers });
    if (answer.status !== 401) return answer;
    this.#bearers.clear();
    const renewed = await this.authorization(this.#credential, request.signal);
    return this.#ports.http({ ...request, headers: renewed.headers });
  }

  #isLogin(id: string): boolean {
    return this.#credential.clientId?.reveal() === id;
  }

  #failure(answer: HttpAnswer, url: URL, right: string, name = ''): PatError {
    const says = saidIn(answer);
    if (answer.status === 403) {
      const scope = right.includes(' or ') ? {} : { scope: right };
      return new PatError({ reason: 'missing-right', right, ...scope });
    }
    if (answer.status === 404) return new PatError({ reason: 'not-found', what: l10n.t('this token') });
    // There is no code of its own for it in the specification: only the words tell.
    if (answer.status === 400 && name !== '' && /name.*(exist|already|unique|taken)/i.test(says)) {
      return new PatError({ reason: 'name-taken', name });
    }
    return refusal(answer, url, says, this.#ports.clock.now());
  }

  #expiryField(): Field & ExpiryField {
    const { halfYear } = this.#version;
    return {
      input: 'expiry',
      name: 'expires',
      label: l10n.t('Expires'),
      required: true,
      immutable: halfYear,
      presets: halfYear ? [7, 30, 60, 90, HALF_YEAR] : [7, 30, 60, 90, HALF_YEAR, 365],
      initial: 90,
      minDays: 0,
      before: halfYear ? sixMonthsFrom(this.#ports.clock.now()) : undefined,
      never: !halfYear,
    };
  }
}

function sixMonthsFrom(now: Instant): Instant {
  const date = new Date(now);
  return date.setMonth(date.getMonth() + 6);
}

const BY_API: Ability = { by: 'api' };

/** `https://acme.api.identitynow.com/v2025` → the tenant's address and the version. */
function partsOf(address: URL): { base: URL; version: Version } {
  const segments = address.pathname.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  const isVersion = /^(v\d+|beta)$/.test(last);
  const version = VERSIONS[isVersion ? last : NEWEST];
  if (version === undefined) throw new PatError({ reason: 'bad-address', address: address.href });
  const base = new URL(address);
  base.pathname = `/${segments.slice(0, isVersion ? -1 : undefined).join('/')}`;
  return { base, version };
}

function nameField(initial: string): Field {
  return {
    input: 'text',
    name: 'name',
    label: l10n.t('Name'),
    help: l10n.t('No two of your tokens have the same name.'),
    required: true,
    immutable: false,
    initial,
    maxLength: 255,
    multiline: false,
    unique: true,
  };
}

function scopeField(initial: readonly string[]): Field {
  return {
    input: 'many',
    name: 'scopes',
    label: l10n.t('Scopes'),
    help: l10n.t('None: all rights of yours.'),
    required: false,
    immutable: false,
    initial,
    suggestions: SUGGESTIONS,
    freeEntry: true,
    format: 'scope',
  };
}

/** Those that the specification itself names; a tenant has many more. */
const SUGGESTIONS = [
  { value: ALL_RIGHTS, label: ALL_RIGHTS, detail: l10n.t('All rights of the owner') },
  { value: 'sp:my-personal-access-tokens:read', label: 'sp:my-personal-access-tokens:read' },
  { value: 'sp:my-personal-access-tokens:manage', label: 'sp:my-personal-access-tokens:manage' },
  { value: 'sp:all-personal-access-tokens:read', label: 'sp:all-personal-access-tokens:read' },
  { value: 'sp:all-personal-access-tokens:manage', label: 'sp:all-personal-access-tokens:manage' },
];

const validityField: Field = {
  input: 'number',
  name: 'validity',
  label: l10n.t('Access tokens live'),
  help: l10n.t('How long an access token is valid that was exchanged for this token.'),
  required: true,
  immutable: true,
  initial: VALIDITY.default,
  min: VALIDITY.min,
  max: VALIDITY.max,
  unit: l10n.t('seconds'),
};

function tokenOf(row: Row, now: Instant): Token {
  const expires = row.expirationDate === null ? 'never' : row.expirationDate;
  return {
    id: row.id,
    name: row.name,
    description: undefined,
    owner: { id: row.owner.id, name: row.owner.name ?? row.owner.id, status: undefined, role: undefined },
    status: typeof expires === 'number' && expires <= now ? 'expired' : 'active',
    statusIsDerived: true,
    scopes: row.scope ?? [ALL_RIGHTS],
    created: row.created,
    expires,
    lastUsed: row.lastUsed ?? 'never',
    managed: row.managed ?? false,
    hint: undefined,
    details:
      row.accessTokenValiditySeconds === undefined
        ? []
        : [[l10n.t('Access tokens live'), `${row.accessTokenValiditySeconds} s`]],
  };
}

const presentValues = ({ name, scopes, expires }: Token) => ({
  name: name ?? '',
  scopes: scopes ?? [],
  expires: typeof expires === 'number' ? expires : null,
});

const slotsLeft = (mine: readonly Row[]) =>
  Math.max(0, SLOTS - mine.filter(({ managed }) => managed !== true).length);

const textOf = (value: unknown) => (typeof value === 'string' ? value.trim() : '');

/** What an error answer says, in whichever of its three forms. */
function saidIn(answer: HttpAnswer): string {
  try {
    const { messages = [], message, error } = z.parse(Failure, JSON.parse(answer.text));
    return [...messages.map(({ text }) => text), message, error]
      .filter((text) => text !== undefined)
      .join(' ');
  } catch {
    return '';
  }
}
