/**
 * Everything that can go wrong, by what the user can do about it. The sentence and the action shown for each
 * reason stand in one table, `editor/notices.ts`.
 */
export type Problem =
  // reaching the server
  | {
      readonly reason: 'unreachable';
      readonly host: string;
      /** Whether the request may have arrived. */ readonly sent: boolean;
    }
  | { readonly reason: 'timed-out'; readonly host: string; readonly seconds: number }
  | { readonly reason: 'untrusted-certificate'; readonly host: string; readonly code: string }
  | { readonly reason: 'insecure-address'; readonly address: string }
  | { readonly reason: 'bad-address'; readonly address: string }
  | { readonly reason: 'redirected'; readonly host: string; readonly to: string }
  | { readonly reason: 'cancelled' }
  // what the server answered
  | { readonly reason: 'signed-out'; readonly server: string }
  | { readonly reason: 'bad-credential'; readonly host: string }
  | {
      readonly reason: 'missing-right';
      readonly right: string;
      /** The scope that would give the right, where a new token of the caller can have it. */
      readonly scope?: string;
    }
  | { readonly reason: 'not-found'; readonly what: string }
  | { readonly reason: 'name-taken'; readonly name: string }
  | { readonly reason: 'refused'; readonly status: number; readonly says: string }
  | { readonly reason: 'slow-down'; readonly retryAfterSeconds: number | undefined }
  | { readonly reason: 'server-failed'; readonly status: number; readonly says: string }
  | { readonly reason: 'not-a-pat-server'; readonly host: string; readonly why: string }
  | { readonly reason: 'answer-too-large'; readonly host: string; readonly limit: number }
  | { readonly reason: 'unsupported'; readonly what: string }
  // the credential or secret and where it may go
  | { readonly reason: 'origin-changed'; readonly pinned: string; readonly now: string }
  | { readonly reason: 'other-origin'; readonly origin: string; readonly asked: string }
  | { readonly reason: 'impostor'; readonly host: string }
  | { readonly reason: 'secret-missing'; readonly alias: string; readonly server: string }
  | { readonly reason: 'store-failed'; readonly why: string }
  | { readonly reason: 'store-silent'; readonly seconds: number }
  // references
  | { readonly reason: 'bad-reference'; readonly text: string }
  | { readonly reason: 'unknown-server'; readonly server: string }
  | { readonly reason: 'unknown-alias'; readonly server: string; readonly alias: string }
  | { readonly reason: 'token-over'; readonly alias: string; readonly status: string }
  // lending
  | { readonly reason: 'untrusted-workspace' }
  | {
      readonly reason: 'consent-refused';
      /** Whether by an answer that was given once for all. */ readonly forGood: boolean;
    }
  // this machine
  | { readonly reason: 'sandbox-unavailable'; readonly why: string }
  | { readonly reason: 'bad-settings'; readonly why: string };

export type Reason = Problem['reason'];

export class PatError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(describe(problem), cause === undefined ? undefined : { cause });
    this.name = 'PatError';
    this.problem = problem;
  }

  /** Whether `error` is a PatError, of one of `reasons` when any are given. */
  static is<R extends Reason>(
    error: unknown,
    ...reasons: readonly R[]
  ): error is PatError & { readonly problem: Extract<Problem, { reason: R }> } {
    return isPatError(error) && (reasons.length === 0 || reasons.some((r) => r === error.problem.reason));
  }
}

/** By brand, not by class: the extension and its tests are bundled apart, each with a class of its own. */
function isPatError(error: unknown): error is PatError {
  return error instanceof Error && error.name === 'PatError' && 'problem' in error;
}

/** For the log: the reason and its facts. Problems hold no secrets by their types. */
function describe({ reason, ...facts }: Problem): string {
  const list = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
  return list.length === 0 ? reason : `${reason} (${list.join(', ')})`;
}

/** The message of anything thrown, for the log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
