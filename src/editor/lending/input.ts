import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import { firstFolder, type Lender } from './lender.ts';

/**
 * `${input:…}` of type command. Whoever runs the command gets the value, and what VS Code does with it is beyond us:
 * so each use is asked about, and the better way is offered.
 */
export async function getToken(lender: Lender, argument: unknown): Promise<string> {
  const reference = referenceIn(argument);
  const { secret } = await lender.lend({
    consumer: 'input',
    who: '${input:…}',
    shown: vscode.l10n.t('Command: {0}', `patVault.getToken ${JSON.stringify(reference)}`),
    meaning: vscode.l10n.t(
      'The value becomes visible to other extensions of VS Code, in an argument also in terminals and on disk. A task of type pat-vault keeps it from them. Each use is asked about.',
    ),
    instead: {
      label: vscode.l10n.t('Copy Task Instead'),
      run: () => void vscode.env.clipboard.writeText(taskFor(reference)),
    },
    folder: firstFolder(),
    definition: undefined,
    references: { secret: reference },
  });
  return secret?.reveal() ?? '';
}

/** `args` of an input is a reference, or an object with one; VS Code hands it on as it is. */
function referenceIn(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  const { reference } = (argument ?? {}) as { readonly reference?: unknown };
  if (typeof reference === 'string') return reference;
  const [first] = Array.isArray(argument) ? (argument as unknown[]) : [];
  if (typeof first === 'string') return first;
  throw new PatError({ reason: 'bad-reference', text: '' });
}

const taskFor = (reference: string) =>
  JSON.stringify(
    { label: 'with token', type: 'pat-vault', command: 'program', args: [], env: { TOKEN: reference } },
    undefined,
    2,
  );
