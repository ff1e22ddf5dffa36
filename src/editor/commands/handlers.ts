import { pickFilter, pickGrouping, pickSort } from '../arranging.ts';
import type { Clipboard } from '../clipboard.ts';
import type { House } from '../house.ts';
import { editToken } from './edit.ts';
import type { CommandId } from './ids.ts';
import * as lending from './lending.ts';
import * as list from './list.ts';
import * as secrets from './secrets.ts';
import * as create from './create.ts';
import * as servers from './servers.ts';
import * as tokens from './tokens.ts';

export type Handler = (argument: unknown) => unknown;

/** What every command does, and answers if it answers anything; its argument is a node of the tree, or nothing. */
export function handlers(house: House, clipboard: Clipboard): Record<CommandId, Handler> {
  return {
    'patVault.addServer': () => servers.addServer(house),
    'patVault.removeServer': (node) => servers.removeServer(house, node),
    'patVault.signIn': (node) => servers.signIn(house, node),
    'patVault.signOut': (node) => servers.signOut(house, node),
    'patVault.openTokenPage': (node) => servers.openTokenPage(house, node),
    'patVault.startSandbox': () => servers.startSandbox(house),
    'patVault.stopSandbox': () => servers.stopSandbox(house),
    'patVault.refresh': () => house.inventory.refreshAll(),
    'patVault.showMyTokens': (node) => servers.show(house, node, 'me'),
    'patVault.showAllTokens': (node) => servers.show(house, node, 'all'),
    'patVault.createToken': (node) => create.createInForm(house, clipboard, node),
    'patVault.createTokenQuickly': (node) => create.createQuickly(house, clipboard, node),
    'patVault.createReplacement': (node) => create.createReplacement(house, clipboard, node),
    'patVault.describeToken': (node) => tokens.describeToken(house, node),
    'patVault.editToken': (node) => editToken(house, node),
    'patVault.revokeToken': (node) => tokens.revokeTokens(house, node),
    'patVault.copySecret': (node) => tokens.copySecret(house, clipboard, node),
    'patVault.copyReference': (node) => tokens.copyReference(house, node),
    'patVault.forgetSecret': (node) => tokens.forgetSecret(house, node),
    'patVault.shareToken': (node) => tokens.setShared(house, node, true),
    'patVault.unshareToken': (node) => tokens.setShared(house, node, false),
    'patVault.sortTokens': () => pickSort(house.arranging),
    'patVault.groupTokens': () => pickGrouping(house.arranging),
    'patVault.filterTokens': () => pickFilter(house.arranging),
    'patVault.clearFilter': () => house.arranging.clearFilter(),
    'patVault.showTokensOf': (node) => list.showTokensOf(house, node),
    'patVault.showMore': (branch) => {
      if (typeof branch === 'string') house.tree.showMore(branch);
    },
    'patVault.cancelRefresh': () => {
      house.inventory.cancel();
    },
    'patVault.createLikeThis': (node) => create.createLikeThis(house, clipboard, node),
    'patVault.findToken': () => secrets.findToken(house),
    'patVault.cleanUp': () => list.cleanUp(house),
    'patVault.revokeAllMine': (node) => list.revokeAllMine(house, node),
    'patVault.importSecret': (node) => secrets.importSecret(house, node),
    'patVault.removeAllSecrets': () => secrets.removeAllSecrets(house),
    'patVault.getToken': (argument) => lending.tokenForInput(house, argument),
    'patVault.openTerminal': (node) => lending.terminalWithToken(house, node),
    'patVault.installCli': () => lending.installCli(house),
    'patVault.useForGit': (node) => lending.gitWithToken(house, node),
    'patVault.showAccessLog': () => house.lending.accessLog.show(),
    'patVault.exportAccessLog': () => lending.exportAccessLog(house),
    'patVault.stopSharing': () => lending.stopSharing(house),
    'patVault.showLog': () => {
      house.log.show();
    },
  };
}
