// `npm run demo`: the main job in a real editor without a screen; one line and one picture a step, into demo/.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { root } from './folders.ts';

const folder = join(root, 'demo');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);

/** Prints each step once it has ended and its picture was taken. */
class Steps extends Mocha.reporters.Base {
  #count = 0;
  #title: string | undefined;

  constructor(runner: Mocha.Runner) {
    super(runner);
    runner.on('test', () => {
      this.#print();
      this.#count++;
      process.env.PAT_VAULT_PICTURE = join(root, this.#picture());
    });
    runner.on('pass', ({ title }) => {
      this.#title = title;
    });
    runner.on('fail', ({ title }, error: unknown) => {
      console.log(`failed: ${title}: ${error instanceof Error ? error.message : String(error)}`);
    });
    runner.on('end', () => {
      this.#print();
    });
  }

  #print(): void {
    if (this.#title === undefined) return;
    const picture = existsSync(join(root, this.#picture())) ? this.#picture() : 'no picture ';
    console.log(`${picture}  ${this.#title}`);
    this.#title = undefined;
  }

  #picture(): string {
    return `demo/${String(this.#count).padStart(2, '0')}.png`;
  }
}

const mocha = new Mocha({ bail: true, timeout: 180_000, reporter: Steps });
mocha.addFile(join(root, 'test/ui/main.test.ts'));
await mocha.loadFilesAsync();
mocha.run((failures) => {
  process.exitCode = failures === 0 ? 0 : 1;
});
