// A consumer as any extension may be: it knows PAT Vault by the name of its authentication provider only.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

  /** What any extension sees in passing. */
  const seen = [];
  const look = (what) => (value) => {
    seen.push(what, describe(value));
  };
  context.subscriptions.push(
    vscode.window.onDidOpenTerminal(look('terminal')),
    vscode.tasks.onDidStartTask(look('task')),
    vscode.tasks.onDidStartTaskProcess(look('process')),
    vscode.debug.onDidStartDebugSession(look('session')),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(look('event')),
  );

  /** Written down where the tests look for secrets. */
  async function tellWhatISaw() {
    for (const task of await vscode.tasks.fetchTasks()) look('listed')({ execution: { task } });
    for (const terminal of vscode.window.terminals) look('open')(terminal);
    look('api')(vscode.extensions.getExtension('patvault.pat-vault').exports?.sharedTokens?.());
    await mkdir(context.globalStorageUri.fsPath, { recursive: true });
    await writeFile(join(context.globalStorageUri.fsPath, 'seen.json'), JSON.stringify(seen));
    vscode.window.showInformationMessage(`Consumer: saw ${seen.length / 2} things`);
  }

  /** As an agent would, without a chat. */
  async function callTool(name, input) {
    try {
      const { content } = await vscode.lm.invokeTool(name, { toolInvocationToken: undefined, input });
      vscode.window.showInformationMessage(`Consumer: ${content.map(({ value }) => value).join('')}`);
    } catch (error) {
      vscode.window.showInformationMessage(`Consumer: refused, ${error.message}`);
    }
  }

  const debug = (name) => vscode.debug.startDebugging(vscode.workspace.workspaceFolders[0], name);

  const commands = {
    'consumer.tellWhatISaw': tellWhatISaw,
    'consumer.listTokens': () => callTool('pat_list', {}),
    'consumer.callServer': () =>
      callTool('pat_http', { reference: 'pat://forge/one', url: '/whoami#[me](https://example.com/)' }),
    'consumer.callTokens': () =>
      callTool('pat_http', { reference: 'pat://forge/one', url: '/personal%2Daccess-tokens' }),
    'consumer.callElsewhere': () =>
      callTool('pat_http', { reference: 'pat://forge/one', url: 'https://example.com/' }),
    'consumer.startMcpServer': () =>
      vscode.commands
        .executeCommand('workbench.mcp.startServer', 'patvault.pat-vault/agent')
        .then(undefined, () => undefined),
    'consumer.signInToForge': async () => {
      const session = await vscode.authentication.getSession('pat-vault', ['server:forge', 'builds:read'], {
        createIfNone: true,
      });
      vscode.window.showInformationMessage(
        `Consumer: signed in as ${session.account.label}, ${session.scopes.join()}`,
      );
    },
    'consumer.bearer': async () => {
      const session = await vscode.authentication.getSession('pat-vault', ['kind:sailpoint'], {
        createIfNone: true,
      });
      vscode.window.showInformationMessage(`Consumer: bearer ${session.accessToken.slice(0, 8)}.`);
    },
    'consumer.debug': () => debug('in the console'),
    'consumer.debugFromFile': () => debug('from a file'),
    'consumer.debugElsewhere': () => debug('elsewhere'),
    'consumer.debugInTerminal': () => debug('in a terminal'),
    'consumer.whoAmI': () => whoAmI({ createIfNone: true }),
    'consumer.whoAmISilently': () => whoAmI({ silent: true }),
    'consumer.whoWasI': () => call('what it had'),
  };
  for (const [id, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
}

/** All that can be read of a terminal, a task or a session. */
function describe({ creationOptions, execution, configuration, ...rest } = {}) {
  const task = execution?.task;
  return {
    creationOptions,
    definition: task?.definition,
    execution: task?.execution,
    configuration,
    ...rest,
  };
}
