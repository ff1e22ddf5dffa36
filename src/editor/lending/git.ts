import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { PatError } from '../../core/errors.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Records } from '../../vault/records.ts';
import type { Vault } from '../../vault/vault.ts';
import { noticeOf } from '../notices.ts';

/** Which token git gets where. Kept by us: a repository cannot name a token for another. */
export const gitUseSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  entryId: z.string(),
  /** With the port, where it is not the usual one. */
  host: z.string(),
  /** Of the one repository, without `.git`; empty for all of the host. */
  path: z.string(),
  /** What is sent beside the token: servers of personal access tokens mostly take any. */
  username: z.string(),
});
type GitUse = z.infer<typeof gitUseSchema>;

export class GitMap {
  readonly #uses: Records<GitUse>;
  readonly #vault: Vault;

  constructor(uses: Records<GitUse>, vault: Vault) {
    this.#uses = uses;
    this.#vault = vault;
  }

  /** The token for one repository before the one for its host; only over https, and only at the token's own origin. */
  async find(asked: {
    protocol: string;
    host: string;
    path: string;
  }): Promise<{ reference: string; username: string; path: string } | undefined> {
    const path = repository(asked.path);
    const fitting = (await this.#uses.all())
      .filter((use) => use.host === asked.host && (use.path === '' || use.path === path))
      .sort((one, other) => other.path.length - one.path.length);
    for (const use of fitting) {
      const entry = this.#vault.entry(use.entryId);
      if (entry === undefined || new URL(entry.origin).origin !== `${asked.protocol}://${asked.host}`)
        continue;
      if (asked.protocol !== 'https') continue;
      return { reference: this.#vault.referenceOf(entry), username: use.username, path: use.path };
    }
    return undefined;
  }

  /** @throws PatError for an address that is none, or not of the token's own server */
  async add(entry: Entry, text: string, username: string): Promise<void> {
    const address = assertFits(entry, text);
    const path = repository(address.pathname);
    await this.#uses.put({
      version: 1,
      id: createHash('sha256').update(`${address.host}/${path}`).digest('hex').slice(0, 40),
      entryId: entry.id,
      host: address.host,
      path,
      username,
    });
  }

  async clear(): Promise<void> {
    for (const { id } of await this.#uses.all()) await this.#uses.remove(id);
  }
}

/** @throws PatError `bad-address`, `insecure-address`, `other-origin` */
function assertFits(entry: Entry, text: string): URL {
  const address = URL.parse(text);
  if (address === null) throw new PatError({ reason: 'bad-address', address: text });
  if (address.protocol !== 'https:')
    throw new PatError({ reason: 'insecure-address', address: address.origin });
  if (address.origin !== new URL(entry.origin).origin)
    throw new PatError({ reason: 'other-origin', origin: entry.origin, asked: address.origin });
  return address;
}

const repository = (path: string) => path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');

/** Asks where git is to use a token, and keeps it. */
export async function useForGit(map: GitMap, entry: Entry): Promise<void> {
  const title = vscode.l10n.t('Use {0} for Git', entry.alias);
  const address = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Address of the repository, or of the server for all of its repositories'),
    value: `${entry.origin}/`,
    ignoreFocusOut: true,
    validateInput: (text) => {
      try {
        assertFits(entry, text);
        return undefined;
      } catch (error) {
        return noticeOf(error).sentence;
      }
    },
  });
  if (address === undefined) return;
  const username = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('User name that git sends with the token; most servers take any'),
    value: 'oauth2',
    ignoreFocusOut: true,
  });
  if (username === undefined) return;
  await map.add(entry, address, username);
  const host = new URL(address).origin;
  const lines = [
    `git config --global credential.${host}.helper '!pat git-credential'`,
    `git config --global credential.${host}.useHttpPath true`,
  ].join('\n');
  const copy = vscode.l10n.t('Copy Git Settings');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('git asks PAT Vault once its helper is set: {0}', lines.split('\n')[0] ?? ''),
    copy,
  );
  if (answer === copy) await vscode.env.clipboard.writeText(lines);
}
