/**
 * What `vscode.extensions.getExtension<PatVaultApi>('patvault.pat-vault')?.activate()` answers. No secret passes
 * through here: for a value ask `vscode.authentication.getSession('pat-vault', scopes)`, which asks the user.
 */
export interface PatVaultApi {
  readonly version: 1;
  /** The tokens that the user shares with extensions, whichever these are. */
  sharedTokens(): readonly SharedToken[];
  /** Fires when that list, or a token in it, has changed. */
  readonly onDidChange: (listener: () => void) => { dispose(): void };
}

export interface SharedToken {
  /** `pat://server/alias`: names the token in tasks, launch configurations and calls of `pat`. */
  readonly reference: string;
  /** The id of its account in `vscode.authentication`. */
  readonly accountId: string;
  /** The configured server's id; `server:<id>` as a scope of `getSession` chooses its tokens. */
  readonly server: string;
  readonly alias: string;
  /** The token's own scopes; `undefined`: the server does not say. */
  readonly scopes: readonly string[] | undefined;
  /** Milliseconds since 1970; `undefined`: the server does not say. */
  readonly expires: number | 'never' | undefined;
}
