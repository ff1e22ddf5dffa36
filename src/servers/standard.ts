import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import * as z from 'zod/mini';
import { PatError } from '../core/errors.ts';
import { type Draft, type Field, type Form, daysFrom } from '../core/form.ts';
import type { Challenge, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import type { Instant, Owner, Token } from '../core/token.ts';
import { exact, helpful, instant, words } from './answers.ts';
import { bearer, callAt, isOk, json, parseAnswer, refusal } from './http.ts';
import { type Page, pagesOf } from './pages.ts';
import type {
  Ability,
  Caller,
  Credential,
  KindPorts,
  Minted,
  PatServer,
  ServerKind,
  TokenQuery,
} from './server.ts';

// "PAT Vault server API", which any in-house server may implement; the sandbox does.
// Source: src/sandbox/openapi.yaml, checked call by call in test/servers/standard.test.ts.

const ME = 'me';
const USERS = 'users';
const SCOPES = 'scopes';
const TOKENS = 'personal-access-tokens';

const User = z.object({ id: exact, name: words, status: z.enum(['active', 'disabled']), role: words });

const Allowed = z.object({ allowed: z.boolean(), missingRight: helpful(words) });

const Me = z.object({
  user: User,
  scopes: z.array(z.string()),
  abilities: z.object({
    list: Allowed,
    listAll: Allowed,
    create: Allowed,
    createForOthers: Allowed,
    change: Allowed,
    revoke: Allowed,
    listUsers: Allowed,
  }),
  immutableNames: z.boolean(),
  limits: z.object({
    defaultValidityDays: z.int().check(z.positive()),
    minValidityDays: z.int().check(z.nonnegative()),
    expiresBefore: z.nullable(instant),
    neverAllowed: z.boolean(),
    nameMaxLength: z.int().check(z.positive()),
    descriptionMaxLength: z.int().check(z.nonnegative()),
  }),
});
type Me = z.infer<typeof Me>;

const Users = z.object({ users: z.array(User) });

const Scopes = z.object({
  scopes: z.array(z.object({ name: exact, description: words, management: z.boolean() })),
});

const Row = z.object({
  id: exact,
  name: words,
  description: words,
  owner: User,
  status: z.enum(['active', 'expired', 'revoked', 'auto-revoked']),
  scopes: z.array(words),
  created: instant,
  // null: never
  expires: z.nullable(instant),
  lastUsed: z.nullable(instant),
  managed: z.boolean(),
  secretStart: helpful(words),
  secretEnd: helpful(words),
});

const Rows = z.object({ tokens: z.array(Row), nextCursor: z.nullable(z.string()) });

const Whoami = z.object({ token: z.object({ id: exact }) });

const MintedRow = z.object({ token: Row, secret: exact });

const Failure = z.object({
  detailCode: exact,
  messages: z.array(z.object({ text: words })),
  causes: z.array(z.object({ text: words, field: helpful(words), right: helpful(words) })),
});

const PRESETS = [1, 7, 14, 30, 60, 90, 180, 365];

export const standard: ServerKind = {
  id: 'standard',
  label: l10n.t('Standard'),
  detail: l10n.t('A server with the PAT Vault server API'),
  addressExample: 'https://tokens.example.com/',
  signInFields: [
    {
      name: 'secret',
      label: l10n.t('Token'),
      help: l10n.t('A token of yours at this server. What it may do decides what you can do here.'),
      hidden: true,
    },
  ],

  async signIn(address, answers, ports, signal) {
    const secret = new Secret(answers.secret?.reveal().trim() ?? '');
    // What cannot stand in a header cannot be a token.
    if (!/^[\x21-\x7e]+$/.test(secret.reveal())) {
      throw new PatError({ reason: 'bad-credential', host: address.host });
    }
    await new StandardServer(address, { secret }, ports).caller(signal);
    return { secret };
  },

  tokenPage: () => undefined,
  isManagement: (path) => /\/personal-access-tokens(\/|$)/.test(path),
  tokensSignIn: true,
  connect: (address, credential, ports) => new StandardServer(address, credential, ports),
};

class StandardServer implements PatServer {
  readonly listsNames = true;
  readonly filters = ['ownerId', 'statuses', 'neverUsed', 'unusedSince'] as const;
  readonly #address: URL;
  readonly #secret: Secret;
  readonly #bearer: Secret;
  readonly #ports: KindPorts;

  constructor(address: URL, credential: Credential, ports: KindPorts) {
    this.#address = address;
    this.#secret = credential.secret ?? new Secret('');
    this.#bearer = bearer(this.#secret);
    this.#ports = ports;
  }

  async caller(signal: AbortSignal): Promise<Caller> {
    const { user, abilities } = await this.#get(Me, callAt(this.#address, ME), signal);
    const no: Ability = { by: 'none', missingRight: undefined };
    return {
      account: user,
      slotsLeft: undefined,
      abilities: {
        list: ability(abilities.list),
        listAll: ability(abilities.listAll),
        describe: ability(abilities.list),
        create: ability(abilities.create),
        createForOthers: ability(abilities.createForOthers),
        change: ability(abilities.change),
        rotate: no,
        pause: no,
        revoke: ability(abilities.revoke),
        verify: { by: 'api' },
      },
    };
  }

  async form(signal: AbortSignal): Promise<Form> {
    const me = await this.#get(Me, callAt(this.#address, ME), signal);
    const mayChoose = me.abilities.createForOthers.allowed && me.abilities.listUsers.allowed;
    const [{ scopes }, users] = await Promise.all([
      this.#get(Scopes, callAt(this.#address, SCOPES), signal),
      mayChoose ? this.#get(Users, callAt(this.#address, USERS), signal).then((answer) => answer.users) : [],
    ]);
    return {
      notes: [l10n.t('Subject and referrer are never shown again.')],
      fields: [
        nameField(me),
        descriptionField(me),
        ...(mayChoose ? [ownerField(me, users)] : []),
        scopesField(me, scopes),
        expiryField(me, this.#ports.clock.now()),
        {
          input: 'address',
          name: 'subject',
          label: l10n.t('Subject'),
          help: l10n.t(
            'The only address the token is good for, with everything below it. Blank: every address of the server.',
          ),
          required: false,
          immutable: true,
          initial: this.#address.href,
          format: 'uri',
        },
        {
          input: 'address',
          name: 'referrer',
          label: l10n.t('Referrer'),
          help: l10n.t(
            'The token is valid only in calls from this host and those below it. Blank: from anywhere.',
          ),
          required: false,
          immutable: true,
          initial: '',
          format: 'host',
        },
      ],
    };
  }

  async nameTaken(name: string, draft: Draft, signal: AbortSignal): Promise<boolean> {
    const wanted = name.trim();
    if (wanted === '') return false;
    const url = callAt(this.#address, TOKENS);
    const owner = textIn(draft, 'owner') ?? 'me';
    url.search = new URLSearchParams({
      'owner-id': owner,
      status: 'active',
      name: wanted,
      limit: '1',
    }).toString();
    try {
      const { tokens } = await this.#get(Rows, url, signal);
      return tokens.some((token) => token.name === wanted && token.status === 'active');
    } catch (error) {
      // Who may create but not list learns it from the creation.
      if (PatError.is(error, 'missing-right')) return false;
      throw error;
    }
  }

  tokens({ owner, filter = {} }: TokenQuery, signal: AbortSignal): AsyncIterable<readonly Token[]> {
    return pagesOf(this.#address.host, async (cursor): Promise<Page<Token>> => {
      const url = callAt(this.#address, TOKENS);
      const { ownerId = owner === 'me' ? 'me' : undefined, statuses, neverUsed, unusedSince } = filter;
      if (ownerId !== undefined) url.searchParams.set('owner-id', ownerId);
      if (statuses !== undefined) url.searchParams.set('status', statuses.join());
      if (neverUsed === true || unusedSince !== undefined) url.searchParams.set('never-used', 'true');
      // Together they mean: either will do. One that was never used was not used since, either.
      if (neverUsed !== true && unusedSince !== undefined)
        url.searchParams.set('last-used-before', new Date(unusedSince).toISOString());
      url.searchParams.set('limit', '200');
      if (cursor !== undefined) url.searchParams.set('cursor', cursor);
      const { tokens, nextCursor } = await this.#get(Rows, url, signal);
      return { items: tokens.map(tokenOf), next: nextCursor ?? undefined };
    });
  }

  async create(draft: Draft, _challenge: Challenge, signal: AbortSignal): Promise<Minted> {
    const url = callAt(this.#address, TOKENS);
    const name = textIn(draft, 'name') ?? '';
    const { expires } = draft;
    // What is left out the server fills in: the caller as owner, its own expiry, no limits.
    const body = json({
      name,
      description: textIn(draft, 'description'),
      owner: textIn(draft, 'owner'),
      scopes: draft.scopes,
      expires: typeof expires === 'number' ? new Date(expires).toISOString() : expires,
      subject: textIn(draft, 'subject'),
      referrer: textIn(draft, 'referrer'),
    });
    const answer = await this.#call({ method: 'POST', url, body, signal });
    if (!isOk(answer)) throw this.#failure(answer, url, name);
    const minted = parseAnswer(answer, url, (value) => z.parse(MintedRow, value));
    return { token: tokenOf(minted.token), bundle: { secret: new Secret(minted.secret) } };
  }

  async changeForm(token: Token, signal: AbortSignal): Promise<Form | undefined> {
    if (token.managed || token.status !== 'active') return undefined;
    const me = await this.#get(Me, callAt(this.#address, ME), signal);
    if (!me.abilities.change.allowed) return undefined;
    const { scopes } = await this.#get(Scopes, callAt(this.#address, SCOPES), signal);
    const now = presentValues(token);
    return {
      notes: me.immutableNames ? [l10n.t('A token’s name cannot be changed here.')] : [],
      fields: [
        ...(me.immutableNames ? [] : [{ ...nameField(me), initial: now.name }]),
        { ...descriptionField(me), initial: now.description },
        { ...scopesField(me, scopes), initial: now.scopes },
        { ...expiryField(me, this.#ports.clock.now()), current: now.expires },
      ],
    };
  }

  async change(token: Token, draft: Draft, signal: AbortSignal): Promise<Token> {
    const patch = Object.entries(presentValues(token)).flatMap(([name, before]) => {
      const wanted = name === 'name' || name === 'description' ? (textIn(draft, name) ?? '') : draft[name];
      if (!(name in draft) || isDeepStrictEqual(wanted, before)) return [];
      const value =
        name === 'expires' && typeof wanted === 'number' ? new Date(wanted).toISOString() : wanted;
      return [{ op: 'replace', path: `/${name}`, value }];
    });
    if (patch.length === 0) return token;
    const url = callAt(this.#address, TOKENS, token.id);
    const body = json(patch, 'application/json-patch+json');
    const answer = await this.#call({ method: 'PATCH', url, body, signal });
    if (!isOk(answer)) throw this.#failure(answer, url, textIn(draft, 'name'));
    return tokenOf(parseAnswer(answer, url, (value) => z.parse(Row, value)));
  }

  isOwn({ hint }: Token): boolean {
    const [start = '', end = ''] = hint?.split('…') ?? [];
    const secret = this.#secret.reveal();
    return start.length + end.length >= 8 && secret.startsWith(start) && secret.endsWith(end);
  }

  async revoke({ id }: Pick<Token, 'id'>, signal: AbortSignal) {
    const url = callAt(this.#address, TOKENS, id);
    const answer = await this.#call({ method: 'DELETE', url, signal });
    if (answer.status === 204) return { outcome: 'revoked' } as const;
    const failure = this.#failure(answer, url);
    if (PatError.is(failure, 'not-found')) return { outcome: 'already-gone' } as const;
    throw failure;
  }

  authorization({ secret }: { readonly secret: Secret }) {
    const headers = { authorization: bearer(secret) };
    return Promise.resolve({ headers, accessToken: secret, expires: undefined });
  }

  async verify({ secret }: { readonly secret: Secret }, signal: AbortSignal) {
    const url = callAt(this.#address, 'whoami');
    const answer = await this.#ports.http({
      method: 'GET',
      url,
      headers: { authorization: bearer(secret) },
      signal,
    });
    if (!isOk(answer)) throw this.#failure(answer, url);
    const { token } = parseAnswer(answer, url, (value) => z.parse(Whoami, value));
    return { tokenId: token.id };
  }

  async #get<T extends z.ZodMiniType>(schema: T, url: URL, signal: AbortSignal): Promise<z.infer<T>> {
    const answer = await this.#call({ method: 'GET', url, signal });
    if (!isOk(answer)) throw this.#failure(answer, url);
    return parseAnswer(answer, url, (value) => z.parse(schema, value));
  }

  #call(request: Omit<HttpRequest, 'headers'>): Promise<HttpAnswer> {
    return this.#ports.http({ ...request, headers: { authorization: this.#bearer } });
  }

  #failure(answer: HttpAnswer, url: URL, name = ''): PatError {
    const failure = failureOf(answer);
    const isElsewhere = failure === undefined ? answer.status === 404 : failure.detailCode === 'no-such-path';
    if (isElsewhere || isOk(answer)) {
      return new PatError({
        reason: 'not-a-pat-server',
        host: url.host,
        why: l10n.t('it does not have this call of the PAT Vault server API'),
      });
    }
    if (failure === undefined) return refusal(answer, url, '', this.#ports.clock.now());

    const right = failure.causes.find((cause) => cause.right !== undefined)?.right;
    if (answer.status === 403 && right !== undefined) return new PatError({ reason: 'missing-right', right });
    if (answer.status === 404) return new PatError({ reason: 'not-found', what: l10n.t('this token') });
    if (failure.detailCode === 'name-taken') return new PatError({ reason: 'name-taken', name });
    const causes = failure.causes.map(({ field, text }) =>
      field === undefined ? text : `${field}: ${text}`,
    );
    const says = [...failure.messages.map(({ text }) => text), ...causes].join(' ');
    return refusal(answer, url, says, this.#ports.clock.now());
  }
}

function nameField({ immutableNames, limits }: Me) {
  return {
    input: 'text',
    name: 'name',
    label: l10n.t('Name'),
    help: l10n.t('No two active tokens of a user have the same name.'),
    required: true,
    immutable: immutableNames,
    initial: '',
    maxLength: limits.nameMaxLength,
    multiline: false,
    unique: true,
  } satisfies Field;
}

function descriptionField({ limits }: Me) {
  return {
    input: 'text',
    name: 'description',
    label: l10n.t('Description'),
    required: false,
    immutable: false,
    initial: '',
    maxLength: limits.descriptionMaxLength,
    multiline: true,
    unique: false,
  } satisfies Field;
}

function ownerField({ user }: Me, users: readonly Owner[]): Field {
  const options = users
    .filter(({ status }) => status === 'active')
    .map(({ id, name, role, status }) => ({
      value: id,
      label: name,
      detail: `${role ?? ''}, ${status ?? ''}`,
    }));
  return {
    input: 'choice',
    name: 'owner',
    label: l10n.t('User'),
    help: l10n.t('The token acts for this user and has the user’s role.'),
    required: true,
    immutable: true,
    initial: user.id,
    options,
  };
}

function scopesField({ scopes: held }: Me, scopes: z.infer<typeof Scopes>['scopes']) {
  return {
    input: 'many',
    name: 'scopes',
    label: l10n.t('Scopes'),
    help: l10n.t('What the token may do.'),
    required: false,
    immutable: false,
    initial: [],
    // A scope of the API itself can be given only by a caller that holds it.
    suggestions: scopes
      .filter(({ name, management }) => !management || held.includes(name))
      .map(({ name, description }) => ({ value: name, label: name, detail: description })),
    freeEntry: true,
    format: 'scope',
  } satisfies Field;
}

function expiryField({ limits }: Me, now: Instant) {
  const before = limits.expiresBefore ?? undefined;
  const presets = [...new Set([...PRESETS, limits.defaultValidityDays])]
    .filter((days) => days >= limits.minValidityDays)
    .filter((days) => before === undefined || daysFrom(now, days) < before)
    .sort((a, b) => a - b);
  return {
    input: 'expiry',
    name: 'expires',
    label: l10n.t('Expires'),
    required: true,
    immutable: false,
    presets,
    initial: limits.defaultValidityDays,
    minDays: limits.minValidityDays,
    before,
    never: limits.neverAllowed,
  } satisfies Field;
}

function tokenOf({ secretStart, secretEnd, ...row }: z.infer<typeof Row>): Token {
  return {
    ...row,
    statusIsDerived: false,
    expires: row.expires ?? 'never',
    lastUsed: row.lastUsed ?? 'never',
    hint:
      secretStart === undefined && secretEnd === undefined
        ? undefined
        : `${secretStart ?? ''}…${secretEnd ?? ''}`,
    details: [],
  };
}

function ability({ allowed, missingRight }: z.infer<typeof Allowed>): Ability {
  return allowed ? { by: 'api' } : { by: 'none', missingRight };
}

/** What can be changed of a token, as a form holds it. */
const presentValues = (token: Token) => ({
  name: token.name ?? '',
  description: token.description ?? '',
  scopes: token.scopes ?? [],
  expires: typeof token.expires === 'number' ? token.expires : null,
});

/** A draft's text without the blanks around it; `undefined` when nothing is left. */
function textIn(draft: Draft, name: string): string | undefined {
  const value = draft[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The error of an answer; `undefined` when it is not in the form all errors of this API have. */
function failureOf(answer: HttpAnswer): z.infer<typeof Failure> | undefined {
  try {
    return z.parse(Failure, JSON.parse(answer.text));
  } catch {
    return undefined;
  }
}
