import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { PatError, messageOf } from '../core/errors.ts';
import type { Http, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import type { Instant } from '../core/token.ts';

export interface HttpLimits {
  /** For the whole call, its answer read to the end. */
  readonly seconds: number;
  readonly maxBytes: number;
}

/**
 * The one HTTP client. It refuses plain http except to this machine, follows no redirect (it would carry the
 * credential elsewhere), and limits time and size. node-fetch is loaded with the first request, not before;
 * VS Code makes it follow the editor's proxy and certificate settings.
 */
export function httpClient(limits: HttpLimits): Http {
  return async (request) => {
    assertSafe(request.url);
    const timeLimit = AbortSignal.timeout(limits.seconds * 1000);
    const host = request.url.host;
    try {
      const answer = await send(request, limits.maxBytes, AbortSignal.any([request.signal, timeLimit]));
      if (answer.status >= 300 && answer.status < 400) {
        const to = addressIn(answer.header('location') ?? '', request.url);
        throw new PatError({ reason: 'redirected', host, to });
      }
      return answer;
    } catch (error) {
      if (PatError.is(error)) throw error;
      if (request.signal.aborted) throw new PatError({ reason: 'cancelled' }, error);
      if (timeLimit.aborted) {
        throw new PatError({ reason: 'timed-out', host, seconds: limits.seconds }, error);
      }
      throw new PatError(transportProblem(host, limits, error), error);
    }
  };
}

/** Seconds a server may ask us to wait before one more try; for longer the user is told. */
const PATIENCE = 5;

/**
 * One more try where it cannot do harm: of a GET only, when no answer came, or one that says when to come back.
 * Other calls are made once, for nobody knows what became of them.
 */
export function oncePatient(http: Http): Http {
  return async (request) => {
    if (request.method !== 'GET') return http(request);
    const first = await http(request).catch((error: unknown) => {
      if (PatError.is(error, 'unreachable')) return undefined;
      throw error;
    });
    const pause = first === undefined ? 0 : pauseOf(first);
    if (pause === undefined && first !== undefined) return first;
    await sleep((pause ?? 0) * 1000, undefined, { signal: request.signal }).catch((error: unknown) => {
      throw new PatError({ reason: 'cancelled' }, error);
    });
    return http(request);
  };
}

/** Seconds after which a refused call is worth one more try; `undefined`: it is not. */
function pauseOf(answer: HttpAnswer): number | undefined {
  if (answer.status !== 429 && answer.status !== 503) return undefined;
  const seconds = retryAfter(answer, Date.now());
  return seconds !== undefined && seconds <= PATIENCE ? seconds : undefined;
}

export const http: Http = oncePatient(httpClient({ seconds: 30, maxBytes: 16 * 1024 * 1024 }));

async function send(request: HttpRequest, maxBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
  const { default: fetch } = await import('node-fetch');
  const response = await fetch(request.url, {
    method: request.method,
    redirect: 'manual',
    size: maxBytes,
    signal,
    headers: {
      accept: 'application/json',
      'user-agent': 'pat-vault',
      ...(request.body === undefined ? {} : { 'content-type': request.body.type }),
      ...Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([name, value]) => [name, textOf(value)]),
      ),
    },
    ...(request.body === undefined ? {} : { body: request.body.text.reveal() }),
  });
  const text = await response.text();
  return { status: response.status, text, header: (name) => response.headers.get(name) ?? undefined };
}

const textOf = (value: string | Secret) => (value instanceof Secret ? value.reveal() : value);

/** https, or exactly this machine: anything else would show the credential to the network. */
export function assertSafe(url: URL): void {
  if (url.username !== '' || url.password !== '') {
    throw new PatError({ reason: 'bad-address', address: url.host });
  }
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return;
  throw new PatError({ reason: 'insecure-address', address: url.origin });
}

/** Where a redirect points, without query, fragment and user: those may hold secrets. */
function addressIn(location: string, from: URL): string {
  if (!URL.canParse(location, from.href)) return '';
  const { origin, pathname, protocol } = new URL(location, from);
  return plain(origin === 'null' ? protocol : origin + pathname);
}

/** OpenSSL's words for a certificate that is not to be trusted, and Node's for one made out to another host. */
const CERTIFICATE =
  /^(CERT_|CRL_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

/** Failures before a byte of the request left. A refused port and an unknown name may come without a system call. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EPROTO|ERR_SSL_\w+|ERR_INVALID_CHAR)$/;

function transportProblem(host: string, limits: HttpLimits, error: unknown): PatError['problem'] {
  const fact = (name: string): unknown =>
    error instanceof Error ? Object.getOwnPropertyDescriptor(error, name)?.value : undefined;
  const given = fact('code');
  const code = typeof given === 'string' ? given : '';
  if (CERTIFICATE.test(code)) return { reason: 'untrusted-certificate', host, code };
  if (fact('type') === 'max-size') return { reason: 'answer-too-large', host, limit: limits.maxBytes };
  return {
    reason: 'unreachable',
    host,
    sent: !(NOT_SENT.test(code) || fact('erroredSysCall') === 'connect'),
  };
}

/**
 * The address of a call: `path` under `base`, which may itself have a path, then `ids`, each one segment.
 * @throws PatError `bad-address` for an id that would climb to another call
 */
export function callAt(base: URL, path: string, ...ids: readonly string[]): URL {
  if (ids.some((id) => id === '' || id === '.' || id === '..')) {
    throw new PatError({ reason: 'bad-address', address: `${base.host}/${path}` });
  }
  const folder = new URL(base.pathname.replace(/\/*$/, '/'), base);
  return new URL([path, ...ids.map(encodeURIComponent)].join('/'), folder);
}

export const bearer = (token: Secret) => new Secret(`Bearer ${token.reveal()}`);

/** A JSON body; a Secret, because it may hold a password. */
export function json(
  value: unknown,
  type = 'application/json',
): { readonly type: string; readonly text: Secret } {
  return { type, text: new Secret(JSON.stringify(value)) };
}

export const isOk = ({ status }: HttpAnswer) => status >= 200 && status < 300;

/**
 * Parses an answer's body with `parse`. A 200 that is not what it should be is an error: some servers answer a
 * wrong path with a page of HTML (facts: Motadata).
 * @throws PatError `not-a-pat-server`
 */
export function parseAnswer<T>(answer: HttpAnswer, url: URL, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(answer.text) as unknown);
  } catch (error) {
    const why = /^\s*</.test(answer.text)
      ? l10n.t('a web page instead of JSON')
      : l10n.t('an answer of another form');
    // JSON.parse quotes what it read in its message, which may be a secret: only zod's complaint is kept.
    const cause = error instanceof SyntaxError ? new Error('not JSON') : new Error(messageOf(error));
    throw new PatError({ reason: 'not-a-pat-server', host: url.host, why }, cause);
  }
}

/** What a refusing status means wherever a kind knows nothing better; `says` is the server's own explanation. */
export function refusal(answer: HttpAnswer, url: URL, says: string, now: Instant): PatError {
  const { status } = answer;
  if (status === 401) return new PatError({ reason: 'bad-credential', host: url.host });
  if (status === 429) {
    return new PatError({ reason: 'slow-down', retryAfterSeconds: retryAfter(answer, now) });
  }
  // A gateway that waited in vain (408) proves as little about the call's fate as a failure of the server.
  const failed = status >= 500 || status === 408;
  return new PatError({ reason: failed ? 'server-failed' : 'refused', status, says: plain(says) });
}

/** Retry-After is a number of seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(answer: HttpAnswer, now: Instant): number | undefined {
  const text = answer.header('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Text from a server, made fit to show: one line, no control or bidirectional characters, at most 300 long. */
export function plain(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/** The fate of a call that creates: these failures prove that the server made nothing. */
export function createdNothing(error: unknown): boolean {
  if (PatError.is(error, 'unreachable')) return !error.problem.sent;
  return PatError.is(
    error,
    'insecure-address',
    'bad-address',
    'untrusted-certificate',
    'bad-credential',
    'missing-right',
    'not-found',
    'name-taken',
    'refused',
    'slow-down',
    'unsupported',
    'redirected',
    'signed-out',
  );
}
