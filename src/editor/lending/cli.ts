import * as vscode from 'vscode';
import type { Question } from '../../cli/protocol.ts';
import { entryCondition } from '../../vault/entry.ts';
import { definitionOf } from '../../vault/grants.ts';
import { Secret } from '../../core/secret.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Tokens, Values } from './broker.ts';
import { commandLine } from './consent.ts';
import type { GitMap } from './git.ts';
import { folderOf, type Lender } from './lender.ts';

/** What `pat` is answered. @throws PatError */
export async function answerPat(
  question: Question,
  lender: Lender,
  vault: Vault,
  git: GitMap,
): Promise<Values | Tokens> {
  const folder = folderOf(question.cwd);
  switch (question.ask) {
    case 'run': {
      const { command, references, cwd, variables, launch = '' } = question;
      const names = Object.keys(variables);
      const values = await lender.lend({
        consumer: 'process',
        who: commandLine([command[0] ?? '']),
        shown: [
          vscode.l10n.t('Command: {0}', commandLine(command)),
          ...(cwd === folder ? [] : [vscode.l10n.t('Started in: {0}', commandLine([cwd]))]),
          // Not their values: what stands in a file of variables may be a secret of its own.
          ...(names.length === 0 ? [] : [vscode.l10n.t('Sets as well: {0}', commandLine(names))]),
        ].join('\n'),
        meaning: vscode.l10n.t(
          'The program, and whatever it starts, can read the token. An answer for always holds for this command line in this folder; a changed one asks again.',
        ),
        // `./deploy.sh` is another program in another folder below, or with another PATH.
        definition: definitionOf([cwd, ...command], { ...variables, ...references, '': launch }),
        ...{ folder, references },
      });
      return { values };
    }
    case 'get': {
      const isNpm = question.for === 'npm';
      const values = await lender.lend({
        consumer: 'script',
        who: isNpm ? 'pat npm-token-helper' : 'pat get',
        shown: vscode.l10n.t(
          'Command: {0}',
          commandLine(['pat', isNpm ? 'npm-token-helper' : 'get', question.reference]),
        ),
        meaning: isNpm
          ? vscode.l10n.t('The package manager that runs the helper in this folder can read the token.')
          : vscode.l10n.t(
              'The token is printed: whatever called the command can read it. Each use is asked about.',
            ),
        definition: isNpm ? definitionOf(['npm-token-helper'], { secret: question.reference }) : undefined,
        folder,
        references: { secret: question.reference },
      });
      return { values };
    }
    case 'list':
      return { tokens: listOf(vault) };
    case 'git': {
      const found = await git.find(question);
      if (found === undefined) return { values: {} };
      const { username, reference } = found;
      const address = `${question.protocol}://${question.host}/${found.path}`;
      const { password } = await lender.lend({
        consumer: 'git',
        who: 'git',
        shown: vscode.l10n.t('Repository: {0}', address),
        meaning: vscode.l10n.t(
          'git sends the token to this address. An answer for always holds for git in this folder and this address.',
        ),
        definition: definitionOf(['git-credential', address], { password: reference }),
        folder,
        references: { password: reference },
      });
      return password === undefined
        ? { values: {} }
        : { values: { username: new Secret(username), password } };
    }
  }
}

/** Stored tokens by reference; who may only list needs no consent, for there is no secret in it. */
export function listOf(vault: Vault): Tokens['tokens'] {
  return vault.entries().map((entry) => ({
    reference: vault.referenceOf(entry),
    status: vault.presenceOf(entry) === 'missing' ? 'missing' : entryCondition(entry, Date.now()),
    expires: typeof entry.expires === 'number' ? new Date(entry.expires).toISOString() : entry.expires,
  }));
}
