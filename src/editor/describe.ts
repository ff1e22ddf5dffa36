import * as vscode from 'vscode';
import { conditionOf, type Token } from '../core/token.ts';
import type { Entry } from '../vault/entry.ts';
import type { Grant } from '../vault/grants.ts';
import type { CommandId } from './commands/ids.ts';
import type { House } from './house.ts';
import type { TokenAction, TokenView } from './panels/token-panel.ts';
import { type Chosen, isChangeable, isReplaceable, isRevocable } from './pick.ts';
import { connectionName, expiryWarningDays } from './settings.ts';
import type { TokenNode } from './nodes.ts';
import { conditionWord, dates, fieldRows, secretWords, tokenLabel } from './words.ts';

/** A token as its panel shows it: every field, where its secret is, who may use it, and what can be done. */
export function describe(house: House, { connection, token: first }: Chosen): TokenView {
  const token = (): Token => house.inventory.token(connection.id, first.id) ?? first;
  const entry = () => house.vault.entryOf(connection.id, token());
  const changed = new vscode.EventEmitter<void>();
  const fire = () => {
    changed.fire();
  };
  const stops = [house.vault.onDidChange(fire), house.grants.onDidChange(fire)];
  const listing = house.inventory.onDidChange(fire);

  return {
    key: `${connection.id}/${first.id}`,
    title: tokenLabel(first, entry()?.alias),
    async state() {
      const stored = entry();
      const chosen: Chosen = { connection, token: token(), entry: stored };
      const condition = conditionOf(chosen.token, house.clock.now(), expiryWarningDays());
      const presence = stored === undefined ? 'unknown' : house.vault.presenceOf(stored);
      const grants = stored === undefined ? [] : await house.grants.of(stored.id);
      return {
        status: conditionWord(condition),
        rows: [
          { label: vscode.l10n.t('Server'), value: connectionName(connection) },
          ...fieldRows(chosen.token, condition),
          { label: vscode.l10n.t('Secret'), value: secretWords(stored, presence) },
          ...(stored === undefined ? [] : lendingRows(house, stored, grants)),
        ],
        actions: actionsFor(house, chosen, grants),
      };
    },
    onDidChange: changed.event,
    dispose: () => {
      for (const stop of stops) stop();
      listing.dispose();
      changed.dispose();
    },
  };
}

function lendingRows(house: House, stored: Entry, grants: readonly Grant[]) {
  return [
    { label: vscode.l10n.t('Reference'), value: house.vault.referenceOf(stored) },
    {
      label: vscode.l10n.t('Shared'),
      value: stored.shared
        ? vscode.l10n.t('with extensions you allow, one by one')
        : vscode.l10n.t('with no extension'),
    },
    ...grants.map(({ decision, shown, folder, at }) => ({
      label: decision === 'always' ? vscode.l10n.t('Allowed') : vscode.l10n.t('Never allowed'),
      value: vscode.l10n.t('{0} – in {1}, since {2}', shown, folder, dates.dateTime(at)),
    })),
  ];
}

function actionsFor(house: House, chosen: Chosen, grants: readonly Grant[]): readonly TokenAction[] {
  const { connection, token, entry } = chosen;
  const node: TokenNode = { type: 'token', serverId: connection.id, tokenId: token.id };
  const command = (id: CommandId, label: string, kind: TokenAction['kind'] = 'secondary'): TokenAction => ({
    id,
    label,
    kind,
    run: async () => {
      await vscode.commands.executeCommand(id, node);
    },
  });
  const actions: TokenAction[] = [];
  const isHere = entry !== undefined && house.vault.presenceOf(entry) !== 'missing';
  if (isReplaceable(house)(chosen)) {
    actions.push(command('patVault.createReplacement', vscode.l10n.t('Create Replacement…'), 'primary'));
  }
  if (isHere) {
    actions.push(
      command(
        'patVault.copyReference',
        vscode.l10n.t('Copy Reference'),
        actions.length === 0 ? 'primary' : 'secondary',
      ),
    );
    actions.push(command('patVault.copySecret', vscode.l10n.t('Copy Secret…')));
    actions.push(
      entry.shared
        ? command('patVault.unshareToken', vscode.l10n.t('Stop Sharing'))
        : command('patVault.shareToken', vscode.l10n.t('Share with Extensions')),
    );
  }
  if (isChangeable(house)(chosen)) actions.push(command('patVault.editToken', vscode.l10n.t('Edit Token…')));
  if (grants.length > 0) {
    actions.push({
      id: 'take-back',
      label: vscode.l10n.t('Take Back Permissions'),
      kind: 'secondary',
      run: () => house.grants.takeBack(grants),
    });
  }
  if (entry !== undefined) actions.push(command('patVault.forgetSecret', vscode.l10n.t('Forget Secret…')));
  if (isRevocable(house)(chosen))
    actions.push(command('patVault.revokeToken', vscode.l10n.t('Revoke Token…'), 'danger'));
  return actions;
}
