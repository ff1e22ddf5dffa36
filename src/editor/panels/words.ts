import * as vscode from 'vscode';
import type { Words } from './messages.ts';

const t = vscode.l10n.t;
/** `{0}` stays in the text: the page fills it in. */
const hole = '{0}';

/** The sentences of the form that creates a token on `server`. */
export function createWords(server: string): Words {
  return {
    title: t('Create Token on {0}', server),
    account: t('Signed in as {0}', hole),
    create: t('Create'),
    creating: t('Creating…'),
    reset: t('Reset'),
    never: t('Never'),
    keep: t('As it is: {0}', hole),
    keepNever: t('As it is: never'),
    neverWarning: t(
      'A token that never expires stays open for ever once it leaks. Choose a date where you can.',
    ),
    day: t('1 day'),
    days: t('{0} days', hole),
    custom: t('Custom date'),
    customDate: t('Last day (YYYY-MM-DD), at the present time of day'),
    immutable: t('cannot be changed later'),
    addValue: t('Search or add'),
    addValueHelp: t('Enter adds what you typed.'),
    remove: t('Remove {0}', hole),
    summary: t('Valid until {0}.', hole),
    summaryNever: t('Valid until it is revoked.'),
    required: t('This is needed.'),
    notADate: t('Not a day of the form YYYY-MM-DD.'),
    notAnOption: t('Choose one of the options.'),
    notAnAddress: t('Not an address that begins with http:// or https://.'),
    notAHost: t('Not a host name, such as example.com.'),
    wrongType: t('This cannot be read.'),
    notANumber: t('Not a whole number.'),
    outOfRange: t('It must be within {0}.', hole),
    past: t('This lies in the past.'),
    neverNotAllowed: t('The server does not allow tokens that never expire.'),
    tooLong: t('At most {0} characters.', hole),
    tooSoon: t('Not before {0}.', hole),
    tooLate: t('It must be before {0}.', hole),
    notACidr: t('{0} is not a network such as 10.0.0.0/8.', hole),
    badScope: t('{0} is not a scope: no spaces.', hole),
    nameTaken: t('The name {0} is taken.', hole),
    created: t('{0} is created and its secret is stored.', hole),
    shownOnce: t('{0} will not show this secret again. It is in VS Code’s secret store.', server),
    reference: t('Reference'),
    expires: t('Expires'),
    secret: t('Secret'),
    copy: t('Copy'),
    copyReference: t('Copy Reference'),
    reveal: t('Reveal for 15 seconds'),
    details: t('Show Details'),
    another: t('Create Another'),
    close: t('Close'),
  };
}

/** The same for changing `token`. */
export function editWords(server: string, token: string): Words {
  return {
    ...createWords(server),
    title: t('Edit {0} on {1}', token, server),
    create: t('Save'),
    creating: t('Saving…'),
  };
}

/** The name of a part of a secret, for people. */
export function partWord(part: string): string {
  if (part === 'secret') return t('Secret');
  return part === 'clientId' ? t('Client ID') : part;
}
