import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../host/folders.ts';
import { freePort } from '../host/processes.ts';

/** Prism, which holds calls and answers to an OpenAPI file: a validator no one here wrote. */
export interface Prism {
  readonly address: URL;
  stop(): Promise<void>;
}

/** `prism mock …` answers by itself, `prism proxy …` passes on to a server. */
export async function startPrism(...args: readonly string[]): Promise<Prism> {
  const address = new URL(`http://127.0.0.1:${await freePort()}/`);
  const [mode = '', ...rest] = args;
  const prism = spawn(
    process.execPath,
    [
      join(root, 'node_modules/@stoplight/prism-cli/dist/index.js'),
      ...[mode, '--host', address.hostname, '--port', address.port, ...rest],
    ],
    { stdio: 'ignore' },
  );
  const kill = () => prism.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    if (kill()) await once(prism, 'exit');
  };
  try {
    await answering(address, () => prism.exitCode === null);
    return { address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answering(address: URL, isRunning: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 300 && isRunning(); attempt++) {
    try {
      await fetch(address, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      await pause(100);
    }
  }
  throw new Error('Prism does not start');
}
