import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AUTHORITY, type Forge, startForge } from '../fakes/forge.ts';
import { type McpServer, startMcpServer } from '../fakes/mcp-server.ts';
import { comes } from '../host/dom.ts';
import { root } from '../host/folders.ts';
import { until } from '../host/until.ts';
import { editorSession } from './session.ts';
import { runTask, storage, terminalSays } from './task.ts';
import { assertNoTrace } from './traces.ts';

/** Writes down which token it was given – its name, or its id – and never the secret. */
const whoami = `
const { writeFileSync } = require('node:fs');
const { TOKEN, FORGE, OUT, STAY } = process.env;
fetch(FORGE + 'whoami', { headers: { authorization: 'Bearer ' + TOKEN } })
  .then(async (answer) => (await answer.json()).token?.[STAY ? 'id' : 'name'] ?? answer.status)
  .then((said) => { writeFileSync(OUT, String(said)); console.log('I am ' + said); });
setTimeout(() => {}, STAY ? 60_000 : 0);
`;

describe('consumers of stored tokens', () => {
  let forge: Forge;
  let mcp: McpServer;
  const session = editorSession('consumers', async () => {
    forge = await startForge(['one', 'two']);
    mcp = await startMcpServer();
    const url = forge.address.href;
    const env = { TOKEN: 'pat://forge/one', FORGE: url };
    const launch = (name: string, console: string) => ({
      ...{ name, console, type: 'node', request: 'launch', program: '${workspaceFolder}/whoami.js' },
      env: { ...env, OUT: `\${workspaceFolder}/${name.replaceAll(' ', '-')}.txt` },
    });
    return {
      extensions: [join(root, 'test/consumer')],
      env: { NODE_EXTRA_CA_CERTS: AUTHORITY },
      settings: {
        'patVault.servers': [{ id: 'forge', kind: 'standard', name: 'Forge', url }],
        'patVault.cli.enabled': true,
        'patVault.mcpServers': [
          { label: 'agent', url: mcp.address.href, headers: { Authorization: 'Bearer pat://forge/one' } },
        ],
      },
      files: {
        'whoami.js': whoami,
        'two.env': 'TOKEN=pat://forge/two\n',
        '.vscode/tasks.json': JSON.stringify({
          version: '2.0.0',
          tasks: [
            {
              ...{ label: 'by input', type: 'process', command: 'node', args: ['whoami.js'] },
              options: { env: { ...env, TOKEN: '${input:token}', OUT: 'by-input.txt' } },
              problemMatcher: [],
            },
          ],
          inputs: [{ id: 'token', type: 'command', command: 'patVault.getToken', args: 'pat://forge/two' }],
        }),
        '.vscode/launch.json': JSON.stringify({
          version: '0.2.0',
          configurations: [
            launch('in the console', 'internalConsole'),
            launch('in a terminal', 'integratedTerminal'),
            { ...launch('elsewhere', 'internalConsole'), type: 'tiny' },
            {
              ...launch('from a file', 'internalConsole'),
              envFile: '${workspaceFolder}/two.env',
              env: { FORGE: url, OUT: '${workspaceFolder}/from-a-file.txt', STAY: 'yes' },
            },
          ],
        }),
      },
    };
  });
  after(async () => {
    await forge.stop();
    await mcp.stop();
  });

  const tokens = () => session().workbench.view('Tokens');
  /** What `patVault.cli.enabled` tells programs that were started elsewhere. */
  async function listening(): Promise<{ socket: string; nonce: string }> {
    const [file = ''] = await readdir(windows());
    return JSON.parse(await readFile(join(windows(), file), 'utf8')) as { socket: string; nonce: string };
  }
  const windows = () => join(session().folder, storage, 'windows');
  const written = (name: string) =>
    until(name, async () => {
      const file = join(session().workspace, name);
      return existsSync(file) && (await readFile(file, 'utf8'));
    });

  /** `pat`, or what calls it, started by nobody but the test: it finds the window by the file of `cli.enabled`. */
  const outside = async (
    program: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ) => {
    const env = { ...process.env, PAT_VAULT_WINDOWS: windows(), ...more };
    return promisify(execFile)(program, args, { cwd: session().workspace, env });
  };
  const PAT = join(root, 'dist/pat.mjs');

  async function create(name: string): Promise<void> {
    const { workbench } = session();
    await tokens().chooseFromMenu('Forge', 'Create Token…');
    const form = await workbench.webview();
    await form.locator('[data-field="name"] input').fill(name);
    // Behind the forge the sandbox knows itself by another address.
    await form.locator('[data-field="subject"] input').fill('');
    await form.locator('[data-action="create"]').click();
    await form.getByText('is created and its secret is stored').waitFor();
    await form.locator('[data-action="close"]').click();
    await tokens().row(name).waitFor();
  }

  before(async () => {
    const { workbench } = session();
    await workbench.openContainer('PAT Vault');
    await tokens().row('Sign In…').click();
    await workbench.quickInput.enter('Sign In to Forge (1/1)', forge.sandbox.administrator.reveal());
    for (const name of ['one', 'two']) await create(name);
    await workbench.run('Notifications: Clear All Notifications');
  });

  it('lets another extension have a token made that fits the server and scope it asks for', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Sign In to Forge');
    await workbench.dialog.click('Allow');
    const heading = 'No stored token fits; create one';
    assert.equal((await workbench.quickInput.rows(heading)).length, 1);
    await workbench.quickInput.pick(heading, 'Create Token…');
    const form = await workbench.webview();
    await form.locator('[data-field="name"] input').fill('for the consumer');
    await form.locator('[data-option="builds:read"]').click();
    await form.locator('[data-action="create"]').click();
    await workbench.notifications.find('Consumer: signed in as for-the-consumer · Forge, builds:read');
    await form.locator('[data-action="close"]').click();
    await workbench.run('Notifications: Clear All Notifications');
  });

  it('gives an input its value after a warning, each time anew', async () => {
    const { dialog } = session().workbench;
    await runTask(session(), 'by input');
    const { message, detail } = await dialog.text();
    assert.equal(message, 'Let "${input:…}" use the token two?');
    assert.match(detail, /becomes visible to other extensions/);
    assert.deepEqual((await dialog.buttons()).sort(), ['Allow Once', 'Cancel', 'Copy Task Instead']);
    await dialog.click('Cancel');
    await session().workbench.notifications.find('The use of the token was not allowed.');
    assert.ok(!existsSync(join(session().workspace, 'by-input.txt')), 'it ran all the same');
    await runTask(session(), 'by input');
    await dialog.click('Allow Once');
    assert.equal(await written('by-input.txt'), 'two');
  });

  it('opens a terminal whose shell has the token, and whose options have none', async () => {
    const { workbench } = session();
    await tokens().chooseFromMenu('one', 'Open Terminal with Token…');
    await workbench.quickInput.enter('Variable that holds one', 'ONE_TOKEN');
    assert.match((await workbench.dialog.text()).detail, /ONE_TOKEN = pat:\/\/forge\/one/);
    await workbench.dialog.click('Cancel');
    await terminalSays(session(), 'pat: The use of the token was not allowed.');
    await workbench.page.locator('.terminal-wrapper.active').click();
    await workbench.page.keyboard.press('Enter');

    await tokens().chooseFromMenu('one', 'Open Terminal with Token…');
    await workbench.quickInput.enter('Variable that holds one', 'ONE_TOKEN');
    await workbench.dialog.click('Allow Once');
    await workbench.page.locator('.terminal-wrapper.active').click();
    await until('the shell', async () => /[$#]\s*$/.test(await workbench.terminalText()));
    await workbench.page.keyboard.type('echo length ${#ONE_TOKEN}; pat list\n');
    await terminalSays(session(), 'length 54');
    await terminalSays(session(), 'pat://forge/two');
  });

  it('gives a debugged program its token on the wire, the configuration keeping the reference', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Debug');
    assert.match(
      (await workbench.dialog.text()).detail,
      /Launch configuration of type pwa-node.*program: .*whoami\.js/,
    );
    await workbench.dialog.click('Always Allow Here');
    assert.equal(await written('in-the-console.txt'), 'one');
  });

  it('asks no more about the same configuration, and about a changed one again', async () => {
    const { workbench } = session();
    await rm(join(session().workspace, 'in-the-console.txt'));
    await workbench.run('Consumer: Debug');
    assert.equal(await written('in-the-console.txt'), 'one');
    const file = join(session().workspace, '.vscode/launch.json');
    const old = await readFile(file, 'utf8');
    await writeFile(file, old.replace('"FORGE"', '"MORE":"more","FORGE"'));
    await until('the changed configuration to be read', async () => {
      await workbench.run('Consumer: Debug');
      return comes(workbench.dialog.box, 'visible', 2_000);
    });
    assert.match((await workbench.dialog.text()).detail, /env\.MORE: more/);
    await workbench.dialog.click('Cancel');
    await writeFile(file, old);
  });

  it('gives one in a terminal its token by pat run', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Debug in Terminal');
    assert.match((await workbench.dialog.text()).detail, /whoami\.js/);
    await workbench.dialog.click('Cancel');
    const toolbar = workbench.page.locator('.debug-toolbar');
    await toolbar.waitFor({ state: 'hidden' });

    await workbench.run('Consumer: Debug in Terminal');
    await workbench.dialog.click('Always Allow Here');
    assert.equal(await written('in-a-terminal.txt'), 'one');
    await toolbar.waitFor({ state: 'hidden' });
    await rm(join(session().workspace, 'in-a-terminal.txt'));
    await workbench.run('Consumer: Debug in Terminal');
    assert.equal(await written('in-a-terminal.txt'), 'one');
  });

  it('gives it by way of an adapter that is a process of its own', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Debug Elsewhere');
    await workbench.dialog.click('Allow Once');
    assert.equal(await written('elsewhere.txt'), 'one');
    await rm(join(session().workspace, 'elsewhere.txt'));
    // Its adapter knows no restart: VS Code ends the session and begins another.
    await workbench.run('Debug: Restart');
    assert.equal(await written('elsewhere.txt'), 'one');
    await workbench.run('Debug: Stop');
  });

  it('reads references of an envFile, and gives what they stand for by now when restarted', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Debug from File');
    await workbench.dialog.click('Allow Once');
    const first = await written('from-a-file.txt');
    await tokens().chooseFromMenu('two', 'Revoke Token…');
    await workbench.dialog.click('Revoke');
    await until('the token to be revoked', async () =>
      (await tokens().rows()).some(({ label, description }) => label === 'two' && description === 'revoked'),
    );
    const creating = create('two');
    assert.equal((await workbench.dialog.text()).message, 'Let "from a file" use the token two?');
    await workbench.dialog.click('Allow Once');
    await creating;
    await workbench.run('Debug: Restart');
    await until('the program to have the new token', async () => {
      const second = await written('from-a-file.txt');
      return /^[\da-f-]{36}$/.test(second) && second !== first;
    });
    await workbench.run('Debug: Stop');
  });

  it('lets an agent call with a token, once a person agrees, and tells it no secret', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: List Tokens');
    await workbench.notifications.find('pat://forge/one');
    await workbench.run('Consumer: Call Server');
    const { message, detail } = await workbench.dialog.text();
    assert.equal(message, `Call ${forge.address.host} with the token one?`);
    assert.ok(detail.includes(`GET "${forge.address.href}whoami#[me](https://example.com/)"`), detail);
    await workbench.dialog.click('Yes');
    await workbench.notifications.find(/Consumer: 200 application\/json/);
    await workbench.run('Notifications: Clear All Notifications');
    await workbench.run('Consumer: Call Elsewhere');
    await workbench.notifications.find(
      /Consumer: refused, .*The token is of .* it is not sent to https:\/\/example\.com/,
    );
    await workbench.run('Notifications: Clear All Notifications');
    await workbench.run('Consumer: Call Tokens');
    await workbench.dialog.click('Yes');
    await workbench.notifications.find(
      /Consumer: refused, .*PAT Vault cannot do this: calls of agents that are about tokens/,
    );
  });

  it('gives an MCP server its header when it is started, naming both origins', async () => {
    const { workbench } = session();
    await workbench.run('Consumer: Start MCP Server');
    const { detail } = await workbench.dialog.text();
    assert.ok(
      detail.includes(`The token is of ${forge.address.origin}, and would be sent to ${mcp.address.origin}.`),
    );
    await workbench.dialog.click('Allow Once');
    await until('the MCP server to be called', () =>
      mcp.authorizations.some((each) => each.startsWith('Bearer patv_')),
    );
  });

  it('lets git clone with one token per repository, and gives it none for another address', async () => {
    const { workbench } = session();
    for (const name of ['one', 'two']) {
      await tokens().chooseFromMenu(name, 'Use for Git…');
      await workbench.quickInput.enter('Address of the repository', `${forge.address.href}git/${name}.git`);
      await workbench.quickInput.enter('User name that git sends', 'oauth2');
      await workbench.notifications.find('git asks PAT Vault');
      await workbench.run('Notifications: Clear All Notifications');
    }
    const clone = (name: string) =>
      outside(
        'git',
        [
          ...['-c', `credential.helper=!'${process.execPath}' '${PAT}' git-credential`],
          ...['-c', 'credential.useHttpPath=true', 'clone', '--quiet'],
          ...[`${forge.address.href}git/${name}.git`, `clone-${name}`],
        ],
        { GIT_SSL_CAINFO: AUTHORITY, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' },
      );
    for (const name of ['one', 'two']) {
      const cloning = clone(name);
      const { message, detail } = await workbench.dialog.text();
      assert.equal(message, `Let "git" use the token ${name}?`);
      assert.match(detail, new RegExp(`Repository: https://localhost:\\d+/git/${name}`));
      await workbench.dialog.click('Always Allow Here');
      await cloning;
      assert.ok(existsSync(join(session().workspace, `clone-${name}/.git`)));
    }
    const elsewhere = 'protocol=https\\nhost=example.com\\npath=git/one.git\\n\\n';
    const asking = `printf '${elsewhere}' | '${process.execPath}' '${PAT}' git-credential get`;
    assert.equal((await outside('sh', ['-c', asking])).stdout, '');
  });

  it('lets a script get a token, asking each time, and masks what it prints', async () => {
    const { dialog } = session().workbench;
    const got = outside(process.execPath, [PAT, 'get', 'pat://forge/one']);
    assert.equal((await dialog.text()).message, 'Let "pat get" use the token one?');
    await dialog.click('Allow Once');
    const secret = (await got).stdout.trim();
    assert.match(secret, /^patv_/);
    const config = `url = "${forge.address.href}whoami"\nheader = "Authorization: Bearer $T"\n`;
    const curl = outside(
      process.execPath,
      [
        PAT,
        'run',
        '--env',
        'T=pat://forge/one',
        '--',
        'sh',
        '-c',
        `c="${config.replaceAll('"', '\\"')}"; echo "$c" >&2; echo "$c" | curl --silent -K -`,
      ],
      { CURL_CA_BUNDLE: AUTHORITY },
    );
    await dialog.click('Allow Once');
    const { stdout, stderr } = await curl;
    assert.match(stdout, /"name":"one"/);
    assert.match(stderr, /Authorization: Bearer •••/);
  });

  it('keeps a record of it all, and takes everything back at once', async () => {
    const { workbench } = session();
    await workbench.run('PAT Vault: Show Access Log');
    const text = await until('the log', async () => {
      const lines = await workbench.page.locator('.monaco-editor .view-lines').last().textContent();
      return lines?.includes('newest') === true && lines.replaceAll('\u00a0', ' ');
    });
    for (const consumer of ['input', 'debug', 'agent', 'mcp', 'git', 'script', 'process'])
      assert.ok(text.includes(consumer), `${consumer} in ${text}`);
    await workbench.run('PAT Vault: Export Access Log…');
    const target = join(session().workspace, 'pat-access.jsonl');
    await workbench.quickInput.enter('Export Access Log', target);
    const exported = await until('the exported log', () => readFile(target, 'utf8').catch(() => undefined));
    assert.ok(exported.split('\n').every((line) => line === '' || 'outcome' in (JSON.parse(line) as object)));
    await workbench.run('Consumer: Tell What I Saw');
    await workbench.notifications.find(/Consumer: saw \d+ things/);
    const before = await listening();
    await workbench.run('PAT Vault: Stop All Sharing…');
    await workbench.dialog.click('Stop All Sharing');
    const after = await until('another socket', async () => {
      const now = await listening().catch(() => before);
      return now.socket !== before.socket && now;
    });
    assert.notEqual(after.nonce, before.nonce);
    assert.ok(!existsSync(before.socket), 'whoever holds the old one asks nobody');
    // What was allowed for good is not any more.
    await workbench.run('Consumer: Debug');
    assert.match((await workbench.dialog.text()).message, /^Let "in the console" use the token one\?$/);
    await workbench.dialog.click('Cancel');
  });

  // Of `one`: the input has shown `two` to every extension, as its warning says.
  it('leaves the secret nowhere: no file, log, terminal, or what another extension sees', async () => {
    const secret =
      mcp.authorizations.find((each) => each.startsWith('Bearer patv_'))?.replace('Bearer ', '') ?? '';
    assert.ok(secret !== '');
    await assertNoTrace(session(), [secret]);
  });
});
