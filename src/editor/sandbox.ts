import type { Clock } from '../core/ports.ts';
import type { Sandbox } from '../sandbox/index.ts';

/** The embedded server: started with its first use, one a window group, stopped with the extension. */
export class SandboxHost {
  readonly #folder: string;
  readonly #clock: Clock;
  #running: Promise<Sandbox> | undefined;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  start(): Promise<Sandbox> {
    this.#running ??= this.#open();
    return this.#running;
  }

  /** The server that runs and has just proved itself: another program may have taken its port since the start. */
  async proven(): Promise<Sandbox> {
    const sandbox = await this.start();
    if (await sandbox.proves()) return sandbox;
    if ((await this.#running) === sandbox) this.#running = undefined;
    return this.start(); // the window that ran it has closed: its server moves here
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await (await running?.catch(() => undefined))?.close();
  }

  async #open(): Promise<Sandbox> {
    try {
      const { openSandbox } = await import('../sandbox/index.ts');
      return await openSandbox(this.#folder, this.#clock);
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }
}
