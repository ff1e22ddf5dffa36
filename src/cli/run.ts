import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { StreamMask } from '../core/mask.ts';
import { LAUNCH_VARIABLE, NONCE_VARIABLE, SOCKET_VARIABLE, WINDOWS_VARIABLE } from './protocol.ts';

/** Of this process's own environment, what is not the program's business. */
const OURS = [SOCKET_VARIABLE, NONCE_VARIABLE, WINDOWS_VARIABLE, LAUNCH_VARIABLE, 'ELECTRON_RUN_AS_NODE'];

export interface Run {
  readonly command: readonly string[];
  /** Further variables of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What must not be read in its output. */
  readonly secrets: readonly string[];
  /** Masks the output also where it is a terminal, which the program then does not see. */
  readonly mask: boolean;
  /** A shell of ours in which `pat` is to work: it keeps what leads to the editor. */
  readonly keepsEditor: boolean;
}

/**
 * Runs a program on this process's own terminal; where its output is none, the secrets are masked in it.
 * @returns its exit status, as a shell would have it: 127 not found, 126 not to be run, 128 + n ended by signal n
 */
export function run({ command, environment, secrets, mask, keepsEditor }: Run): Promise<number> {
  const [program = '', ...args] = command;
  const inherited = Object.entries(process.env).filter(
    ([name]) => name === 'ELECTRON_RUN_AS_NODE' || keepsEditor || !OURS.includes(name),
  );
  const kept = Object.fromEntries(inherited);
  delete kept.ELECTRON_RUN_AS_NODE;
  const masks = ({ isTTY }: { isTTY?: boolean }) => secrets.length > 0 && (mask || isTTY !== true);
  const way = (stream: Writable & { isTTY?: boolean }) => (masks(stream) ? 'pipe' : 'inherit');
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['inherit', way(process.stdout), way(process.stderr)],
      env: { ...kept, ...environment },
    });
    pass(child.stdout, process.stdout, secrets);
    pass(child.stderr, process.stderr, secrets);
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
    // Not `exit`: what it wrote last may still be on its way.
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function pass(from: Readable | null, to: Writable, secrets: readonly string[]): void {
  const mask = new StreamMask(secrets);
  from?.on('data', (piece: Buffer) => {
    // Whoever reads slowly slows the program down, as without us.
    if (to.write(mask.push(piece))) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  from?.once('end', () => to.write(mask.end()));
}
