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
        const lines = [...(await record.all())].reverse().map(lineOf);
        const head = vscode.l10n.t('Who was lent which token, newest first. No secret stands here.');
        return [head, '', ...lines, ''].join('\n');
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
const lineOf = ({ at, consumer, what, folder, reference, outcome }: Access) =>
  [
    dates.exact(at),
    outcome,
    reference,
    [consumer, what].filter((part) => part !== '').join(' '),
    folder === '' ? '' : commandLine([folder]),
  ].join('  ');
