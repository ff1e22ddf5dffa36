import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { REFERENCE_PREFIX } from '../../core/reference.ts';
import type { Launcher } from './launcher.ts';
import { environmentSetting } from './terminal.ts';

export const TASK_TYPE = 'pat-vault';

const Definition = z.object({
  command: z.string().check(z.minLength(1)),
  args: z.optional(z.array(z.string())),
  cwd: z.optional(z.string()),
  env: z.optional(z.record(z.string(), z.string())),
});

/**
 * Tasks whose environment names tokens by reference. A task becomes a process of `pat run NAME=pat://… -- command`:
 * it has a true terminal, and neither its definition nor its argument list nor its environment holds a secret, which
 * every extension could read there. Resolving runs for each listing of the tasks, so nothing is asked or read here.
 */
export function provideTasks(launcher: Launcher): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TASK_TYPE, {
    provideTasks: () => [],
    async resolveTask(task) {
      const definition = Definition.safeParse(task.definition);
      if (!definition.success) return undefined; // VS Code marks what is missing in tasks.json by the schema
      const { command, args = [], cwd } = definition.data;
      const scope = typeof task.scope === 'object' ? task.scope.uri : undefined;
      const env = { ...environmentSetting(scope), ...definition.data.env };
      const isReference = ([, value]: [string, string]) => value.startsWith(REFERENCE_PREFIX);
      const references = Object.entries(env).filter(isReference);
      const plain = Object.entries(env).filter((variable) => !isReference(variable));
      const execution = launcher.isElsewhere
        ? sayElsewhere()
        : await executionOf(references, plain, [command, ...args], cwd, launcher);
      return new vscode.Task(
        task.definition,
        task.scope ?? vscode.TaskScope.Workspace,
        task.name,
        TASK_TYPE,
        execution,
        task.problemMatchers,
      );
    },
  });
}

async function executionOf(
  references: readonly (readonly [string, string])[],
  plain: readonly (readonly [string, string])[],
  command: readonly string[],
  cwd: string | undefined,
  launcher: Launcher,
): Promise<vscode.ProcessExecution> {
  const named = references.map(([name, reference]) => `${name}=${reference}`);
  const also = plain.flatMap(([name]) => ['--also', name]);
  const { program, args, env } = await launcher.process('run', ...named, ...also, '--', ...command);
  return new vscode.ProcessExecution(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...Object.fromEntries(plain), ...env },
  });
}

function sayElsewhere(): vscode.CustomExecution {
  const sentence = vscode.l10n.t(
    'This task runs on another machine than PAT Vault. Install PAT Vault there to lend it tokens.',
  );
  return new vscode.CustomExecution(() => {
    const written = new vscode.EventEmitter<string>();
    const closed = new vscode.EventEmitter<number>();
    return Promise.resolve({
      onDidWrite: written.event,
      onDidClose: closed.event,
      open: () => {
        written.fire(`${sentence}\r\n`);
        closed.fire(1);
      },
      close: () => undefined,
    });
  });
}
