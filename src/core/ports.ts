import type { Instant } from './token.ts';
import type { Secret } from './secret.ts';

/** VS Code's SecretStorage, or a fake of it that fails, forgets or delays. */
export interface SecretStore {
  get(key: string): Promise<Secret | undefined>;
  store(key: string, value: Secret): Promise<void>;
  delete(key: string): Promise<void>;
  /** Names only: reading values would be slow and needless (3 ms each). */
  keys(): Promise<readonly string[]>;
}

/** A folder of small files. `write` is durable when it resolves (fsync, then rename). */
export interface Files {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

export interface Clock {
  now(): Instant;
}

/** One HTTP call. Header values may be secrets; nothing else of a request may. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  /** JSON text, possibly holding a password: hence a Secret. */
  readonly body?: { readonly type: string; readonly text: Secret };
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** Fails with a PatError when no answer came (unreachable, timed-out, untrusted-certificate, redirected, answer-too-large, cancelled); any status is an answer. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** What a server wants to know in the middle of a call. Answers are used once and kept nowhere. */
export interface Question {
  readonly about: 'password' | 'one-time-password' | 'web-confirmation';
  readonly account: string;
  readonly host: string;
  /** True when the answer given a moment ago was wrong. */
  readonly again: boolean;
  /** For a web confirmation: the page to open. Any answer then means that it was opened. */
  readonly page?: URL;
}

/** Asks the user; `undefined` when they turn away. */
export type Challenge = (question: Question) => Promise<Secret | undefined>;
