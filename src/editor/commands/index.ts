import * as vscode from 'vscode';
import type { Entry } from '../../vault/entry.ts';
import type { Clipboard } from '../clipboard.ts';
import type { House } from '../house.ts';
import { inWords, tell } from '../notices.ts';
import type { Handler } from './handlers.ts';
import { type CommandId, commandIds } from './ids.ts';

/** The form, for somebody who waits for the token. */
export async function createToken(house: House, clipboard: Clipboard): Promise<Entry | undefined> {
  return (await import('./create.ts')).createFor(house, clipboard);
}

/** VS Code needs its answer, and would run a program with the text `${input:…}` where there is none. */
const ANSWERING: CommandId = 'patVault.getToken';

/** Every command of the extension; what they do is loaded with the first. A failure is told once, here. */
export function registerCommands(house: House, clipboard: Clipboard): vscode.Disposable {
  let loaded: Promise<Record<CommandId, Handler>> | undefined;
  const load = () => (loaded ??= import('./handlers.ts').then(({ handlers }) => handlers(house, clipboard)));
  return vscode.Disposable.from(
    ...commandIds.map((id) =>
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          return await (await load())[id](argument);
        } catch (error) {
          if (id === ANSWERING) throw inWords(error);
          await tell(error, house.log);
          return undefined;
        }
      }),
    ),
  );
}
