import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { NONCE_VARIABLE, SOCKET_VARIABLE } from './protocol.ts';

/** Of this process's own environment, what is not the program's business. */
const OURS = [SOCKET_VARIABLE, NONCE_VARIABLE, 'ELECTRON_RUN_AS_NODE'];

/**
 * Runs a program with `values` in its environment, on this process's own terminal.
 * @returns its exit status, as a shell would have it: 127 not found, 126 not to be run, 128 + n ended by signal n
 */
export function run(command: readonly string[], values: Readonly<Record<string, string>>): Promise<number> {
  const [program = '', ...args] = command;
  const inherited = Object.entries(process.env).filter(([name]) => !OURS.includes(name));
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: { ...Object.fromEntries(inherited), ...values },
    });
    const forward = (signal: NodeJS.Signals) => {
      // A terminal sends Ctrl+C to the whole group: the program has had it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
    child.once('error', (error) => {
      const absent = 'code' in error && error.code === 'ENOENT';
      process.stderr.write(`pat: ${program} ${absent ? 'was not found' : 'cannot be run'}.\n`);
      resolve(absent ? 127 : 126);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
