import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  LINE_LIMIT,
  NONCE_VARIABLE,
  type Question,
  SOCKET_VARIABLE,
  WINDOWS_VARIABLE,
} from '../../../src/cli/protocol.ts';
import { Secret } from '../../../src/core/secret.ts';
import { Broker, type Tokens, type Values } from '../../../src/editor/lending/broker.ts';
import { until } from '../../host/until.ts';

type Answered = Values | Tokens;
const PAT = join(import.meta.dirname, '../../../src/cli/pat.ts');
const VALUE = 'pat_0123456789';

/** Shows the argument list of a process, without `ps` where the kernel shows it by itself. */
const PARENT_LINE = process.platform === 'linux' ? 'f() { cat "/proc/$1/cmdline"; }; f ' : 'ps -o args= -p ';

/** Prints what it was given – backwards, since it would be masked – then ends as told. */
const program = (end: string) => [
  process.execPath,
  '-e',
  `const { PAT_SOCK, PAT_NONCE, ELECTRON_RUN_AS_NODE, KEPT } = process.env;
   const API_TOKEN = [...process.env.API_TOKEN].reverse().join('');
   console.log(JSON.stringify({ API_TOKEN, PAT_SOCK, PAT_NONCE, ELECTRON_RUN_AS_NODE, KEPT,
     line: require('node:child_process').execSync(${JSON.stringify(PARENT_LINE)} + process.ppid).toString() }));
   ${end}`,
];

const backwards = (text: string) => Array.from(text).reverse().join('');

async function pat(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
  cwd = process.cwd(),
) {
  const child = spawn(process.execPath, [PAT, ...args], {
    env: { PATH: process.env.PATH, KEPT: 'kept', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
  });
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, status };
}

const run = (command: readonly string[], environment: Readonly<Record<string, string>>) =>
  pat(['run', 'API_TOKEN=pat://company/ci', '--', ...command], environment);

describe('pat run', () => {
  const requests: Question[] = [];
  let answer: () => Promise<Readonly<Record<string, Secret>>>;
  let broker: Broker;
  let environment: Readonly<Record<string, string>>;

  beforeEach(async () => {
    requests.length = 0;
    answer = () => Promise.resolve({ API_TOKEN: new Secret(VALUE) });
    broker = new Broker({
      answer: async (question) => {
        requests.push(question);
        return { values: await answer() };
      },
      sentenceOf: (error) => (error instanceof Error ? error.message : ''),
    });
    environment = await broker.environment();
  });
  afterEach(async () => {
    await broker.close();
  });

  it('gives the program its value in the environment, and none of its own', async () => {
    const { out, err, status } = await run(program(''), { ...environment, ELECTRON_RUN_AS_NODE: '1' });
    assert.equal(err, '');
    assert.equal(status, 0);
    const { line, ...given } = JSON.parse(out) as { line: string };
    assert.deepEqual(given, { API_TOKEN: backwards(VALUE), KEPT: 'kept' });
    assert.ok(line.includes('pat://company/ci') && !line.includes(VALUE));
  });

  it('tells the editor what is to be run, where, and with which reference', async () => {
    await run(program(''), environment);
    assert.deepEqual(requests, [
      {
        ask: 'run',
        cwd: process.cwd(),
        command: program(''),
        variables: {},
        references: { API_TOKEN: 'pat://company/ci' },
      },
    ]);
  });

  it('tells it what a task sets for the program as well, which may make another program of it', async () => {
    await pat(['run', 'API_TOKEN=pat://company/ci', '--also', 'NODE_OPTIONS', '--', ...program('')], {
      ...environment,
      NODE_OPTIONS: '--no-warnings',
    });
    assert.partialDeepStrictEqual(requests, [{ variables: { NODE_OPTIONS: '--no-warnings' } }]);
  });

  it('asks anew at each run, so that a replaced secret arrives', async () => {
    await run(program(''), environment);
    answer = () => Promise.resolve({ API_TOKEN: new Secret('pat_replaced') });
    const { out } = await run(program(''), environment);
    assert.equal((JSON.parse(out) as { API_TOKEN: string }).API_TOKEN, backwards('pat_replaced'));
  });

  it('ends as the program ends', async () => {
    assert.equal((await run(program('process.exit(7)'), environment)).status, 7);
    assert.equal((await run(program('process.kill(process.pid, "SIGKILL")'), environment)).status, 137);
    const absent = await run(['no-such-program-here'], environment);
    assert.equal(absent.status, 127);
    assert.equal(absent.err, 'pat: no-such-program-here was not found.\n');
  });

  it('passes on the signal that would end it', async () => {
    const code =
      'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1e6); console.log("ready")';
    const command = [process.execPath, '-e', code];
    const child = spawn(process.execPath, [PAT, 'run', 'API_TOKEN=pat://company/ci', '--', ...command], {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 5);
  });

  it('does not start the program when the editor refuses, and says its sentence', async () => {
    answer = () => Promise.reject(new Error('The use of the token was not allowed.'));
    const { out, err, status } = await run(program(''), environment);
    assert.deepEqual(
      { out, err, status },
      { out: '', err: 'pat: The use of the token was not allowed.\n', status: 1 },
    );
  });

  it('says what is wrong with its arguments', async () => {
    for (const args of [[], ['run'], ['run', '--'], ['run', 'API TOKEN=pat://a/b', '--', 'true'], ['show']]) {
      const { err, status } = await pat(args, environment);
      assert.ok(err.startsWith('pat: usage: pat run'), err);
      assert.equal(status, 1);
    }
    const { err } = await pat(['run', 'A=pat://Work/ci', '--', 'true'], environment);
    assert.equal(err, 'pat: A is not given a reference of the form pat://server/alias.\n');
  });

  it('says that there is no editor, or that it has closed', async () => {
    assert.match((await run(program(''), {})).err, /no editor with PAT Vault answers here/);
    await broker.close();
    const { err, status } = await run(program(''), environment);
    assert.equal(err, 'pat: the editor that started this has closed.\n');
    assert.equal(status, 1);
  });

  it('needs no editor when it is given no reference', async () => {
    assert.equal((await pat(['run', '--', 'true'], {})).status, 0);
  });
});

describe('pat', () => {
  const questions: Question[] = [];
  let reply: Answered = { values: {} };
  const broker = new Broker({
    answer: (question) => {
      questions.push(question);
      return Promise.resolve(reply);
    },
    sentenceOf: String,
  });
  let environment: Readonly<Record<string, string>>;
  before(async () => (environment = await broker.environment()));
  beforeEach(() => (questions.length = 0));
  after(() => broker.close());

  it('masks the token in output that is no terminal, however it is written and cut', async () => {
    reply = { values: { API_TOKEN: new Secret(VALUE) } };
    const code = `const t = process.env.API_TOKEN; const { stdout, stderr } = process;
      stderr.write('curl -H "Authorization: Basic ' + Buffer.from('user:' + t).toString('base64') + '"');
      stdout.write('<' + t.slice(0, 5));
      setTimeout(() => stdout.write(t.slice(5) + '|' + encodeURIComponent(t) + '|' + Buffer.from(t).toString('hex') + '>'), 50)`;
    const { out, err } = await run([process.execPath, '-e', code], environment);
    assert.equal(out, '<•••|•••|•••>');
    assert.ok(err.includes('•••') && !err.includes(Buffer.from(VALUE).toString('base64').slice(4, -4)), err);
  });

  it('reads references from a file of variables, and passes the others on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pat-env-'));
    writeFileSync(join(folder, '.env'), 'API_TOKEN=pat://company/ci\nKEPT="from file"\n');
    reply = { values: { API_TOKEN: new Secret(VALUE) } };
    const { out } = await pat(['run', '--env-file', join(folder, '.env'), '--', ...program('')], environment);
    assert.partialDeepStrictEqual(JSON.parse(out), { API_TOKEN: backwards(VALUE), KEPT: 'from file' });
    assert.partialDeepStrictEqual(questions, [
      { ask: 'run', references: { API_TOKEN: 'pat://company/ci' }, variables: { KEPT: 'from file' } },
    ]);
    rmSync(folder, { recursive: true });
  });

  it('gets one token, and lists all by reference', async () => {
    reply = { values: { secret: new Secret(VALUE) } };
    assert.equal((await pat(['get', 'pat://company/ci'], environment)).out, `${VALUE}\n`);
    assert.equal((await pat(['npm-token-helper', 'pat://company/ci'], environment)).out, `${VALUE}\n`);
    const asked = { ask: 'get', cwd: process.cwd(), reference: 'pat://company/ci' };
    assert.deepEqual(questions, [
      { ...asked, for: 'anybody' },
      { ...asked, for: 'npm' },
    ]);
    const ci = { reference: 'pat://company/ci', status: 'active', expires: 'never' };
    reply = { tokens: [ci, { ...ci, expires: null }] };
    assert.equal(
      (await pat(['list'], environment)).out,
      'pat://company/ci\tactive\tnever expires\npat://company/ci\tactive\t\n',
    );
  });

  it('answers git, and has nothing to say where it knows no token', async () => {
    reply = { values: { username: new Secret('oauth2'), password: new Secret(VALUE) } };
    const asked = 'protocol=https\nhost=git.example.com\npath=team/app.git\n\n';
    const { out } = await pat(['git-credential', 'get'], environment, asked);
    assert.equal(out, `username=oauth2\npassword=${VALUE}\n`);
    assert.partialDeepStrictEqual(questions, [
      { ask: 'git', protocol: 'https', host: 'git.example.com', path: 'team/app.git' },
    ]);
    reply = { values: {} };
    assert.equal((await pat(['git-credential', 'get'], environment, asked)).out, '');
    for (const verb of ['store', 'erase'])
      assert.deepEqual(await pat(['git-credential', verb], environment, asked), {
        out: '',
        err: '',
        status: 0,
      });
  });

  it('finds the window whose workspace holds its folder, and asks when several might be meant', async () => {
    const windows = mkdtempSync(join(tmpdir(), 'pat-windows-'));
    const { [SOCKET_VARIABLE]: socket = '', [NONCE_VARIABLE]: nonce = '' } = environment;
    const write = (name: string, window: object) => {
      writeFileSync(
        join(windows, name),
        JSON.stringify({ version: 1, pid: 1, socket, nonce, folders: [], ...window }),
      );
    };
    reply = { tokens: [] };
    const list = (cwd = tmpdir()) => pat(['list'], { [WINDOWS_VARIABLE]: windows }, '', cwd);
    write('gone.json', { socket: join(windows, 'nobody') });
    write('broken.json', { version: 7 });
    assert.match((await list()).err, /no editor with PAT Vault answers here/);
    write('one.json', { folders: ['/somewhere'] });
    assert.equal((await list()).status, 0);
    write('two.json', { folders: ['/elsewhere'], nonce: 'another' });
    assert.match((await list()).err, /several editors are open \(\/somewhere; \/elsewhere\)/);
    write('one.json', { folders: [realpathSync(windows)] });
    assert.equal((await list(windows)).status, 0);
    chmodSync(windows, 0o755);
    assert.match((await list(windows)).err, /no editor with PAT Vault answers here/);
    rmSync(windows, { recursive: true });
  });
});

describe('the private socket', () => {
  const broker = () =>
    new Broker({
      answer: () => Promise.resolve({ values: { API_TOKEN: new Secret(VALUE) } }),
      sentenceOf: String,
    });

  it('lies in a folder of the user alone, at a path that every system takes', async () => {
    const one = broker();
    const { [SOCKET_VARIABLE]: path = '' } = await one.environment();
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.ok(path.length <= 100);
    await one.close();
    assert.equal(existsSync(dirname(path)), false);
  });

  it('is swept away by the next window when its own was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pat-socket-'));
    const server = `require('node:net').createServer().listen(${JSON.stringify(join(folder, 's'))},
      () => process.kill(process.pid, 'SIGKILL'))`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', server]).once('close', resolve));
    assert.ok(existsSync(join(folder, 's')));
    const [living, next] = [broker(), broker()];
    const environment = await living.environment();
    await next.environment();
    await until('the folder to be swept', () => !existsSync(folder));
    assert.equal((await run(['true'], environment)).status, 0);
    await Promise.all([living.close(), next.close()]);
  });

  it('is not used by pat when others can enter its folder', async () => {
    const one = broker();
    const environment = await one.environment();
    chmodSync(dirname(environment[SOCKET_VARIABLE] ?? ''), 0o755);
    const { err } = await run(['true'], environment);
    assert.equal(err, 'pat: the socket of the editor is not private; nothing was asked.\n');
    await one.close();
  });

  it('is told nothing but a challenge when another program listens there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pat-vault-impostor-'));
    let heard = '';
    const impostor = createServer((socket) => {
      socket.on('data', (data) => {
        heard += data.toString();
        socket.write('{"proof":"guessed","challenge":"0123456789abcdef"}\n');
      });
      socket.on('error', () => undefined);
    }).listen(join(folder, 's'));
    const { err, out } = await run(program(''), {
      [SOCKET_VARIABLE]: join(folder, 's'),
      [NONCE_VARIABLE]: 'n',
    });
    assert.equal(err, 'pat: another program answers in place of the editor; nothing was asked.\n');
    assert.equal(out, '');
    assert.deepEqual(Object.keys(JSON.parse(heard) as object), ['version', 'challenge']);
    impostor.close();
    rmSync(folder, { recursive: true });
  });

  it('answers nobody without the nonce', async () => {
    const one = broker();
    const environment = await one.environment();
    const { err, out } = await run(program(''), { ...environment, [NONCE_VARIABLE]: 'guessed' });
    assert.equal(err, 'pat: another program answers in place of the editor; nothing was asked.\n');
    assert.equal(out, '');
    await one.close();
  });

  it('cuts off who does not keep to the protocol, and goes on serving the others', async () => {
    const one = broker();
    const environment = await one.environment();
    const path = environment[SOCKET_VARIABLE] ?? '';
    const hello = '{"version":1,"challenge":"0123456789abcdef"}\n';
    const request =
      '{"proof":"x","cwd":"/","command":["true"],"references":{"API_TOKEN":"pat://company/ci"}}\n';
    for (const said of ['garbage\n', '{}\n', `${hello}${request}`, `${hello}${'x'.repeat(LINE_LIMIT + 1)}`]) {
      const socket = connect(path);
      socket.on('error', () => undefined);
      socket.write(said);
      assert.ok(!(await text(socket).catch(() => '')).includes(VALUE));
    }
    assert.equal((await run(['true'], environment)).status, 0);
    await one.close();
  });
});
