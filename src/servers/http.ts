import { PatError, messageOf } from '../core/errors.ts';
import type { Http, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';

const SECONDS = 30;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The one HTTP client. It refuses plain http except to this machine, follows no redirect (it would carry the
 * credential elsewhere), and limits time and size. node-fetch is loaded with the first request, not before;
 * VS Code makes it follow the editor's proxy and certificate settings.
 */
export const http: Http = async (request) => {
  assertSafe(request.url);
  const limit = AbortSignal.timeout(SECONDS * 1000);
  const signal = AbortSignal.any([request.signal, limit]);
  const host = request.url.host;
  try {
    const answer = await send(request, signal);
    if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
      throw new PatError({ reason: 'redirected', host, to: answer.header('location') ?? '' });
    }
    return answer;
  } catch (error) {
    if (PatError.is(error)) throw error;
    if (request.signal.aborted) throw new PatError({ reason: 'cancelled' }, error);
    if (limit.aborted) throw new PatError({ reason: 'timed-out', host, seconds: SECONDS }, error);
    throw new PatError(transportProblem(host, error), error);
  }
};

async function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { default: fetch } = await import('node-fetch');
  const response = await fetch(request.url, {
    method: request.method,
    redirect: 'manual',
    size: MAX_BYTES,
    // node-fetch declares its own, older AbortSignal; Node's is the same object at run time.
    signal: signal as NonNullable<Parameters<typeof fetch>[1]>['signal'] & AbortSignal,
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
  if (url.username !== '' || url.password !== '')
    throw new PatError({ reason: 'bad-address', address: url.host });
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return;
  throw new PatError({ reason: 'insecure-address', address: url.origin });
}

/** Codes of Node's TLS errors end the same way for every authority, expiry and host name mismatch. */
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

function transportProblem(host: string, error: unknown): PatError['problem'] {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE.test(code)) return { reason: 'untrusted-certificate', host, code };
  const type = error instanceof Error && 'type' in error ? error.type : '';
  if (type === 'max-size') return { reason: 'answer-too-large', host, limit: MAX_BYTES };
  return { reason: 'unreachable', host, sent: !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code) };
}

/** A JSON body; a Secret, because it may hold a password. */
export function json(
  value: unknown,
  type = 'application/json',
): { readonly type: string; readonly text: Secret } {
  return { type, text: new Secret(JSON.stringify(value)) };
}

/**
 * Parses an answer's body with `parse`. A 200 that is not what it should be is an error: some servers answer a
 * wrong path with a page of HTML (facts: Motadata).
 * @throws PatError `not-a-pat-server`
 */
export function parseAnswer<T>(answer: HttpAnswer, url: URL, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(answer.text) as unknown);
  } catch (error) {
    const why = /^\s*</.test(answer.text) ? 'a web page instead of JSON' : 'an answer of another form';
    throw new PatError({ reason: 'not-a-pat-server', host: url.host, why }, new Error(messageOf(error)));
  }
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
