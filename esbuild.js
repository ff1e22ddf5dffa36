// Builds dist/ (the extension, its pages and `pat`), and with --tests also out/test/editor.
import { build } from 'esbuild';
import { cp, rm } from 'node:fs/promises';

const production = process.argv.includes('--production');
const tests = process.argv.includes('--tests');

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  target: 'node22',
  platform: 'node',
  // The one for Node brings fs and https along, for ways of loading texts that are not used here.
  alias: { '@vscode/l10n': '@vscode/l10n/dist/browser.js' },
};

await rm('dist', { recursive: true, force: true });
await Promise.all([
  // Split into chunks, so that what activation does not need is loaded with its first use.
  build({
    ...common,
    entryPoints: { extension: 'src/extension.ts' },
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    chunkNames: 'lib/[name]-[hash]',
    external: ['vscode'],
  }),
  // One file of its own: `pat` is started beside the editor, once for each task.
  build({
    ...common,
    entryPoints: { pat: 'src/cli/pat.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: { form: 'src/webview/form.ts', token: 'src/webview/token.ts' },
    outdir: 'dist/webview',
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    minify: true,
  }),
]);
await cp('media/webview.css', 'dist/webview/webview.css');

if (tests) {
  await rm('out', { recursive: true, force: true });
  await Promise.all([
    build({
      ...common,
      sourcemap: 'inline',
      entryPoints: ['test/editor/index.ts', 'test/editor/*.test.ts', 'test/bench/many-tokens.ts'],
      outdir: 'out/test',
      outbase: 'test',
      splitting: true,
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      external: ['vscode', 'mocha'],
    }),
  ]);
}
