// A consumer as any extension may be: it knows PAT Vault by the name of its authentication provider only.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';

export function activate(context) {
  /** What it was given last: an extension keeps what it has, whatever happens to the session. */
  let last;

  async function whoAmI(options) {
    last = await vscode.authentication.getSession('pat-vault', [], options);
    if (last === undefined) vscode.window.showInformationMessage('Consumer: no session');
    else await call(last.account.label);
  }

  async function call(label) {
    const storage = join(context.globalStorageUri.fsPath, '../patvault.pat-vault');
    const { port } = JSON.parse(await readFile(join(storage, 'sandbox/address.json'), 'utf8'));
    const headers = { authorization: `Bearer ${last.accessToken}` };
    const answer = await fetch(`http://127.0.0.1:${port}/whoami`, { headers });
    vscode.window.showInformationMessage(`Consumer: ${answer.status} with ${label}`);
  }

  const commands = {
    'consumer.whoAmI': () => whoAmI({ createIfNone: true }),
    'consumer.whoAmISilently': () => whoAmI({ silent: true }),
    'consumer.whoWasI': () => call('what it had'),
  };
  for (const [id, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
}
