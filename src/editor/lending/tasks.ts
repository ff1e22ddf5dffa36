import { join } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { REFERENCE_PREFIX } from '../../core/reference.ts';
import type { Broker } from './broker.ts';

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
export function provideTasks(context: vscode.ExtensionContext, broker: Broker): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TASK_TYPE, {
    provideTasks: () => [],
    async resolveTask(task) {
      const definition = Definition.safeParse(task.definition);
      if (!definition.success) return undefined; // VS Code marks what is missing in tasks.json by the schema
      const { command, args = [], cwd, env = {} } = definition.data;
      const isReference = ([, value]: [string, string]) => value.startsWith(REFERENCE_PREFIX);
      const references = Object.entries(env).filter(isReference);
      const plain = Object.entries(env).filter((variable) => !isReference(variable));
      const execution = runsElsewhere(context)
        ? sayElsewhere()
        : new vscode.ProcessExecution(
            process.execPath,
            [
              join(context.extensionPath, 'dist/pat.mjs'),
              'run',
              ...references.map(([name, reference]) => `${name}=${reference}`),
              '--',
              command,
              ...args,
            ],
            {
              ...(cwd === undefined ? {} : { cwd }),
              env: {
                ...Object.fromEntries(plain),
                ...(await broker.environment()),
                // The editor's own binary, as the Node it contains.
                ELECTRON_RUN_AS_NODE: '1',
              },
            },
          );
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

/** Tasks of a remote window run there, and our socket is here. */
function runsElsewhere({ extension }: vscode.ExtensionContext): boolean {
  return vscode.env.remoteName !== undefined && extension.extensionKind === vscode.ExtensionKind.UI;
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
