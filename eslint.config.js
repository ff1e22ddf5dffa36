import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Import borders (docs/architecture.md): `rooms` may not be imported from the files named. */
const border = (files, rooms, why) => ({
  files: files.map((room) => `src/${room}/**/*.ts`),
  rules: {
    'no-restricted-imports': ['error', { patterns: rooms.map((room) => ({ regex: room, message: why })) }],
  },
});
const vscode = '^vscode$';
const room = (name) => `/${name}/`;

export default defineConfig(
  { ignores: ['dist/', 'out/', 'demo/', 'coverage/', '.vscode-test/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', fetch: 'readonly' },
    },
  },
  { files: ['test/**/*.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  border(
    ['core'],
    [vscode, room('(servers|sandbox|vault|editor|webview|cli)')],
    'core imports nothing but core',
  ),
  border(['servers'], [vscode, room('(sandbox|vault|editor|webview|cli)')], 'servers import core only'),
  border(['sandbox'], [vscode, room('(servers|vault|editor|webview|cli)')], 'the sandbox imports core only'),
  border(['vault'], [vscode, room('(servers|sandbox|editor|webview|cli)')], 'the vault imports core only'),
  border(['cli'], [vscode, room('(servers|sandbox|vault|editor|webview)')], 'pat imports core only'),
  border(
    ['webview'],
    [vscode, room('(servers|sandbox|vault|cli)')],
    'pages import core and editor message types only',
  ),
);
