import assert from 'node:assert/strict';
import { PatError, type Reason } from '../../src/core/errors.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { KindPorts } from '../../src/servers/server.ts';

/** An answer to be given: a status with JSON, or with text as it is. */
export interface Scripted {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that exists only as a function from call to answer. It keeps the calls it got. */
export class ScriptedServer {
  readonly calls: HttpRequest[] = [];
  readonly ports: KindPorts;

  /** `answer` gets `GET /path?query` and the request. */
  constructor(answer: (call: string, request: HttpRequest) => Scripted, now = Date.UTC(2026, 10, 24)) {
    const http: Http = (request) => {
      this.calls.push(request);
      const { pathname, search } = request.url;
      return Promise.resolve(answerOf(answer(`${request.method} ${pathname}${search}`, request)));
    };
    this.ports = { http, clock: { now: () => now } };
  }

  get paths(): readonly string[] {
    return this.calls.map(({ url }) => url.pathname + url.search);
  }
}

function answerOf({ status = 200, json, text, headers = {} }: Scripted): HttpAnswer {
  return {
    status,
    text: text ?? JSON.stringify(json ?? null),
    header: (name) => headers[name.toLowerCase()],
  };
}

/** The body of a call, as its server would read it. */
export const bodyOf = (request: HttpRequest | undefined): unknown =>
  request?.body === undefined ? undefined : (JSON.parse(request.body.text.reveal()) as unknown);

/** Everything a list gives, page by page. */
export async function pagesIn<T>(pages: AsyncIterable<readonly T[]>): Promise<(readonly T[])[]> {
  const all: (readonly T[])[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

export const secretsOf = (answers: Readonly<Record<string, string>>): Readonly<Record<string, Secret>> =>
  Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, new Secret(value)]));

/** For `assert.rejects`: a PatError of that reason, with at least these facts. */
export const problem =
  (reason: Reason, facts: Readonly<Record<string, unknown>> = {}) =>
  (error: unknown): true => {
    assert(PatError.is(error), `not a PatError: ${String(error)}`);
    assert.partialDeepStrictEqual(error.problem, { reason, ...facts });
    return true;
  };
