import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import type { Launcher } from './launcher.ts';

/**
 * A terminal whose shell has tokens in its environment: `pat` gets them and starts the shell. What VS Code keeps of a
 * terminal – its options, readable by every extension and written to disk at quit – holds references only.
 */
export async function openTerminal(
  launcher: Launcher,
  references: Readonly<Record<string, string>>,
): Promise<void> {
  if (launcher.isElsewhere) {
    throw new PatError({
      reason: 'unsupported',
      what: vscode.l10n.t('terminals on another machine; install PAT Vault there'),
    });
  }
  const shell = vscode.env.shell;
  const script = await launcher.script();
  const integration = join(
    vscode.env.appRoot,
    'out/vs/workbench/contrib/terminal/common/scripts/shellIntegration-bash.sh',
  );
  const isIntegrated = basename(shell) === 'bash' && existsSync(integration);
  const { program, args, env } = await launcher.process(
    'run',
    '--shell',
    ...Object.entries(references).map(([name, reference]) => `${name}=${reference}`),
    '--',
    shell,
    ...(isIntegrated ? ['--init-file', integration] : []),
  );
  const terminal = vscode.window.createTerminal({
    name: Object.values(references)
      .map((reference) => reference.split('/').at(-1))
      .join(', '),
    iconPath: new vscode.ThemeIcon('key'),
    shellPath: program,
    shellArgs: args,
    isTransient: true,
    env: {
      ...env,
      ...(isIntegrated ? { VSCODE_INJECTION: '1' } : {}),
      PATH: [dirname(script), process.env.PATH ?? ''].join(delimiter),
    },
  });
  terminal.show();
}

/** `patVault.environment`: variable → reference, for our terminals and tasks. */
export function environmentSetting(folder?: vscode.Uri): Readonly<Record<string, string>> {
  const value: unknown = vscode.workspace.getConfiguration('patVault', folder).get('environment');
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (each): each is [string, string] => /^[A-Za-z_]\w*$/.test(each[0]) && typeof each[1] === 'string',
    ),
  );
}
