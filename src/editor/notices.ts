import * as vscode from 'vscode';
import { messageOf, PatError, type Problem } from '../core/errors.ts';
import type { CommandId } from './commands/ids.ts';

/** One true sentence, and at most one action that helps. */
export interface Notice {
  readonly sentence: string;
  readonly action?: Action;
}

interface Action {
  readonly label: string;
  readonly command: CommandId | 'workbench.action.openSettings';
  /** What the command is told; ours are told the server as well. */
  readonly argument?: { readonly scopes: readonly string[] } | string;
}

/** The table of every failure: what the user reads, and what they can do about it. */
export function noticeOf(error: unknown): Notice {
  if (!PatError.is(error)) {
    return {
      sentence: vscode.l10n.t('PAT Vault could not finish: {0}', messageOf(error)),
      action: showLog(),
    };
  }
  return ofProblem(error.problem);
}

const signIn = () => ({ label: vscode.l10n.t('Sign In'), command: 'patVault.signIn' }) as const;
const refresh = () => ({ label: vscode.l10n.t('Try Again'), command: 'patVault.refresh' }) as const;
const showLog = () => ({ label: vscode.l10n.t('Show Log'), command: 'patVault.showLog' }) as const;
const create = () => ({ label: vscode.l10n.t('Create Token'), command: 'patVault.createToken' }) as const;
const replace = () =>
  ({ label: vscode.l10n.t('Create Replacement'), command: 'patVault.createReplacement' }) as const;
const createWith = (scope: string) =>
  ({
    label: vscode.l10n.t('Create with This Scope'),
    command: 'patVault.createToken',
    argument: { scopes: [scope] },
  }) as const;
const openSettings = () =>
  ({
    label: vscode.l10n.t('Open Settings'),
    command: 'workbench.action.openSettings',
    argument: 'patVault.servers',
  }) as const;
const addServer = () => ({ label: vscode.l10n.t('Add Server'), command: 'patVault.addServer' }) as const;

function ofProblem(problem: Problem): Notice {
  switch (problem.reason) {
    case 'unreachable':
      return { sentence: vscode.l10n.t('{0} cannot be reached.', problem.host), action: refresh() };
    case 'timed-out':
      return {
        sentence: vscode.l10n.t('{0} did not answer within {1} seconds.', problem.host, problem.seconds),
        action: refresh(),
      };
    case 'untrusted-certificate':
      return {
        sentence: vscode.l10n.t(
          'The certificate of {0} is not trusted ({1}); if your company has its own authority, see the settings http.systemCertificates and http.proxyStrictSSL.',
          problem.host,
          problem.code,
        ),
        action: refresh(),
      };
    case 'insecure-address':
      return {
        sentence: vscode.l10n.t(
          '{0} is not encrypted: use https, or http only on this machine.',
          problem.address,
        ),
        action: openSettings(),
      };
    case 'bad-address':
      return {
        sentence: vscode.l10n.t('"{0}" is not the address of a server.', problem.address),
        action: openSettings(),
      };
    case 'redirected':
      return {
        sentence: vscode.l10n.t(
          '{0} sends callers on to another address; enter that one if it is right.',
          problem.host,
        ),
        action: showLog(),
      };
    case 'cancelled':
      return { sentence: vscode.l10n.t('Cancelled.'), action: refresh() };
    case 'signed-out':
      return { sentence: vscode.l10n.t('You are signed out of {0}.', problem.server), action: signIn() };
    case 'bad-credential':
      return {
        sentence: vscode.l10n.t('{0} did not accept the credential.', problem.host),
        action: signIn(),
      };
    case 'missing-right':
      return {
        sentence: vscode.l10n.t('The server does not let you do this: you need {0}.', problem.right),
        action: problem.scope === undefined ? signIn() : createWith(problem.scope),
      };
    case 'not-found':
      return { sentence: vscode.l10n.t('The server does not know {0}.', problem.what), action: refresh() };
    case 'name-taken':
      return {
        sentence: vscode.l10n.t('A token named "{0}" exists already; choose another name.', problem.name),
      };
    case 'refused':
      return { sentence: vscode.l10n.t('The server refused: {0}', problem.says), action: showLog() };
    case 'slow-down':
      return {
        sentence:
          problem.retryAfterSeconds === undefined
            ? vscode.l10n.t('The server asks for fewer calls; try again in a while.')
            : vscode.l10n.t(
                'The server asks for fewer calls; try again in {0} seconds.',
                problem.retryAfterSeconds,
              ),
        action: refresh(),
      };
    case 'server-failed':
      return { sentence: vscode.l10n.t('The server failed ({0}).', problem.status), action: refresh() };
    case 'not-a-pat-server':
      return {
        sentence: vscode.l10n.t(
          '{0} does not answer as this kind of server does: {1}.',
          problem.host,
          problem.why,
        ),
        action: showLog(),
      };
    case 'answer-too-large':
      return {
        sentence: vscode.l10n.t('{0} answered with more than PAT Vault reads.', problem.host),
        action: showLog(),
      };
    case 'unsupported':
      return {
        sentence: vscode.l10n.t('PAT Vault cannot do this: {0}.', problem.what),
        action: showLog(),
      };
    case 'origin-changed':
      return {
        sentence: vscode.l10n.t(
          'The address changed from {0} to {1}; sign in again to use it.',
          problem.pinned,
          problem.now,
        ),
        action: signIn(),
      };
    case 'other-origin':
      return {
        sentence: vscode.l10n.t('The token is of {0}; it is not sent to {1}.', problem.origin, problem.asked),
      };
    case 'impostor':
      return {
        sentence: vscode.l10n.t('Another program answers at {0}; nothing was sent to it.', problem.host),
        action: { label: vscode.l10n.t('Start Sandbox Server'), command: 'patVault.startSandbox' },
      };
    case 'secret-missing':
      return {
        sentence: vscode.l10n.t('The secret of {0} is missing on this machine.', problem.alias),
        action: replace(),
      };
    case 'store-failed':
      return {
        sentence: vscode.l10n.t('The secret could not be stored: {0}.', problem.why),
        action: showLog(),
      };
    case 'store-silent':
      return {
        sentence: vscode.l10n.t("VS Code's secret store did not answer within {0} seconds.", problem.seconds),
        action: showLog(),
      };
    case 'bad-reference':
      return {
        sentence: vscode.l10n.t('"{0}" is not a reference of the form pat://server/alias.', problem.text),
      };
    case 'unknown-server':
      return {
        sentence: vscode.l10n.t('No server named "{0}" is configured.', problem.server),
        action: addServer(),
      };
    case 'unknown-alias':
      return {
        sentence: vscode.l10n.t('No stored token "{0}" on {1}.', problem.alias, problem.server),
        action: create(),
      };
    case 'token-over':
      return {
        sentence: vscode.l10n.t('The token {0} is {1}.', problem.alias, problem.status),
        action: replace(),
      };
    case 'untrusted-workspace':
      return { sentence: vscode.l10n.t('Tokens are not lent to a workspace that is not trusted.') };
    case 'consent-refused':
      return {
        sentence: problem.forGood
          ? vscode.l10n.t('You never allow this use of the token here; Describe Token takes that back.')
          : vscode.l10n.t('The use of the token was not allowed.'),
      };
    case 'sandbox-unavailable':
      return {
        sentence: vscode.l10n.t('The sandbox server cannot run: {0}.', problem.why),
        action: showLog(),
      };
    case 'bad-settings':
      return {
        sentence: vscode.l10n.t('The settings of PAT Vault are wrong: {0}.', problem.why),
        action: openSettings(),
      };
  }
}

/** For those outside our commands – VS Code's own dialogs, agents, other extensions: the sentence, not the reason. */
export function inWords(error: unknown): unknown {
  return PatError.is(error) ? new Error(noticeOf(error).sentence, { cause: error }) : error;
}

/** Does something for them. */
export async function speaking<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inWords(error);
  }
}

/** Tells the user once, and the log in detail. Turning away from a dialog is no failure. */
export async function tell(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof vscode.CancellationError || PatError.is(error, 'cancelled')) return;
  logError(error, log);
  const { sentence, action } = noticeOf(error);
  const chosen = await vscode.window.showErrorMessage(
    sentence,
    ...(action === undefined ? [] : [action.label]),
  );
  if (chosen === undefined || action === undefined) return;
  await vscode.commands.executeCommand(action.command, action.argument);
}

export function logError(error: unknown, log: vscode.LogOutputChannel): void {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
  log.error(causes.length === 0 ? String(error) : causes.join(' ← '));
}
