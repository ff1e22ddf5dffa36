import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Files, SecretStore } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';

/** A SecretStorage that can fail, forget or delay, as real ones do (facts: no keyring, two tabs, orphaned hosts). */
export class FakeSecretStore implements SecretStore {
  readonly values = new Map<string, Secret>();
  /** What `store` does: keep; answer as if it had kept; throw; never answer. */
  behaviour: 'keeps' | 'forgets' | 'throws' | 'hangs' = 'keeps';
  delayMs = 0;

  async get(key: string): Promise<Secret | undefined> {
    await this.#wait();
    return this.values.get(key);
  }

  async store(key: string, value: Secret): Promise<void> {
    await this.#wait();
    if (this.behaviour === 'throws') throw new Error('the keyring is locked');
    if (this.behaviour === 'hangs') await new Promise(() => undefined);
    if (this.behaviour === 'keeps') this.values.set(key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#wait();
    this.values.delete(key);
  }

  async keys(): Promise<readonly string[]> {
    await this.#wait();
    return [...this.values.keys()];
  }

  async #wait(): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
  }
}

/** A SecretStorage in a folder, for tests that kill the process which uses it. */
export function fileSecretStore(path: string): SecretStore {
  const file = (key: string) => join(path, encodeURIComponent(key));
  return {
    get: async (key) => {
      const text = await readFile(file(key), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : new Secret(text);
    },
    store: async (key, value) => {
      await mkdir(path, { recursive: true });
      const temporary = join(path, `.${randomUUID()}`);
      await writeFile(temporary, value.reveal());
      await rename(temporary, file(key));
    },
    delete: async (key) => {
      await rm(file(key), { force: true });
    },
    keys: async () => (await readdir(path).catch(() => [])).map(decodeURIComponent),
  };
}

export function memoryFiles(): Files & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    read: (name) => Promise.resolve(texts.get(name)),
    write: (name, text) => Promise.resolve(void texts.set(name, text)),
    remove: (name) => Promise.resolve(void texts.delete(name)),
    list: () => Promise.resolve([...texts.keys()]),
  };
}

export class FakeClock implements Clock {
  at: number;

  constructor(at = Date.UTC(2026, 10, 24, 12)) {
    this.at = at;
  }

  now(): number {
    return this.at;
  }

  pass(milliseconds: number): void {
    this.at += milliseconds;
  }
}
