import * as vscode from 'vscode';
import { PatError } from '../core/errors.ts';
import { parseReference } from '../core/reference.ts';
import { type Entry, entryCondition } from '../vault/entry.ts';
import type { House } from './house.ts';
import { noticeOf } from './notices.ts';
import { connectionName, expiryWarningDays } from './settings.ts';
import { conditionWord, dates, plainText, secretWords } from './words.ts';

/** Where references are written: tasks, launch configurations and settings of VS Code, and files of variables. */
const FILES: vscode.DocumentSelector = [
  { scheme: 'file', language: 'jsonc', pattern: '**/.vscode/{tasks,launch,settings,mcp}.json' },
  { scheme: 'file', language: 'jsonc', pattern: '**/*.code-workspace' },
  { scheme: 'vscode-userdata', language: 'jsonc' },
  { scheme: 'file', language: 'dotenv' },
  { scheme: 'file', pattern: '**/.env*' },
];

/** As far as one goes, well formed or not. */
const WRITTEN = /pat:\/\/[\w./-]*/g;

/** Help with references where they are written: completion, what one stands for, and what is wrong with one. */
export function helpWithReferences(house: House): vscode.Disposable {
  const problems = vscode.languages.createDiagnosticCollection('pat-vault');
  const look = (document: vscode.TextDocument) => {
    if (vscode.languages.match(FILES, document) > 0) problems.set(document.uri, problemsIn(house, document));
  };
  const lookAtAll = () => {
    for (const document of vscode.workspace.textDocuments) look(document);
  };
  lookAtAll();
  return vscode.Disposable.from(
    problems,
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      look(document);
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      problems.delete(uri);
    }),
    new vscode.Disposable(house.vault.onDidChange(lookAtAll)),
    vscode.languages.registerCompletionItemProvider(
      FILES,
      { provideCompletionItems: (document, at) => completions(house, document, at) },
      ':',
      '/',
    ),
    vscode.languages.registerHoverProvider(FILES, {
      provideHover: (document, at) => hover(house, document, at),
    }),
  );
}

function problemsIn(house: House, document: vscode.TextDocument): vscode.Diagnostic[] {
  return [...document.getText().matchAll(WRITTEN)].flatMap((match) => {
    const range = new vscode.Range(
      document.positionAt(match.index),
      document.positionAt(match.index + match[0].length),
    );
    try {
      house.lending.lender.entryOf(match[0]);
      return [];
    } catch (error) {
      // One that was never here may be stored on another machine: no error of this file.
      const isAbsent = PatError.is(error, 'unknown-alias', 'unknown-server');
      const severity = isAbsent ? vscode.DiagnosticSeverity.Information : vscode.DiagnosticSeverity.Warning;
      const diagnostic = new vscode.Diagnostic(range, noticeOf(error).sentence, severity);
      diagnostic.source = 'PAT Vault';
      return [diagnostic];
    }
  });
}

function completions(
  house: House,
  document: vscode.TextDocument,
  at: vscode.Position,
): vscode.CompletionItem[] {
  const before = document.lineAt(at).text.slice(0, at.character);
  // From the beginning of the reference: the word of JSON includes its quote.
  const [begun = ''] = /p(?:a(?:t(?::(?:\/(?:\/[\w./-]*)?)?)?)?)?$/.exec(before) ?? [];
  const isValue = begun !== '' || /(?::\s*"|=\s*["']?)$/.test(before);
  if (!isValue) return [];
  const range = new vscode.Range(at.translate(0, -begun.length), at);
  return house.vault.entries().map((entry, index) => {
    const reference = house.vault.referenceOf(entry);
    const item = new vscode.CompletionItem(reference, vscode.CompletionItemKind.Reference);
    item.detail = nameOf(house, entry);
    item.range = range;
    item.filterText = reference;
    // Else the variables of VS Code come first where nothing is typed yet.
    item.sortText = `!${String(index).padStart(4, '0')}`;
    return item;
  });
}

async function hover(
  house: House,
  document: vscode.TextDocument,
  at: vscode.Position,
): Promise<vscode.Hover | undefined> {
  const range = document.getWordRangeAtPosition(at, WRITTEN);
  if (range === undefined) return undefined;
  try {
    const entry = house.vault.find(parseReference(document.getText(range)));
    return new vscode.Hover((await linesOf(house, entry)).map(plainText), range);
  } catch (error) {
    return new vscode.Hover(plainText(noticeOf(error).sentence), range);
  }
}

async function linesOf(house: House, entry: Entry): Promise<readonly string[]> {
  const expires =
    entry.expires === null
      ? []
      : [
          `${vscode.l10n.t('Expires')}: ${entry.expires === 'never' ? vscode.l10n.t('never') : dates.exact(entry.expires)}`,
        ];
  const grants = await house.grants.of(entry.id);
  return [
    nameOf(house, entry),
    `${vscode.l10n.t('Status')}: ${conditionWord(entryCondition(entry, house.clock.now(), expiryWarningDays()))}`,
    `${vscode.l10n.t('Secret')}: ${secretWords(entry, house.vault.presenceOf(entry))}`,
    ...expires,
    ...(entry.shared ? [vscode.l10n.t('Shared with extensions you allow, one by one')] : []),
    ...grants.map(({ shown, folder, decision }) =>
      decision === 'always'
        ? vscode.l10n.t('Allowed: {0} – in {1}', shown, folder)
        : vscode.l10n.t('Never allowed: {0} – in {1}', shown, folder),
    ),
  ];
}

const nameOf = (house: House, entry: Entry) => {
  const connection = house.connections.list().find(({ id }) => id === entry.serverId);
  const server = connection === undefined ? entry.serverId : connectionName(connection);
  return vscode.l10n.t('{0} on {1}', entry.tokenName ?? entry.alias, server);
};
