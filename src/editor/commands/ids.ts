/** Every command of the extension; package.json declares the same (test/host/check-manifest.ts). */
export const commandIds = [
  'patVault.addServer',
  'patVault.removeServer',
  'patVault.signIn',
  'patVault.signOut',
  'patVault.startSandbox',
  'patVault.stopSandbox',
  'patVault.refresh',
  'patVault.showMyTokens',
  'patVault.showAllTokens',
  'patVault.createToken',
  'patVault.createTokenQuickly',
  'patVault.createReplacement',
  'patVault.describeToken',
  'patVault.editToken',
  'patVault.revokeToken',
  'patVault.copySecret',
  'patVault.copyReference',
  'patVault.forgetSecret',
  'patVault.shareToken',
  'patVault.unshareToken',
  'patVault.showLog',
] as const;

export type CommandId = (typeof commandIds)[number];
