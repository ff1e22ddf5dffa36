import type { Draft, FieldProblem, Form } from '../../core/form.ts';

/** What host and pages say to each other. Secrets appear in one message only: `revealed`, after a click. */

/** Every sentence of the form’s page, translated by the host. `{0}` stands for a value. */
export type Words = Readonly<Record<WordKey, string>>;

export type WordKey =
  | 'title'
  | 'account'
  | 'create'
  | 'creating'
  | 'reset'
  | 'never'
  | 'keep'
  | 'keepNever'
  | 'neverWarning'
  | 'day'
  | 'days'
  | 'custom'
  | 'customDate'
  | 'immutable'
  | 'addValue'
  | 'addValueHelp'
  | 'remove'
  | 'summary'
  | 'summaryNever'
  | 'required'
  | 'notADate'
  | 'notAnOption'
  | 'notAnAddress'
  | 'notAHost'
  | 'wrongType'
  | 'past'
  | 'notANumber'
  | 'outOfRange'
  | 'neverNotAllowed'
  | 'tooLong'
  | 'tooSoon'
  | 'tooLate'
  | 'notACidr'
  | 'badScope'
  | 'nameTaken'
  | 'created'
  | 'shownOnce'
  | 'reference'
  | 'expires'
  | 'secret'
  | 'copy'
  | 'copyReference'
  | 'reveal'
  | 'details'
  | 'another'
  | 'close';

export interface CreatedFacts {
  readonly title: string;
  readonly alias: string;
  readonly reference: string;
  readonly expires: string;
  /** What the secret consists of, each with its name for people. */
  readonly parts: readonly { readonly name: string; readonly label: string }[];
}

export type ToFormPage =
  | {
      readonly type: 'form';
      readonly form: Form;
      readonly draft: Draft;
      readonly account: string;
      readonly locale: string;
      readonly words: Words;
    }
  | { readonly type: 'name-taken'; readonly name: string; readonly taken: boolean }
  | { readonly type: 'problems'; readonly problems: readonly FieldProblem[] }
  | { readonly type: 'failed'; readonly sentence: string }
  | { readonly type: 'idle' }
  | { readonly type: 'created'; readonly created: CreatedFacts }
  | { readonly type: 'revealed'; readonly part: string; readonly text: string; readonly seconds: number };

/** Parsed by the host as foreign data: see form-panel.ts. */
export type FromFormPage =
  | { readonly type: 'ready' | 'copy-reference' | 'details' | 'another' | 'close' }
  | { readonly type: 'check-name'; readonly name: string; readonly draft: Draft }
  | { readonly type: 'submit'; readonly draft: Draft }
  | { readonly type: 'copy' | 'reveal'; readonly part: string };

export interface TokenPageState {
  readonly title: string;
  readonly status: string;
  readonly rows: readonly { readonly label: string; readonly value: string }[];
  readonly actions: readonly { readonly id: string; readonly label: string; readonly kind: string }[];
}

export interface ToTokenPage {
  readonly type: 'token';
  readonly token: TokenPageState;
}

export type FromTokenPage = { readonly type: 'ready' } | { readonly type: 'run'; readonly action: string };
