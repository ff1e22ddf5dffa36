// `pat`: stored tokens by reference for programs and scripts. The values come over the editor's private socket, after
// the person there has agreed; none is in an argument list, a task or a file.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs, parseEnv } from 'node:util';
import { parseReference, REFERENCE_PREFIX } from '../core/reference.ts';
import { askEditor, valuesFor } from './ask.ts';
import { LAUNCH_VARIABLE } from './protocol.ts';
import { Refusal } from './refusal.ts';
import { run } from './run.ts';

const USAGE = `usage: pat run [--env NAME=pat://server/alias]… [--env-file FILE] [--mask] -- program arguments…
       pat get pat://server/alias
       pat list
       pat git-credential get
       pat npm-token-helper pat://server/alias`;

async function main([verb, ...rest]: readonly string[]): Promise<number> {
  const cwd = process.cwd();
  switch (verb) {
    case 'run':
      return runWith(cwd, rest);
    case 'get':
    case 'npm-token-helper': {
      const [reference = '', ...more] = rest;
      if (more.length > 0) throw new Refusal(USAGE);
      const question = {
        ask: 'get',
        cwd,
        reference: checked('get', reference),
        for: verb === 'get' ? 'anybody' : 'npm',
      } as const;
      const { secret = '' } = await valuesFor(question, process.env);
      process.stdout.write(`${secret}\n`);
      return 0;
    }
    case 'list': {
      const answer = await askEditor({ ask: 'list', cwd }, process.env);
      const tokens = 'tokens' in answer ? answer.tokens : [];
      for (const { reference, status, expires } of tokens)
        process.stdout.write(
          `${reference}\t${status}\t${expires === 'never' ? 'never expires' : (expires ?? '')}\n`,
        );
      return 0;
    }
    case 'git-credential':
      return rest[0] === 'get' ? gitCredential(cwd) : 0; // store and erase: git's answer is not what we keep
    case 'help':
    case '--help':
      process.stdout.write(`${USAGE}\n`);
      return 0;
    default:
      throw new Refusal(USAGE);
  }
}

async function runWith(cwd: string, args: readonly string[]): Promise<number> {
  const end = args.indexOf('--');
  const command = args.slice(end + 1);
  if (end < 0 || command.length === 0) throw new Refusal(USAGE);
  const { values: options, positionals } = parsed(args.slice(0, end));
  const file = options['env-file'] === undefined ? {} : envFile(options['env-file']);
  // What a debug adapter starts: its configuration put references into our own environment.
  const own = options['resolve-env'] === true ? process.env : {};
  const fromDebugger = own.PAT_NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS: own.PAT_NODE_OPTIONS };
  const isReference = ([, value = '']: [string, string | undefined]) => value.startsWith(REFERENCE_PREFIX);
  const references: Record<string, string> = {};
  for (const [name, reference = ''] of [...Object.entries(own), ...Object.entries(file)].filter(isReference))
    references[name] = checked(name, reference);
  for (const each of [...positionals, ...(options.env ?? [])]) {
    const [name, reference] = assignment(each);
    references[name] = reference;
  }
  const plain = Object.fromEntries(
    Object.entries(file).flatMap(([name, value = '']) => (isReference([name, value]) ? [] : [[name, value]])),
  );
  // Set already by the task that starts us, and part of what is asked about.
  const also = Object.fromEntries((options.also ?? []).map((name) => [name, process.env[name] ?? '']));
  const variables = { ...also, ...plain };
  const values =
    Object.keys(references).length === 0
      ? {}
      : await valuesFor(
          { ask: 'run', ...{ cwd, command, variables, references }, launch: own[LAUNCH_VARIABLE] },
          process.env,
        );
  return run({
    command,
    environment: { ...plain, ...fromDebugger, ...values },
    secrets: Object.values(values),
    mask: options.mask === true,
    keepsEditor: options.shell === true,
  });
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        env: { type: 'string', multiple: true },
        'env-file': { type: 'string' },
        mask: { type: 'boolean' },
        also: { type: 'string', multiple: true },
        'resolve-env': { type: 'boolean' },
        shell: { type: 'boolean' },
      },
    });
  } catch {
    throw new Refusal(USAGE);
  }
}

function envFile(path: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    throw new Refusal(`${path} cannot be read.`);
  }
}

function assignment(text: string): [name: string, reference: string] {
  const [, name, reference] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || reference === undefined) throw new Refusal(USAGE);
  return [name, checked(name, reference)];
}

function checked(name: string, reference: string): string {
  try {
    parseReference(reference);
  } catch {
    throw new Refusal(`${name} is not given a reference of the form pat://server/alias.`);
  }
  return reference;
}

/** git's protocol for helpers: lines of `key=value`; no answer sends git on to the next helper. */
async function gitCredential(cwd: string): Promise<number> {
  const lines = (await text(process.stdin)).split('\n').filter((line) => line.includes('='));
  const asked = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  const { protocol = '', host = '', path = '' } = asked;
  const { username, password } = await valuesFor({ ask: 'git', cwd, protocol, host, path }, process.env);
  if (username !== undefined && password !== undefined)
    process.stdout.write(`username=${username}\npassword=${password}\n`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`pat: ${error instanceof Refusal ? error.message : 'failed unexpectedly.'}\n`);
  process.exitCode = 1;
  // A terminal of ours would be gone before anybody has read that.
  if (process.argv[3] === '--shell' && process.stdin.isTTY) {
    process.stderr.write('Press Enter to close this terminal.\n');
    await once(process.stdin, 'data');
    process.exit(0);
  }
}
