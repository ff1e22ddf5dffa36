import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { House } from '../../src/editor/house.ts';
import { until } from '../host/until.ts';
import { connectSandbox, create, house } from './house.ts';

describe('the installed pat', () => {
  let h: House;
  let home: string;
  const usual = process.env.HOME;
  const enable = (enabled: boolean | undefined) =>
    vscode.workspace
      .getConfiguration('patVault')
      .update('cli.enabled', enabled, vscode.ConfigurationTarget.Global);
  const windows = async () => readdir(join(h.context.globalStorageUri.fsPath, 'windows')).catch(() => []);

  before(async () => {
    h = await house();
    await connectSandbox(h);
    await create(h, 'for-scripts');
    home = await mkdtemp(join(tmpdir(), 'home-'));
    process.env.HOME = home;
  });
  after(async () => {
    process.env.HOME = usual;
    await enable(undefined);
    await rm(home, { recursive: true });
  });

  /** As a shell outside of the editor would start it. */
  const pat = async (...args: readonly string[]) => {
    const { path } = await h.lending.launcher.install();
    assert.equal(path, join(home, '.local/bin/pat'));
    return promisify(execFile)(path, args, { env: { PATH: process.env.PATH } }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  };

  it('finds no editor while that is not turned on', async () => {
    assert.match(await pat('list'), /^pat: no editor with PAT Vault answers here/);
  });

  it('finds this one when it is, by a file that nobody else can read, and no more when it is off again', async () => {
    await enable(true);
    const [name = ''] = await until('the file of this window', async () => {
      const names = await windows();
      return names.length === 1 && names;
    });
    const { mode } = await lstat(join(h.context.globalStorageUri.fsPath, 'windows', name));
    assert.equal(mode & 0o777, 0o600);
    assert.match(await pat('list'), /^pat:\/\/sandbox\/for-scripts\tactive\t20\d\d-/m);
    await enable(false);
    await until('the file to go', async () => (await windows()).length === 0);
    assert.match(await pat('list'), /^pat: no editor/);
  });
});
