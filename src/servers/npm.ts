import * as l10n from '@vscode/l10n';
import * as z from 'zod/mini';
import { PatError } from '../core/errors.ts';
import type { Draft, Form } from '../core/form.ts';
import type { Challenge, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import type { Token } from '../core/token.ts';
import { exact, helpful, instant, words } from './answers.ts';
import { bearer, callAt, isOk, json, parseAnswer, plain, refusal } from './http.ts';
import { type Page, pagesOf } from './pages.ts';
import { type SecondFactor, wantsSecondFactor, withSecondFactor } from './second-factor.ts';
import type { Ability, Caller, Credential, KindPorts, Minted, PatServer, ServerKind } from './server.ts';

// npm registries: registry.npmjs.org, Verdaccio, and others that speak `npm token`.
// Sources: npm 11.19.1 lib/commands/token.js, npm-profile lib/index.js; Verdaccio 6.8.0 observed (test/servers/npm.test.ts).

const LOGIN = '-/user/org.couchdb.user:';
const WHOAMI = '-/whoami';
const TOKENS = '-/npm/v1/tokens';
const TOKEN = '-/npm/v1/tokens/token';

// Verdaccio answers a wrong or missing login here with 200 and {}.
const Whoami = z.object({ username: z.optional(z.string()) });

const LoggedIn = z.object({ token: exact });

const Row = z.object({
  key: exact,
  // The list shows the secret masked (Verdaccio: `eyJhb...wq_MI`) or its first six characters (npm); only
  // the answer to a creation holds all of it.
  token: helpful(words),
  user: helpful(exact),
  // Only the granular tokens of registry.npmjs.org have these two.
  name: helpful(words),
  expires: helpful(instant),
  readonly: helpful(z.boolean()),
  // Verdaccio says `cidr`, npm `cidr_whitelist`.
  cidr: helpful(z.array(words)),
  cidr_whitelist: helpful(z.array(words)),
  created: helpful(instant),
});

const Rows = z.object({ objects: z.array(Row), urls: helpful(z.object({ next: helpful(z.string()) })) });

const MintedRow = z.extend(Row, { token: exact });

const Failure = z.object({
  error: helpful(z.string()),
  message: helpful(z.string()),
});

const form: Form = {
  notes: [
    l10n.t('An npm registry knows no names of tokens: the name stays in your vault.'),
    l10n.t('Your password is asked for once more when the token is created, and kept nowhere.'),
    l10n.t('A token can be revoked, but never changed.'),
  ],
  fields: [
    {
      input: 'text',
      name: 'name',
      label: l10n.t('Name'),
      help: l10n.t('Kept in your vault only.'),
      required: true,
      immutable: false,
      initial: '',
      maxLength: 100,
      multiline: false,
      unique: false,
    },
    {
      input: 'flag',
      name: 'readonly',
      label: l10n.t('Read-only'),
      help: l10n.t('The token can install packages, but not publish them.'),
      required: false,
      immutable: true,
      initial: false,
    },
    {
      input: 'many',
      name: 'cidr_whitelist',
      label: l10n.t('Allowed addresses'),
      help: l10n.t('Networks the token may be used from, such as 192.168.0.0/16. Empty: from everywhere.'),
      required: false,
      immutable: true,
      initial: [],
      suggestions: [],
      freeEntry: true,
      format: 'cidr',
    },
  ],
};

const byApi: Ability = { by: 'api' };
const no: Ability = { by: 'none', missingRight: undefined };

export const npm: ServerKind = {
  id: 'npm',
  label: l10n.t('npm registry'),
  detail: l10n.t('registry.npmjs.org, Verdaccio and other registries that support npm token'),
  addressExample: 'https://registry.npmjs.org/',
  signInFields: [
    {
      name: 'account',
      label: l10n.t('User name'),
      help: l10n.t('Your user name at the registry.'),
      hidden: false,
    },
    {
      name: 'password',
      label: l10n.t('Password'),
      help: l10n.t('Used once to sign in. The registry gives a login token, which is kept instead.'),
      hidden: true,
    },
  ],

  /**
   * The call that logs in (PUT) creates the account when there is none, which would make one of every mistyped
   * user name. So the password is tried on a call that creates nothing first.
   */
  async signIn(address, answers, ports, signal) {
    const account = answers.account?.reveal().trim() ?? '';
    const password = answers.password?.reveal() ?? '';
    const wrong = new PatError({ reason: 'bad-credential', host: address.host });
    // Basic authentication ends the user name at the first colon (RFC 7617).
    if (account === '' || account.includes(':') || password === '') throw wrong;
    const basic = new Secret(`Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`);

    const factor = { address, account, ports, challenge: ports.challenge, signal };
    const known = await whoami(address, basic, factor);
    if (known?.toLowerCase() !== account.toLowerCase()) throw wrong;

    const url = callAt(address, LOGIN + encodeURIComponent(known));
    const answer = await withSecondFactor(factor, (headers) =>
      ports.http({
        method: 'PUT',
        url,
        // Without Basic, Verdaccio takes the call for a new account of a name that is taken: 409.
        headers: { ...headers, authorization: basic },
        body: json({ name: known, password, type: 'user' }),
        signal,
      }),
    );
    if ([401, 403, 404, 409].includes(answer.status) && !wantsSecondFactor(answer)) throw wrong;
    if (!isOk(answer)) throw failure(answer, url, ports);
    const { token } = parseAnswer(answer, url, (value) => z.parse(LoggedIn, value));
    return { token: new Secret(token), account: new Secret(known) };
  },

  // The page npm's own documentation opens; other registries have pages of their own, or none.
  tokenPage: ({ hostname }) =>
    hostname === 'registry.npmjs.org' ? new URL('https://www.npmjs.com/settings/~/tokens') : undefined,
  isManagement: (path) => /\/-\/(npm\/v\d\/tokens|user|v\d\/login|v\d\/done)(\/|$)/.test(path),
  // One signs in with a login token, and gets it for the password.
  tokensSignIn: false,
  connect: (address, credential, ports) => new NpmRegistry(address, credential, ports),
};

class NpmRegistry implements PatServer {
  readonly listsNames = false;
  readonly filters = [];
  readonly #address: URL;
  readonly #name: string;
  readonly #bearer: Secret;
  readonly #ports: KindPorts;

  constructor(address: URL, credential: Credential, ports: KindPorts) {
    this.#address = address;
    this.#name = credential.account?.reveal() ?? '';
    this.#bearer = bearer(credential.token ?? new Secret(''));
    this.#ports = ports;
  }

  async caller(signal: AbortSignal): Promise<Caller> {
    const name = await this.#account(signal);
    return {
      account: { id: name, name: plain(name), status: undefined, role: undefined },
      slotsLeft: undefined,
      abilities: {
        list: byApi,
        listAll: no,
        describe: byApi,
        create: byApi,
        createForOthers: no,
        change: no,
        rotate: no,
        pause: no,
        revoke: byApi,
        verify: byApi,
      },
    };
  }

  form(): Promise<Form> {
    return Promise.resolve(form);
  }

  nameTaken(): Promise<boolean> {
    return Promise.resolve(false);
  }

  tokens(_query: unknown, signal: AbortSignal): AsyncIterable<readonly Token[]> {
    return pagesOf(this.#address.host, (next) => this.#page(next, signal));
  }

  async create(draft: Draft, challenge: Challenge, signal: AbortSignal): Promise<Minted> {
    // A login that has run out is found here, not after the password was asked for in vain.
    const account = await this.#account(signal);
    const url = callAt(this.#address, TOKENS);
    for (const again of [false, true]) {
      const password = await challenge({ about: 'password', account, host: url.host, again });
      if (password === undefined) throw new PatError({ reason: 'cancelled' });
      const body = json({
        password: password.reveal(),
        readonly: draft.readonly === true,
        cidr_whitelist: draft.cidr_whitelist ?? [],
      });
      const answer = await withSecondFactor({ ...this.#factor(signal, account), challenge }, (headers) =>
        this.#call({ method: 'POST', url, body, signal }, headers),
      );
      if (isOk(answer)) {
        const row = parseAnswer(answer, url, (value) => z.parse(MintedRow, value));
        return { token: tokenOf({ ...row, token: undefined }), bundle: { secret: new Secret(row.token) } };
      }
      if (answer.status !== 401 || wantsSecondFactor(answer)) throw failure(answer, url, this.#ports);
    }
    throw new PatError({ reason: 'bad-credential', host: url.host });
  }

  /** A registry's token is what it was made as. */
  changeForm(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  change(): Promise<never> {
    return Promise.reject(
      new PatError({ reason: 'unsupported', what: l10n.t('changing tokens of this registry') }),
    );
  }

  /** The login is no token of the list, or cannot be told from one. */
  isOwn(): boolean {
    return false;
  }

  async revoke({ id }: Pick<Token, 'id'>, signal: AbortSignal) {
    const url = callAt(this.#address, TOKEN, id);
    const answer = await withSecondFactor(this.#factor(signal), (headers) =>
      this.#call({ method: 'DELETE', url, signal }, headers),
    );
    if (answer.status === 404) return { outcome: 'already-gone' } as const;
    if (!isOk(answer)) throw failure(answer, url, this.#ports);
    // A login page in between also says 200; npm says it with an empty body, Verdaccio with {}.
    if (answer.text !== '') parseAnswer(answer, url, (value) => value);
    // Verdaccio answers 200 for a key it does not know: there is no telling the two apart.
    return { outcome: 'deleted' } as const;
  }

  authorization({ secret }: { readonly secret: Secret }) {
    const headers = { authorization: bearer(secret) };
    return Promise.resolve({ headers, accessToken: secret, expires: undefined });
  }

  async verify({ secret }: { readonly secret: Secret }, signal: AbortSignal) {
    const name = await whoami(this.#address, bearer(secret), this.#factor(signal));
    if (name === undefined) throw new PatError({ reason: 'bad-credential', host: this.#address.host });
    return { tokenId: undefined };
  }

  async #account(signal: AbortSignal): Promise<string> {
    const name = await whoami(this.#address, this.#bearer, this.#factor(signal));
    if (name === undefined) throw new PatError({ reason: 'bad-credential', host: this.#address.host });
    return name;
  }

  async #page(next: string | undefined, signal: AbortSignal): Promise<Page<Token>> {
    const url = next === undefined ? callAt(this.#address, TOKENS) : this.#nextPage(next);
    const answer = await this.#call({ method: 'GET', url, signal });
    // Verdaccio with `flags: { token: false }`.
    if (answer.status === 404)
      throw new PatError({ reason: 'unsupported', what: l10n.t('tokens at this registry') });
    if (!isOk(answer)) throw failure(answer, url, this.#ports);
    const { objects, urls } = parseAnswer(answer, url, (value) => z.parse(Rows, value));
    return { items: objects.map(tokenOf), next: urls?.next };
  }

  /** As npm reads it: an absolute address, or a path from the registry's own. The login goes nowhere else. */
  #nextPage(next: string): URL {
    const isAbsolute = /^https?:\/\//i.test(next) && URL.canParse(next);
    const url = isAbsolute ? new URL(next) : callAt(this.#address, `./${next.replace(/^\/+/, '')}`);
    if (url.origin === this.#address.origin) return url;
    throw new PatError({ reason: 'redirected', host: this.#address.host, to: url.origin });
  }

  #factor(signal: AbortSignal, account = this.#name): SecondFactor {
    const { challenge } = this.#ports;
    return { address: this.#address, account, ports: this.#ports, challenge, signal };
  }

  #call(
    request: Omit<HttpRequest, 'headers'>,
    headers: Readonly<Record<string, Secret>> = {},
  ): Promise<HttpAnswer> {
    return this.#ports.http({ ...request, headers: { ...headers, authorization: this.#bearer } });
  }
}

/** The account a login belongs to; `undefined` when the registry does not accept it. */
async function whoami(
  address: URL,
  authorization: Secret,
  factor: SecondFactor,
): Promise<string | undefined> {
  const { ports, signal } = factor;
  const url = callAt(address, WHOAMI);
  const answer = await withSecondFactor(factor, (headers) =>
    ports.http({ method: 'GET', url, headers: { ...headers, authorization }, signal }),
  );
  if (answer.status === 404) {
    const why = 'no npm registry at this address';
    throw new PatError({ reason: 'not-a-pat-server', host: url.host, why });
  }
  // A token that was revoked gets 403 from Verdaccio; who one is needs no other right.
  if ([401, 403].includes(answer.status) && !wantsSecondFactor(answer)) return undefined;
  if (!isOk(answer)) throw failure(answer, url, ports);
  return parseAnswer(answer, url, (value) => z.parse(Whoami, value)).username;
}

function tokenOf(row: z.infer<typeof Row>): Token {
  const networks = row.cidr ?? row.cidr_whitelist ?? [];
  return {
    id: row.key,
    name: row.name,
    description: undefined,
    owner:
      row.user === undefined
        ? undefined
        : { id: row.user, name: plain(row.user), status: undefined, role: undefined },
    status: 'active',
    statusIsDerived: true,
    scopes: undefined,
    created: row.created,
    expires: row.expires,
    lastUsed: undefined,
    managed: false,
    hint: hintOf(row.token),
    details: [
      ...(row.readonly === undefined
        ? []
        : [[l10n.t('Read-only'), row.readonly ? l10n.t('yes') : l10n.t('no')] as const]),
      ...(networks.length === 0 ? [] : [[l10n.t('Allowed addresses'), networks.join(', ')] as const]),
    ],
  };
}

/** What a list shows of a secret, unless it shows all of it. */
const hintOf = (shown: string | undefined) => (shown !== undefined && shown.length <= 20 ? shown : undefined);

function failure(answer: HttpAnswer, url: URL, { clock }: KindPorts): PatError {
  if (wantsSecondFactor(answer))
    return new PatError({ reason: 'unsupported', what: l10n.t('one-time passwords') });
  const { error, message } = failureOf(answer);
  return refusal(answer, url, error ?? message ?? '', clock.now());
}

function failureOf(answer: HttpAnswer): Partial<z.infer<typeof Failure>> {
  try {
    return z.parse(Failure, JSON.parse(answer.text));
  } catch {
    return {};
  }
}
