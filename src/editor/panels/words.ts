import * as vscode from 'vscode';
import type { Words } from './messages.ts';

/** `{0}` stays in the text: the page fills it in. */
const hole = '{0}';

/** The sentences of the form that creates a token on `server`. */
export function createWords(server: string): Words {
  return {
    title: vscode.l10n.t('Create Token on {0}', server),
    account: vscode.l10n.t('Signed in as {0}', hole),
    create: vscode.l10n.t('Create'),
    creating: vscode.l10n.t('Creating…'),
    reset: vscode.l10n.t('Reset'),
    never: vscode.l10n.t('Never'),
    keep: vscode.l10n.t('As it is: {0}', hole),
    keepNever: vscode.l10n.t('As it is: never'),
    neverWarning: vscode.l10n.t(
      'A token that never expires stays open for ever once it leaks. Choose a date where you can.',
    ),
    day: vscode.l10n.t('1 day'),
    days: vscode.l10n.t('{0} days', hole),
    custom: vscode.l10n.t('Custom date'),
    customDate: vscode.l10n.t('Last day (YYYY-MM-DD), at the present time of day'),
    immutable: vscode.l10n.t('cannot be changed later'),
    addValue: vscode.l10n.t('Search or add'),
    addValueHelp: vscode.l10n.t('Enter adds what you typed.'),
    remove: vscode.l10n.t('Remove {0}', hole),
    summary: vscode.l10n.t('Valid until {0}.', hole),
    summaryNever: vscode.l10n.t('Valid until it is revoked.'),
    required: vscode.l10n.t('This is needed.'),
    notADate: vscode.l10n.t('Not a day of the form YYYY-MM-DD.'),
    notAnOption: vscode.l10n.t('Choose one of the options.'),
    notAnAddress: vscode.l10n.t('Not an address that begins with http:// or https://.'),
    notAHost: vscode.l10n.t('Not a host name, such as example.com.'),
    wrongType: vscode.l10n.t('This cannot be read.'),
    notANumber: vscode.l10n.t('Not a whole number.'),
    outOfRange: vscode.l10n.t('It must be within {0}.', hole),
    past: vscode.l10n.t('This lies in the past.'),
    neverNotAllowed: vscode.l10n.t('The server does not allow tokens that never expire.'),
    tooLong: vscode.l10n.t('At most {0} characters.', hole),
    tooSoon: vscode.l10n.t('Not before {0}.', hole),
    tooLate: vscode.l10n.t('It must be before {0}.', hole),
    notACidr: vscode.l10n.t('{0} is not a network such as 10.0.0.0/8.', hole),
    badScope: vscode.l10n.t('{0} is not a scope: no spaces.', hole),
    nameTaken: vscode.l10n.t('The name {0} is taken.', hole),
    created: vscode.l10n.t('{0} is created and its secret is stored.', hole),
    shownOnce: vscode.l10n.t('{0} will not show this secret again. It is in VS Code’s secret store.', server),
    reference: vscode.l10n.t('Reference'),
    expires: vscode.l10n.t('Expires'),
    secret: vscode.l10n.t('Secret'),
    copy: vscode.l10n.t('Copy'),
    copyReference: vscode.l10n.t('Copy Reference'),
    reveal: vscode.l10n.t('Reveal for 15 seconds'),
    details: vscode.l10n.t('Show Details'),
    another: vscode.l10n.t('Create Another'),
    close: vscode.l10n.t('Close'),
  };
}

/** The same for changing `token`. */
export function editWords(server: string, token: string): Words {
  return {
    ...createWords(server),
    title: vscode.l10n.t('Edit {0} on {1}', token, server),
    create: vscode.l10n.t('Save'),
    creating: vscode.l10n.t('Saving…'),
  };
}

/** The name of a part of a secret, for people. */
export function partWord(part: string): string {
  if (part === 'secret') return vscode.l10n.t('Secret');
  return part === 'clientId' ? vscode.l10n.t('Client ID') : part;
}
