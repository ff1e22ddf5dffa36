import type { TokenFilter } from '../core/arrange.ts';
import type { Draft, Form } from '../core/form.ts';
import type { Challenge, Clock, Http } from '../core/ports.ts';
import type { Secret, SecretBundle } from '../core/secret.ts';
import type { Instant, Owner, Token } from '../core/token.ts';

/** A kind of PAT server: how one signs in to it, and how a signed-in caller works with its tokens. */
export interface ServerKind {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  /** Shown in the empty address box; the kind is not asked for an address it always knows. */
  readonly addressExample: string;
  /** What a person types to sign in, in order. */
  readonly signInFields: readonly SignInField[];
  /**
   * Checks `answers` (by field name) with a call and returns what is to be kept.
   * @throws PatError `bad-credential`, `not-a-pat-server`, or any of `Http`
   */
  signIn(
    address: URL,
    answers: Readonly<Record<string, Secret>>,
    ports: KindPorts,
    signal: AbortSignal,
  ): Promise<Credential>;
  /** Where people manage their tokens in a browser; `undefined`: nobody has told where that is. */
  tokenPage(address: URL): URL | undefined;
  /** Whether a call is about tokens or signing in: no agent makes such calls with a stored token. */
  isManagement(path: string): boolean;
  /** Whether a created token is itself what one signs in with. */
  readonly tokensSignIn: boolean;
  /** No call is made until a method of the answer is used. */
  connect(address: URL, credential: Credential, ports: KindPorts): PatServer;
}

export interface SignInField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  /** Typed into a password box. */
  readonly hidden: boolean;
}

export interface KindPorts {
  readonly http: Http;
  readonly clock: Clock;
  /** Where the user can be asked in mid-call, also when signing in or revoking. */
  readonly challenge?: Challenge;
}

/** What a connection logs in with: kept in SecretStorage, pinned to the address's origin. Not a stored token. */
export type Credential = Readonly<Record<string, Secret>>;

/** What this caller can do about one operation. The editor offers exactly that. */
export type Ability =
  | { readonly by: 'api' }
  /** The extension's own list, for servers that keep none. */
  | { readonly by: 'local' }
  /** The person does it on the server's web page. */
  | { readonly by: 'portal'; readonly page: URL; readonly steps: readonly string[] }
  /** `missingRight` names the right the caller lacks; `undefined` when the server cannot do it at all. */
  | { readonly by: 'none'; readonly missingRight: string | undefined };

export type Operation =
  | 'list'
  | 'listAll'
  | 'describe'
  | 'create'
  | 'createForOthers'
  | 'change'
  | 'rotate'
  | 'pause'
  | 'revoke'
  | 'verify';

export interface Caller {
  readonly account: Owner;
  readonly abilities: Readonly<Record<Operation, Ability>>;
  /** How many more tokens this caller may create, where the server limits them. */
  readonly slotsLeft: number | undefined;
}

/** Which tokens to list. */
export interface TokenQuery {
  readonly owner: 'me' | 'all';
  /** What is looked for. A server leaves out the rest as far as its `filters` go: filter the answer again. */
  readonly filter?: TokenFilter;
}

/** A new token and the only copy of its secret. */
export interface Minted {
  readonly token: Token;
  readonly bundle: SecretBundle;
}

export interface RevokeOutcome {
  readonly outcome: 'revoked' | 'deleted' | 'already-gone';
}

/** How a stored secret is used in a call. */
export interface Authorization {
  readonly headers: Readonly<Record<string, Secret>>;
  /** What a consumer that makes its own header needs: the token itself, or what it was exchanged for. */
  readonly accessToken: Secret;
  /** When `accessToken` stops working, where that is before the token itself does. */
  readonly expires: Instant | undefined;
}

/** A signed-in caller at one server. Every method may fail with a PatError; none retries a call that creates or revokes. */
export interface PatServer {
  caller(signal: AbortSignal): Promise<Caller>;
  /**
   * The creation form for this caller. Every form has a text field `name`; where the server knows no names it
   * stays in the vault and becomes the alias.
   */
  form(signal: AbortSignal): Promise<Form>;
  /** Whether `name` is taken for the owner chosen in `draft`; always false where the server knows no unique names. */
  nameTaken(name: string, draft: Draft, signal: AbortSignal): Promise<boolean>;
  /** Pages as they come. Ends even when the server ignores paging. */
  tokens(query: TokenQuery, signal: AbortSignal): AsyncIterable<readonly Token[]>;
  /**
   * Asks for a new token. A failure for which `createdNothing` (http.ts) is true proves that none was made;
   * after any other failure there may be one.
   */
  create(draft: Draft, challenge: Challenge, signal: AbortSignal): Promise<Minted>;
  /**
   * What this caller may change of `token`, as a form that starts with what it has now; `undefined` when nothing.
   */
  changeForm(token: Token, signal: AbortSignal): Promise<Form | undefined>;
  /** Sends what differs from the token's own values, and answers the token as it is then. */
  change(token: Token, draft: Draft, signal: AbortSignal): Promise<Token>;
  /** Whether this connection logs in with this very token: revoking it would end the connection. */
  isOwn(token: Token): boolean;
  /** A token that is no longer there counts as revoked. */
  revoke(token: Pick<Token, 'id'>, signal: AbortSignal): Promise<RevokeOutcome>;
  authorization(bundle: SecretBundle, signal: AbortSignal): Promise<Authorization>;
  /**
   * Tries a secret by a call that changes nothing, and answers which token it is, where the server says so. Not to
   * be asked of an expired token: some servers revoke one that is tried.
   * @throws PatError `bad-credential`
   */
  verify(bundle: SecretBundle, signal: AbortSignal): Promise<{ readonly tokenId: string | undefined }>;
  /** The wishes that this server meets by itself. */
  readonly filters: readonly (keyof TokenFilter)[];
  /** Whether listed tokens carry the name they were created with. */
  readonly listsNames: boolean;
}
