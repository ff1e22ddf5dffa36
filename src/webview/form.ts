import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textarea/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { dateWriter } from '../core/dates.ts';
import { type Draft, type FieldProblem, problemsOf, type Value } from '../core/form.ts';
import type { CreatedFacts, FromFormPage, ToFormPage, Words } from '../editor/panels/messages.ts';
import { button, editor, fill, h, show } from './dom.ts';
import { controlFor, explain } from './fields.ts';

type FormMessage = Extract<ToFormPage, { type: 'form' }>;

const send = (message: FromFormPage) => {
  editor.postMessage(message);
};
/** The page of the moment; messages from the host go to it. */
let page: { receive(message: ToFormPage): void } | undefined;
let words: Words | undefined;

window.addEventListener('message', ({ data }: MessageEvent<ToFormPage>) => {
  if (data.type === 'form') {
    words = data.words;
    page = formPage(data);
  } else if (data.type === 'created' && words !== undefined) {
    editor.setState(undefined);
    page = createdPage(data.created, words);
  } else {
    page?.receive(data);
  }
});
send({ type: 'ready' });

/** What a hidden and shown-again page remembers: what was typed, for the same form. Never a secret. */
function remembered(fresh: Draft): Draft {
  const state = editor.getState() as { readonly draft?: Draft } | undefined;
  return { ...fresh, ...state?.draft };
}

/** A number that is none yet would come back as null, which means never. */
const withoutNaN = (draft: Draft) =>
  Object.fromEntries(Object.entries(draft).filter(([, value]) => !Number.isNaN(value)));

function formPage({ form, draft: fresh, account, locale, words }: FormMessage) {
  const dates = dateWriter(locale);
  const draft: Record<string, Value> = { ...remembered(fresh) };
  const touched = new Set<string>();
  let takenName: string | undefined;
  let isBusy = false;
  let checking: number | undefined;

  const problems = new Map(
    form.fields.map((field) => [
      field.name,
      h('p', { class: 'problem', role: 'alert', 'data-problem': field.name }),
    ]),
  );
  const failure = h('p', { class: 'problem', role: 'alert', 'data-failure': true });
  const summary = h('p', { class: 'summary', 'aria-live': 'polite', 'data-summary': true });
  const create = button(words.create, 'create', false, submit) as HTMLElement & { disabled: boolean };

  function submit() {
    for (const { name } of form.fields) touched.add(name);
    update();
    if (found().length > 0 || isBusy) return;
    isBusy = true;
    failure.textContent = '';
    update();
    send({ type: 'submit', draft });
  }

  function found(): FieldProblem[] {
    return problemsOf(form, draft, Date.now());
  }

  function update(): void {
    const now = found();
    for (const { name } of form.fields) {
      const problem = now.find(({ field }) => field === name);
      const isTaken = name === 'name' && takenName !== undefined && draft.name === takenName;
      const sentence =
        problem !== undefined ? sentenceOf(problem) : isTaken ? fill(words.nameTaken, takenName ?? '') : '';
      const line = problems.get(name);
      if (line !== undefined) line.textContent = touched.has(name) ? sentence : '';
    }
    const expires = form.fields.find(({ input }) => input === 'expiry');
    const until = expires === undefined ? undefined : draft[expires.name];
    const name = typeof draft.name === 'string' ? draft.name.trim() : '';
    const validity =
      until === null
        ? words.summaryNever
        : typeof until === 'number' && Number.isFinite(until)
          ? fill(words.summary, dates.exact(until))
          : '';
    summary.textContent = [name, validity].filter((text) => text !== '').join(' – ');
    create.disabled = isBusy || now.length > 0 || (takenName !== undefined && draft.name === takenName);
    create.textContent = isBusy ? words.creating : words.create;
  }

  function sentenceOf(problem: FieldProblem): string {
    switch (problem.kind) {
      case 'required':
        return words.required;
      case 'not-a-date':
        return words.notADate;
      case 'not-an-option':
        return words.notAnOption;
      case 'not-an-address':
        return words.notAnAddress;
      case 'not-a-host':
        return words.notAHost;
      case 'wrong-type':
        return words.wrongType;
      case 'past':
        return words.past;
      case 'never-not-allowed':
        return words.neverNotAllowed;
      case 'not-a-number':
        return words.notANumber;
      case 'out-of-range':
        return fill(words.outOfRange, `${problem.min}–${problem.max}`);
      case 'too-long':
        return fill(words.tooLong, problem.limit);
      case 'too-soon':
        return fill(words.tooSoon, dates.exact(problem.earliest));
      case 'too-late':
        return fill(words.tooLate, dates.date(problem.before));
      case 'not-a-cidr':
        return fill(words.notACidr, problem.value);
      case 'bad-scope':
        return fill(words.badScope, problem.value);
    }
  }

  function checkName(): void {
    clearTimeout(checking);
    checking = setTimeout(() => {
      if (typeof draft.name === 'string' && draft.name.trim() !== '') {
        send({ type: 'check-name', name: draft.name, draft });
      }
    }, 300);
  }

  const rows = form.fields.map((field) => {
    const control = controlFor({
      field,
      value: draft[field.name],
      words,
      dates,
      onChange: (value) => {
        draft[field.name] = value;
        touched.add(field.name);
        editor.setState({ draft: withoutNaN(draft) });
        update();
        // Names are unique for an owner: a change of either may make one taken or free.
        if ((field.input === 'text' && field.unique) || field.input === 'choice') checkName();
      },
    });
    const help = [field.help ?? '', field.immutable ? words.immutable : '']
      .filter((text) => text !== '')
      .join(' · ');
    void explain(control, field, help);
    return h(
      'div',
      { class: 'row' },
      field.input === 'flag'
        ? ''
        : h(
            'span',
            { class: 'label', 'aria-hidden': 'true' },
            field.required ? `${field.label} *` : field.label,
          ),
      h(
        'div',
        { class: 'control' },
        control,
        h('p', { class: 'help' }, help),
        problems.get(field.name) ?? '',
      ),
    );
  });

  show(
    h('h1', {}, words.title),
    h('p', { class: 'help' }, fill(words.account, account)),
    ...rows,
    ...(form.notes.length === 0
      ? []
      : [h('ul', { class: 'notes' }, ...form.notes.map((note) => h('li', {}, note)))]),
    h(
      'div',
      { class: 'footer' },
      summary,
      failure,
      h(
        'div',
        { class: 'buttons' },
        create,
        button(words.reset, 'reset', true, () => {
          editor.setState(undefined);
          send({ type: 'another' });
        }),
      ),
    ),
  );
  const first = form.fields[0];
  if (first !== undefined) document.querySelector<HTMLElement>(`[data-field="${first.name}"]`)?.focus();
  document.onkeydown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  update();
  if (draft.name !== '') checkName();

  return {
    receive(message: ToFormPage): void {
      if (message.type === 'name-taken') {
        if (message.taken) {
          takenName = message.name;
          touched.add('name');
        } else if (takenName === message.name) takenName = undefined;
      }
      if (message.type === 'failed') failure.textContent = message.sentence;
      if (message.type !== 'name-taken' || message.taken) isBusy = false;
      update();
    },
  };
}

const DOTS = '••••••••••••';

function createdPage({ title, reference, expires, parts }: CreatedFacts, words: Words) {
  document.onkeydown = null;
  const values = new Map(
    parts.map(({ name }) => [name, h('code', { 'data-secret': name, 'aria-live': 'off' }, DOTS)]),
  );
  const failure = h('p', { class: 'problem', role: 'alert', 'data-failure': true });
  const heading = h('h1', { tabindex: '-1' }, fill(words.created, title));
  show(
    heading,
    h('p', { class: 'once' }, words.shownOnce),
    h(
      'div',
      { class: 'row' },
      h('span', { class: 'label' }, words.reference),
      h('code', { 'data-reference': true }, reference),
    ),
    ...(expires === ''
      ? []
      : [h('div', { class: 'row' }, h('span', { class: 'label' }, words.expires), h('span', {}, expires))]),
    ...parts.map(({ name: part, label }) =>
      h(
        'div',
        { class: 'row' },
        h('span', { class: 'label' }, label),
        h(
          'div',
          { class: 'secret' },
          values.get(part) ?? '',
          button(
            words.reveal,
            'reveal',
            true,
            () => {
              send({ type: 'reveal', part });
            },
            `${label}: ${words.reveal}`,
          ),
          button(
            words.copy,
            'copy',
            true,
            () => {
              send({ type: 'copy', part });
            },
            `${label}: ${words.copy}`,
          ),
        ),
      ),
    ),
    failure,
    h(
      'div',
      { class: 'buttons' },
      button(words.copyReference, 'copy-reference', false, () => {
        send({ type: 'copy-reference' });
      }),
      button(words.details, 'details', true, () => {
        send({ type: 'details' });
      }),
      button(words.another, 'another', true, () => {
        send({ type: 'another' });
      }),
      button(words.close, 'close', true, () => {
        send({ type: 'close' });
      }),
    ),
  );
  heading.focus();
  return {
    receive(message: ToFormPage): void {
      if (message.type === 'failed') failure.textContent = message.sentence;
      if (message.type !== 'revealed') return;
      const value = values.get(message.part);
      if (value === undefined) return;
      value.textContent = message.text;
      setTimeout(() => {
        value.textContent = DOTS;
      }, message.seconds * 1000);
    },
  };
}
