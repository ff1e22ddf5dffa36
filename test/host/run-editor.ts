// `npm run test:editor`: the tests of test/editor inside a true extension host.
import { join } from 'node:path';
import { root } from './folders.ts';
import { runInEditor } from './in-editor.ts';

const { passed, failed } = await runInEditor(join(root, 'out/test/editor/index.mjs'));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
