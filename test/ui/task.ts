import { comes } from '../host/dom.ts';
import type { Session } from '../host/editor-session.ts';
import { until } from '../host/until.ts';

/** Our global storage, below a session's folder. */
export const storage = 'data/User/globalStorage/patvault.pat-vault';

/** Says who it is at the sandbox, by the token in its environment: what a deployment script would do. */
const whoami = `
const { readFileSync } = require('node:fs');
const { port } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const authorization = 'Bearer ' + process.env.SANDBOX_TOKEN;
fetch('http://127.0.0.1:' + port + '/whoami', { headers: { authorization } }).then(async (answer) => {
  console.log('answered ' + answer.status + (process.stdout.isTTY ? ' in a terminal' : ' without a terminal'));
});
`;

export const tasksJson = (label: string, ...extra: readonly string[]) =>
  JSON.stringify({
    version: '2.0.0',
    tasks: [
      {
        label,
        type: 'pat-vault',
        command: 'node',
        args: ['whoami.js', `\${workspaceFolder}/../${storage}/sandbox/address.json`, ...extra],
        env: { SANDBOX_TOKEN: 'pat://sandbox/ci-runner' },
        problemMatcher: [],
      },
    ],
  });

/** A workspace with the task `who am I`. */
export const whoAmITask = () => ({ 'whoami.js': whoami, '.vscode/tasks.json': tasksJson('who am I') });

export async function runTask({ workbench }: Session, label: string): Promise<void> {
  const { quickInput } = workbench;
  const heading = 'Select the task to run';
  // A file that was changed a moment ago may not have been read yet.
  await until(`the task ${label}`, async () => {
    await workbench.run('Tasks: Run Task');
    await quickInput.type(heading, label);
    const found = await comes(quickInput.row(heading, label), 'visible', 2_000);
    if (found) await quickInput.pick(heading, label);
    else await quickInput.dismiss();
    return found;
  });
}

export async function terminalSays({ workbench }: Session, text: string): Promise<void> {
  await until(`the terminal to say "${text}"`, async () => (await workbench.terminalText()).includes(text));
}
