import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as z from 'zod/mini';
import { PatError } from '../core/errors.ts';
import type { Challenge, HttpAnswer } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { exact, helpful } from './answers.ts';
import { parseAnswer } from './http.ts';
import type { KindPorts } from './server.ts';

// The second factor of npm registries: a one-time password, or a confirmation in the browser.
// Source: npm 11.19.1 lib/utils/otplease.js, npm-profile lib/index.js (webAuth).

const Asked = z.object({ authUrl: helpful(z.string()), doneUrl: helpful(z.string()) });
const Confirmed = z.object({ token: exact });

const TRIES = 3;
/** How long a person may take in the browser, and the longest pause between two looks. */
const PATIENCE = 5 * 60_000;
const PAUSE = { usual: 1000, longest: 10_000 };

/** `www-authenticate: OTP`, or a body that names a page to confirm on. */
export function wantsSecondFactor(answer: HttpAnswer): boolean {
  if (answer.status !== 401) return false;
  return /\botp\b/i.test(answer.header('www-authenticate') ?? '') || pagesIn(answer).authUrl !== undefined;
}

export interface SecondFactor {
  readonly address: URL;
  readonly account: string;
  readonly ports: KindPorts;
  /** Without one, a call that needs a second factor is answered as it is. */
  readonly challenge: Challenge | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes a call, and makes it again with what the user answers for as long as the registry asks. A call that is
 * answered so has done nothing.
 * @param call gets the headers to add
 * @throws PatError `cancelled`, `bad-credential` after the third wrong answer
 */
export async function withSecondFactor(
  factor: SecondFactor,
  call: (headers: Readonly<Record<string, Secret>>) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  let answer = await call({});
  if (factor.challenge === undefined) return answer;
  for (let tries = 0; wantsSecondFactor(answer); tries++) {
    if (tries === TRIES) throw new PatError({ reason: 'bad-credential', host: factor.address.host });
    const { authUrl, doneUrl } = pagesIn(answer);
    const password =
      authUrl === undefined || doneUrl === undefined
        ? await ask(factor, factor.challenge, tries > 0)
        : await confirm(factor, factor.challenge, authUrl, doneUrl);
    answer = await call({ 'npm-otp': password });
  }
  return answer;
}

async function ask(
  { address, account }: SecondFactor,
  challenge: Challenge,
  again: boolean,
): Promise<Secret> {
  const password = await challenge({ about: 'one-time-password', account, host: address.host, again });
  if (password === undefined) throw new PatError({ reason: 'cancelled' });
  return new Secret(password.reveal().trim());
}

/** The page is for the user's browser; what comes of it is asked of the registry itself, and of nobody else. */
async function confirm(
  { address, account, ports, signal }: SecondFactor,
  challenge: Challenge,
  authUrl: string,
  doneUrl: string,
): Promise<Secret> {
  const page = URL.parse(authUrl);
  const done = URL.parse(doneUrl);
  if (page?.protocol !== 'https:' || done?.origin !== address.origin) {
    throw new PatError({ reason: 'unsupported', what: l10n.t('a confirmation outside of this registry') });
  }
  const isOpen = await challenge({ about: 'web-confirmation', account, host: page.host, again: false, page });
  if (isOpen === undefined) throw new PatError({ reason: 'cancelled' });
  const deadline = ports.clock.now() + PATIENCE;
  for (;;) {
    const answer = await ports.http({ method: 'GET', url: done, signal });
    if (answer.status === 200) {
      return new Secret(parseAnswer(answer, done, (value) => z.parse(Confirmed, value)).token);
    }
    if (answer.status !== 202 || ports.clock.now() > deadline) throw new PatError({ reason: 'cancelled' });
    await sleep(pauseOf(answer), undefined, { signal }).catch((error: unknown) => {
      throw new PatError({ reason: 'cancelled' }, error);
    });
  }
}

function pauseOf(answer: HttpAnswer): number {
  const seconds = Number(answer.header('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds * 1000), PAUSE.longest) : PAUSE.usual;
}

function pagesIn(answer: HttpAnswer): z.infer<typeof Asked> {
  try {
    return z.parse(Asked, JSON.parse(answer.text));
  } catch {
    return { authUrl: undefined, doneUrl: undefined };
  }
}
