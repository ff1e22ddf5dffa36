import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { editorDir, manifestOf, root } from './folders.ts';
import { installOnce } from './install-once.ts';
import { run } from './processes.ts';

export interface Chromium {
  /** Absent: the Chrome installed on the machine. */
  readonly executable?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Unpacks the headless Chromium, its libraries and a font that @sparticuz/chromium carries; needs no root. */
export async function installChromium(): Promise<Chromium> {
  const own = process.env.PAT_VAULT_BROWSER;
  if (own !== undefined) return { executable: own, env: {} };
  // The package carries a binary for this platform only.
  if (process.platform !== 'linux' || process.arch !== 'x64') return { env: {} };
  const { version } = manifestOf(join(root, 'node_modules/@sparticuz/chromium'));
  const folder = join(editorDir, `chromium-${version}`);
  await installOnce(folder, unpack);
  return {
    executable: join(folder, 'chromium'),
    env: {
      // libnss3, libnspr4 and libexpat1 are missing on a bare Debian.
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }),
    },
  };
}

/** The package unpacks into the temporary folder, and its libraries only where it believes to be in AWS Lambda. */
async function unpack(folder: string): Promise<void> {
  const script = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();";
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
  });
}
