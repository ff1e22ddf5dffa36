// `npm run package`: the VSIX, and a look at what it carries.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { manifestOf, root } from './folders.ts';
import { run } from './processes.ts';

const LIMIT = 400_000;
/** The one source file other extensions' authors need, and the README leads them to. */
const API = 'src/api.d.ts';

await run(process.execPath, ['esbuild.js', '--production'], { cwd: root });
const { name, version } = manifestOf(root);
const packagePath = join(root, `${name}-${version}.vsix`);
await createVSIX({
  ...{ cwd: root, packagePath, dependencies: false },
  // There is no public repository yet that links in the README could lead to.
  ...{ allowMissingRepository: true, rewriteRelativeLinks: false },
});

const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
const unwanted = files.filter(
  (file) => file !== API && /\.map$|\.tsx?$|^(src|test|out|docs|node_modules)\//.test(file),
);
const { size } = statSync(packagePath);
for (const file of files) console.log(file);
console.log(`${packagePath}: ${files.length} files, ${Math.round(size / 1000)} kB`);
for (const file of unwanted) console.error(`${file} has no place in the package`);
if (size > LIMIT) console.error(`The package is larger than ${LIMIT / 1000} kB`);
process.exitCode = unwanted.length > 0 || size > LIMIT ? 1 : 0;
