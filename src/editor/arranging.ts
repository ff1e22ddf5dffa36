import * as vscode from 'vscode';
import {
  type Arrangement,
  CONDITIONS,
  type Grouping,
  groupings,
  isFiltered,
  plainArrangement,
  type SortKey,
  sortKeys,
} from '../core/arrange.ts';
import { conditionWord } from './words.ts';

const SORT = 'patVault.sort';

/** The order, groups and filter of the view. Order and groups are kept for the folder; a filter ends with the window. */
export class Arranging {
  readonly #memento: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #current: Arrangement;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
    const kept = memento.get<{ sort?: unknown; descending?: unknown; grouping?: unknown }>(SORT);
    const grouping = groupings.find((key) => key === kept?.grouping) ?? plainArrangement.grouping;
    const sort = sortKeys.find((key) => key === kept?.sort) ?? plainArrangement.sort;
    this.#current = { ...plainArrangement, sort, descending: kept?.descending === true, grouping };
  }

  get current(): Arrangement {
    return this.#current;
  }

  /** In words, for the line above the rows; empty for the plain order. */
  describe(): string {
    const { sort, descending, text, conditions, idleDays, neverUsed, owner } = this.#current;
    return [
      ...(sort === plainArrangement.sort && !descending
        ? []
        : [`${sortWord(sort)} ${descending ? '↓' : '↑'}`]),
      ...(owner === undefined ? [] : [owner.name]),
      ...(text === '' ? [] : [`“${text}”`]),
      ...conditions.map(conditionWord),
      ...(neverUsed ? [vscode.l10n.t('never used')] : []),
      ...(idleDays > 0 ? [vscode.l10n.t('not used for {0} days', idleDays)] : []),
    ].join(' · ');
  }

  async change(change: Partial<Arrangement>): Promise<void> {
    this.#current = { ...this.#current, ...change };
    const { sort, descending, grouping } = this.#current;
    this.#changed.fire();
    await vscode.commands.executeCommand('setContext', 'patVault.filtered', isFiltered(this.#current));
    await this.#memento.update(SORT, { sort, descending, grouping });
  }

  async clearFilter(): Promise<void> {
    const { sort, descending, grouping } = this.#current;
    await this.change({ ...plainArrangement, sort, descending, grouping });
  }
}

export function sortWord(key: SortKey): string {
  switch (key) {
    case 'name':
      return vscode.l10n.t('Name');
    case 'status':
      return vscode.l10n.t('Status');
    case 'owner':
      return vscode.l10n.t('Owner');
    case 'owner-status':
      return vscode.l10n.t('Owner’s status');
    case 'created':
      return vscode.l10n.t('Created');
    case 'expires':
      return vscode.l10n.t('Expires');
    case 'last-used':
      return vscode.l10n.t('Last used');
    case 'description':
      return vscode.l10n.t('Description');
  }
}

/** Choosing the present column again turns its direction. */
export async function pickSort(arranging: Arranging): Promise<void> {
  const { sort, descending } = arranging.current;
  const picked = await vscode.window.showQuickPick(
    sortKeys.map((key) => ({
      label: sortWord(key),
      description:
        key === sort ? (descending ? vscode.l10n.t('descending') : vscode.l10n.t('ascending')) : '',
      key,
    })),
    {
      title: vscode.l10n.t('Sort Tokens'),
      placeHolder: vscode.l10n.t('Choose a column; once more for the other direction'),
    },
  );
  if (picked === undefined) return;
  await arranging.change({ sort: picked.key, descending: picked.key === sort && !descending });
}

export async function pickGrouping(arranging: Arranging): Promise<void> {
  const word: Record<Grouping, string> = {
    server: vscode.l10n.t('Server'),
    status: vscode.l10n.t('Status'),
    owner: vscode.l10n.t('Owner'),
  };
  const picked = await vscode.window.showQuickPick(
    groupings.map((key) => ({
      label: word[key],
      description: key === arranging.current.grouping ? vscode.l10n.t('as now') : '',
      key,
    })),
    {
      title: vscode.l10n.t('Group Tokens'),
      placeHolder: vscode.l10n.t('Choose what the tokens stand under'),
    },
  );
  if (picked !== undefined) await arranging.change({ grouping: picked.key });
}

/** Several at once; text comes in a box of its own. */
export async function pickFilter(arranging: Arranging): Promise<void> {
  const { conditions, neverUsed, idleDays, text } = arranging.current;
  const items: (vscode.QuickPickItem & { readonly change: Partial<Arrangement> })[] = [
    ...CONDITIONS.map((condition) => ({
      label: conditionWord(condition),
      picked: conditions.includes(condition),
      change: { conditions: [condition] },
    })),
    { label: vscode.l10n.t('never used'), picked: neverUsed, change: { neverUsed: true } },
    ...[30, 90, 180].map((days) => ({
      label: vscode.l10n.t('not used for {0} days', days),
      picked: idleDays === days,
      change: { idleDays: days },
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Filter Tokens'),
    placeHolder: vscode.l10n.t('Choose what to show; nothing chosen shows all'),
    canPickMany: true,
  });
  if (picked === undefined) return;
  const words = await vscode.window.showInputBox({
    title: vscode.l10n.t('Filter Tokens'),
    prompt: vscode.l10n.t('Text in name, description, owner or scopes; empty for all'),
    value: text,
  });
  if (words === undefined) return;
  const changes = picked.map(({ change }) => change);
  await arranging.change({
    text: words.trim(),
    conditions: changes.flatMap(({ conditions: one = [] }) => one),
    neverUsed: changes.some((change) => change.neverUsed === true),
    idleDays: Math.max(0, ...changes.map((change) => change.idleDays ?? 0)),
  });
}
