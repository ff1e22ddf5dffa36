import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '../../src/core/secret.ts';
import { openSandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { root } from '../host/folders.ts';
import { startPrism } from './prism.ts';

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
  const prism = await startPrism(
    'proxy',
    ...(violations === 'refuse' ? ['--errors'] : []),
    join(root, 'src/sandbox/openapi.yaml'),
    sandbox.origin,
  );
  return {
    address: prism.address,
    adminSecret: () => sandbox.adminSecret(),
    stop: async () => {
      await prism.stop();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
