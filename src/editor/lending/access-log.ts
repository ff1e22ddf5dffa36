import * as vscode from 'vscode';
import type { Access, AccessRecord } from '../../vault/access.ts';
import { dates } from '../words.ts';
import { commandLine } from './consent.ts';

const SCHEME = 'pat-vault-log';

/** The record of every hand-out and refusal, newest first, to read. A reloaded window can open it again. */
export class AccessLog implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;

  constructor(record: AccessRecord) {
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.#changed.event,
      provideTextDocumentContent: async () => {
        const rows = [...(await record.all())].reverse().map(rowOf);
        const head = vscode.l10n.t('Who was lent which token, newest first. No secret stands here.');
        return [head, '', ...table(rows), ''].join('\n');
      },
    });
  }

  async show(): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${vscode.l10n.t('Access Log')}` });
    this.#changed.fire(uri); // it may be open already
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

/** On one line, whatever a folder is called. */
const rowOf = ({ at, consumer, what, folder, reference, outcome }: Access) => [
  dates.exact(at),
  outcome,
  reference,
  [consumer, what].filter((part) => part !== '').join(' '),
  folder === '' ? '' : commandLine([folder]),
];

/** Columns below each other; one that is far wider than usual does not push the others away. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, Math.min(cell.length, 48))),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
