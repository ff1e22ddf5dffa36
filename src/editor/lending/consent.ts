import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Grants } from '../../vault/grants.ts';
import type { Wish } from './lender.ts';

/** What the user is asked about, and where a lasting answer holds. */
export interface Plea extends Wish {
  /** Which entry goes where. */
  readonly uses: readonly { readonly entry: Entry; readonly name: string }[];
  readonly referenceOf: (entry: Entry) => string;
}

/** Asks before a token is lent: once for each folder, token and definition of what asks. */
export class Consent {
  readonly #grants: Grants;
  /** One question at a time, so that an answer for always spares the next one. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(grants: Grants) {
    this.#grants = grants;
  }

  /** @throws PatError `untrusted-workspace`, `consent-refused` */
  ask(plea: Plea): Promise<void> {
    const turn = this.#queue.then(() => this.#decide(plea));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #decide(plea: Plea): Promise<void> {
    if (!vscode.workspace.isTrusted) throw new PatError({ reason: 'untrusted-workspace' });
    const { folder, definition, uses, who } = plea;
    const asker = definition === undefined ? undefined : { folder, definition };
    const decisions =
      asker === undefined
        ? []
        : await Promise.all(uses.map(({ entry }) => this.#grants.decisionOf(asker, entry)));
    if (decisions.includes('never')) throw new PatError({ reason: 'consent-refused', forGood: true });
    const open = uses.filter((_, index) => decisions[index] === undefined);
    if (open.length === 0 || plea.confirmed === true) return;

    const once = vscode.l10n.t('Allow Once');
    const always = vscode.l10n.t('Always Allow Here');
    const never = vscode.l10n.t('Never Allow Here');
    const answer = await vscode.window.showWarningMessage(
      open.length === 1
        ? vscode.l10n.t('Let "{0}" use the token {1}?', who, open[0]?.entry.alias ?? '')
        : vscode.l10n.t('Let "{0}" use {1} tokens?', who, open.length),
      { modal: true, detail: detailOf(plea) },
      once,
      ...(asker === undefined ? [] : [always, never]),
      ...(plea.instead === undefined ? [] : [plea.instead.label]),
    );
    if (answer === plea.instead?.label) plea.instead?.run();
    if (asker !== undefined && (answer === always || answer === never)) {
      const decision = answer === always ? 'always' : 'never';
      for (const { entry } of open) await this.#grants.decide(asker, entry, decision, plea.shown);
    }
    if (answer !== once && answer !== always)
      throw new PatError({ reason: 'consent-refused', forGood: false });
  }
}

function detailOf({ shown, folder, uses, referenceOf, meaning }: Plea): string {
  return [
    shown,
    ...(folder === '' ? [] : [vscode.l10n.t('Folder: {0}', commandLine([folder]))]),
    ...uses
      .map(({ entry, name }) => ({ name, reference: referenceOf(entry) }))
      .filter(({ reference }) => !shown.includes(reference))
      .map(({ name, reference }) => `${name} = ${reference}`),
    '',
    meaning,
  ].join('\n');
}

/** A dialog is no place for more; what is left out is counted. */
const SHOWN = 1200;

/** A command line as a person can read it: nothing in it can pass for something else. */
export function commandLine(command: readonly string[]): string {
  const line = command.map(printable).join(' ');
  return line.length <= SHOWN
    ? line
    : `${line.slice(0, SHOWN)}… ${vscode.l10n.t('({0} more)', line.length - SHOWN)}`;
}

function printable(argument: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(argument)) return argument;
  // Control, format (bidi) and unassigned characters, and every line break, as their numbers.
  return JSON.stringify(argument).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
