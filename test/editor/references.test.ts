import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { PatVaultApi } from '../../src/api.d.ts';
import type { House } from '../../src/editor/house.ts';
import { until } from '../host/until.ts';
import { connectSandbox, create, house, signal } from './house.ts';

describe('references in files', () => {
  let h: House;
  let folder: string;

  before(async () => {
    h = await house();
    await connectSandbox(h);
    await create(h, 'referred-to');
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  });

  async function open(name: string, text: string): Promise<vscode.TextDocument> {
    const uri = vscode.Uri.file(join(folder, name));
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    return document;
  }

  const completions = async (document: vscode.TextDocument, at: number) => {
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      document.positionAt(at),
    );
    return items.filter(({ label }) => label === 'pat://sandbox/referred-to');
  };

  for (const [name, text] of [
    ['.vscode/tasks.json', '{ "tasks": [{ "env": { "TOKEN": "pat:/|" } }] }'],
    ['.vscode/launch.json', '{ "configurations": [{ "env": { "TOKEN": "|" } }] }'],
    ['.vscode/settings.json', '{ "patVault.environment": { "TOKEN": "pat|" } }'],
    ['.env', 'TOKEN=|\n'],
    ['.env.local', 'TOKEN="pat://sand|"\n'],
  ] as const) {
    it(`are completed in ${name}, in place of what is typed`, async () => {
      const at = text.indexOf('|');
      const document = await open(name, text.replace('|', ''));
      const [item] = await completions(document, at);
      assert.ok(item);
      const range = item.range instanceof vscode.Range ? item.range : item.range?.inserting;
      assert.ok(range);
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, range, 'pat://sandbox/referred-to');
      await vscode.workspace.applyEdit(edit);
      assert.match(document.getText(), /"?TOKEN"?[:=] ?"?pat:\/\/sandbox\/referred-to"?[ \n]/);
      await document.save();
    });
  }

  it('say what they stand for, and never the secret', async () => {
    const document = await open('.env', 'TOKEN=pat://sandbox/referred-to\n');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(12),
    );
    const text = hovers
      .flatMap(({ contents }) => contents.map((each) => (each as vscode.MarkdownString).value))
      .join('\n');
    assert.match(text, /referred-to/);
    assert.match(text, /Status:&nbsp;active/);
    assert.match(text, /secret&nbsp;store|secret store/);
    const entry = h.vault.find({ server: 'sandbox', alias: 'referred-to' });
    assert.ok(!text.includes((await h.vault.read(entry)).secret.reveal()));
  });

  it('are marked where they stand for nothing, each in its own words', async () => {
    const lines = [
      'pat://sandbox/nobody',
      'pat://nowhere/x',
      'pat://Sandbox/x',
      'pat://sandbox/referred-to',
      'pat://sandbox/over',
      'pat://sandbox/revoked-elsewhere',
    ];
    const { id } = await create(h, 'over');
    const { tokenId } = await create(h, 'revoked-elsewhere');
    await h.inventory.refresh('sandbox');
    const { server } = await h.connections.server('sandbox');
    const token = h.inventory.token('sandbox', tokenId);
    assert.ok(token);
    await server.revoke(token, signal);
    await h.inventory.refresh('sandbox');
    const entry = h.vault.entry(id);
    assert.ok(entry);
    await h.vault.put({ ...entry, expires: h.clock.now() - 1000 });
    const document = await open('.env.marked', lines.map((line, n) => `T${n}=${line}\n`).join(''));
    const found = await until('the marks', () => {
      const all = vscode.languages.getDiagnostics(document.uri);
      return all.length === 5 && all;
    });
    assert.deepEqual(
      found.map(({ message, range }) => `${range.start.line}: ${message}`),
      [
        '0: No stored token "nobody" on sandbox.',
        '1: No server named "nowhere" is configured.',
        '2: "pat://Sandbox/x" is not a reference of the form pat://server/alias.',
        '4: The token over is expired.',
        '5: The token revoked-elsewhere is revoked.',
      ],
    );
    assert.ok(found.every(({ source }) => source === 'PAT Vault'));
  });
});

describe('the exported API', () => {
  it('names shared tokens and no secret, and says when they change', async () => {
    const h = await house();
    const api = vscode.extensions.getExtension<PatVaultApi>('patvault.pat-vault')?.exports;
    assert.equal(api?.version, 1);
    const entry = await create(h, 'for-the-api');
    const named = () => api.sharedTokens().find(({ alias }) => alias === 'for-the-api');
    assert.equal(named(), undefined);
    let changes = 0;
    const listening = api.onDidChange(() => changes++);
    await h.vault.share(entry);
    listening.dispose();
    assert.ok(changes > 0);
    const { accountId, scopes, expires, ...token } = named() ?? assert.fail();
    assert.deepEqual(token, {
      reference: 'pat://sandbox/for-the-api',
      server: 'sandbox',
      alias: 'for-the-api',
    });
    assert.equal(accountId, entry.id);
    assert.ok(Array.isArray(scopes) && typeof expires === 'number');
    const secret = (await h.vault.read(entry)).secret.reveal();
    assert.ok(!JSON.stringify(api.sharedTokens()).includes(secret));
    const after = h.vault.entry(entry.id);
    assert.ok(after);
    await h.vault.unshare(after);
    assert.equal(named(), undefined);
  });
});
