import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { initialDraft } from '../../src/core/form.ts';
import type { House } from '../../src/editor/house.ts';
import type { TokenNode } from '../../src/editor/nodes.ts';
import { openVault } from '../../src/editor/vault.ts';
import { secretStore } from '../../src/editor/secret-store.ts';
import { secretKey } from '../../src/vault/entry.ts';
import { revokeToken, settle, settleWith } from '../../src/vault/lifecycle.ts';
import { until } from '../host/until.ts';
import { because, connectSandbox, create, house, signal, whoami } from './house.ts';

describe('a token in the true editor', () => {
  let h: House;

  before(async () => {
    h = await house();
    await connectSandbox(h);
  });

  it('is listed with its server after the sandbox has started and signed itself in', () => {
    const listing = h.inventory.of('sandbox');
    assert.equal(listing.state, 'loaded', String(listing.error));
    assert.equal(listing.caller?.abilities.listAll.by, 'api');
  });

  it('lives: created, stored once, used, shown as here, revoked, refused', async () => {
    const entry = await create(h, 'whole-life');
    const { secret } = await h.vault.read(entry);
    assert.equal(await whoami(h, secret.reveal()), 200);
    await h.inventory.refresh('sandbox');

    const tree = h.tree;
    const node: TokenNode = { type: 'token', serverId: 'sandbox', tokenId: entry.tokenId };
    const row = tree.getTreeItem(node);
    assert.equal(row.label, 'whole-life');
    assert.match(row.contextValue ?? '', /^token live changeable stored here unshared$/);
    assert.match(String(row.description), /here · expires in 14 days/);
    const { tooltip } = tree.resolveTreeItem(row, node);
    assert.match(
      typeof tooltip === 'string' ? tooltip : '',
      /^Name: whole-life\n[^]*\nSecret: In VS Code's secret store since /,
    );
    assert.ok(!JSON.stringify(row).includes(secret.reveal()));

    const { server } = await h.connections.server('sandbox');
    const token = h.inventory.token('sandbox', entry.tokenId);
    assert.ok(token);
    await revokeToken(h.desk, 'sandbox', token, entry, () => server.revoke(token, signal));
    assert.equal(await whoami(h, secret.reveal()), 401);
    assert.equal(await h.context.secrets.get(secretKey(entry.id)), undefined);
    await h.inventory.refresh('sandbox');
    assert.match(tree.getTreeItem(node).contextValue ?? '', /^token over$/);
  });

  it('is refused a name that is taken, and nothing is left in the journal', async () => {
    await create(h, 'twice');
    await assert.rejects(create(h, 'twice'), because('name-taken'));
    assert.deepEqual(await h.desk.journal.all(), []);
  });

  it('is shown as missing when its secret has vanished from SecretStorage', async () => {
    const entry = await create(h, 'vanishing');
    await h.context.secrets.delete(secretKey(entry.id));
    await h.vault.look();
    assert.equal(h.vault.presenceOf(entry), 'missing');
    await assert.rejects(h.vault.read(entry), because('secret-missing'));
  });

  it('is found again when the editor died between the server’s answer and the store', async () => {
    const { connection, server, address } = await h.connections.server('sandbox');
    const draft = { ...initialDraft(await server.form(signal), h.clock.now()), name: 'orphan' };
    await h.desk.journal.put({
      version: 1,
      operation: 'create',
      id: randomUUID(),
      pid: 0,
      serverId: connection.id,
      startedAt: h.clock.now(),
      origin: address.origin,
      entryId: randomUUID(),
      alias: 'orphan',
      replaces: null,
      name: 'orphan',
      idsBefore: null,
      minted: null,
    });
    const { token } = await server.create(draft, () => Promise.resolve(undefined), signal);

    const needServer = await settle(h.desk, h.clock.now());
    assert.equal(needServer.length, 1);
    for (const attempt of needServer) await settleWith(h.desk, attempt, [token]);
    await h.vault.look();
    const entry = h.vault.entryOf('sandbox', token);
    assert.ok(entry);
    assert.equal(h.vault.presenceOf(entry), 'missing');
    assert.deepEqual(await h.desk.journal.all(), []);
  });

  it('is known to a second window, which loses nothing of the first one’s ledger', async () => {
    const other = await openVault(
      h.context.globalStorageUri.fsPath,
      secretStore(h.context.secrets),
      h.clock,
      h.log,
    );
    const here = Array.from({ length: 10 }, (_, n) => create(h, `window-${n}`));
    const entries = await Promise.all(here);
    await other.vault.reload();
    await Promise.all(entries.slice(0, 5).map((entry) => other.vault.share(entry)));
    await h.vault.reload();
    for (const [n, entry] of entries.entries()) assert.equal(h.vault.entry(entry.id)?.shared, n < 5);
    other.watching.dispose();
  });

  it('leaves the secret in none of the files under global storage', async () => {
    const entry = await create(h, 'no-trace');
    const secret = (await h.vault.read(entry)).secret.reveal();
    const root = h.context.globalStorageUri.fsPath;
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    for (const name of names.filter((each) => each.isFile())) {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.file(join(name.parentPath, name.name)));
      assert.ok(!Buffer.from(bytes).includes(secret), name.name);
    }
  });
});

describe('refreshing', () => {
  it('runs once for many who ask at once, and once more for those who ask meanwhile', async () => {
    const h = await house();
    let loads = 0;
    const watching = h.inventory.onDidChange((id) => {
      if (id === 'sandbox' && h.inventory.of('sandbox').state === 'loaded') loads++;
    });
    await Promise.all(Array.from({ length: 20 }, () => h.inventory.refresh('sandbox')));
    watching.dispose();
    assert.equal(loads, 2);
  });
});

describe('looking for tokens in a list that was not loaded to its end', () => {
  it('asks the server for those only, and for the rest when the filter is gone', async () => {
    const h = await house();
    const name = 'looked-for';
    await create(h, name);
    const names = () => h.inventory.of('sandbox').tokens.map((token) => token.name);
    const settled = () => until('the list to be loaded', () => h.inventory.of('sandbox').state === 'loaded');

    const watching = h.inventory.onDidChange(() => {
      h.inventory.cancel();
    });
    await h.inventory.refresh('sandbox');
    watching.dispose();
    assert.equal(h.inventory.of('sandbox').state, 'failed');
    await h.arranging.change({ conditions: ['revoked'] });
    await settled();
    assert.ok(!names().includes(name));
    assert.ok(names().includes('whole-life'));

    await h.arranging.clearFilter();
    await settled();
    assert.ok(names().includes(name));
  });
});

describe('commands', () => {
  it('are all registered', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const { commandIds } = await import('../../src/editor/commands/ids.ts');
    assert.deepEqual(
      commandIds.filter((id) => !registered.has(id)),
      [],
    );
  });

  it('hand no secret to another extension that runs them', async () => {
    const h = await house();
    const entry = await create(h, 'not-for-others');
    // Dialogs are refused in a window that runs tests: without consent there is nothing.
    const node: TokenNode = { type: 'token', serverId: 'sandbox', tokenId: entry.tokenId };
    await h.inventory.refresh('sandbox');
    await vscode.env.clipboard.writeText('before');
    const answer: unknown = await Promise.race([
      vscode.commands.executeCommand('patVault.copySecret', node),
      new Promise((resolve) => setTimeout(resolve, 2000)),
    ]);
    assert.equal(answer, undefined);
    assert.equal(await vscode.env.clipboard.readText(), 'before');
  });
});
