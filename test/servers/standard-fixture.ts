import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Secret } from '../../src/core/secret.ts';
import { openSandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { root } from '../host/folders.ts';
import { freePort } from '../host/processes.ts';

export interface ObservedSandbox {
  /** Prism's. */
  readonly address: URL;
  adminSecret(): Promise<Secret>;
  stop(): Promise<void>;
}

/**
 * The sandbox with data of its own, behind Prism as a proxy. Prism fails every call and every answer that
 * openapi.yaml does not describe (`refuse`), or passes all on and notes what is wrong in `sl-violations` (`note`).
 */
export async function startObservedSandbox(
  violations: 'refuse' | 'note' = 'refuse',
  options: SandboxOptions = {},
): Promise<ObservedSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const sandbox = await openSandbox(folder, { now: Date.now }, { port: 0, ...options });
  const address = new URL(`http://127.0.0.1:${await freePort()}/`);
  const prism = spawn(
    process.execPath,
    [
      join(root, 'node_modules/@stoplight/prism-cli/dist/index.js'),
      ...[
        'proxy',
        ...(violations === 'refuse' ? ['--errors'] : []),
        '--host',
        address.hostname,
        '--port',
        address.port,
      ],
      ...[join(root, 'src/sandbox/openapi.yaml'), sandbox.origin],
    ],
    { stdio: 'ignore' },
  );
  const kill = () => prism.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    if (kill()) await once(prism, 'exit');
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(address, () => prism.exitCode === null);
    return { address, adminSecret: () => sandbox.adminSecret(), stop };
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
