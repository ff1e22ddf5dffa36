import { type DateWriter, parseDay } from '../core/dates.ts';
import {
  daysFrom,
  type ChoiceField,
  type ExpiryField,
  type Field,
  type ManyField,
  type NumberField,
  type TextField,
  type Value,
} from '../core/form.ts';
import type { Words } from '../editor/panels/messages.ts';
import { fill, h } from './dom.ts';

/** What a control needs: its field, where it starts, and whom to tell. */
export interface ControlSetting<F> {
  readonly field: F;
  readonly value: Value | undefined;
  readonly words: Words;
  readonly dates: DateWriter;
  readonly onChange: (value: Value) => void;
}

/** The control for a field. It carries `data-field` and the field's label. */
export function controlFor(setting: ControlSetting<Field>): HTMLElement {
  const { field } = setting;
  switch (field.input) {
    case 'text':
      return textControl({ ...setting, field });
    case 'address':
      return lineControl(setting, 'vscode-textfield');
    case 'choice':
      return choiceControl({ ...setting, field });
    case 'many':
      return manyControl({ ...setting, field });
    case 'expiry':
      return expiryControl({ ...setting, field });
    case 'number':
      return numberControl({ ...setting, field });
    case 'flag':
      return flagControl(setting);
  }
}

type ValueElement = HTMLElement & { value: string };

/** Builds a form control. What assistive technology calls it is a property: there is no attribute for it. */
function named(label: string, ...[tag, attributes, ...children]: Parameters<typeof h>): ValueElement {
  return Object.assign(h(tag, attributes, ...children), { label }) as HTMLElement & {
    value: string;
    label: string;
  };
}

function lineControl({ field, value, onChange }: ControlSetting<Field>, tag: string): HTMLElement {
  const element = named(field.label, tag, { 'data-field': field.name });
  element.value = typeof value === 'string' ? value : '';
  element.addEventListener('input', () => {
    onChange(element.value);
  });
  return element;
}

function textControl(setting: ControlSetting<Field & TextField>): HTMLElement {
  return lineControl(setting, setting.field.multiline ? 'vscode-textarea' : 'vscode-textfield');
}

function choiceControl({ field, value, onChange }: ControlSetting<Field & ChoiceField>): HTMLElement {
  const options = field.options.map((option) =>
    h(
      'vscode-option',
      { value: option.value, selected: option.value === value, description: option.detail },
      option.detail === undefined ? option.label : `${option.label} – ${option.detail}`,
    ),
  );
  const element = named(field.label, 'vscode-single-select', { 'data-field': field.name }, ...options);
  element.addEventListener('change', () => {
    onChange(element.value);
  });
  return element;
}

function numberControl({ field, value, onChange }: ControlSetting<Field & NumberField>): HTMLElement {
  const element = named(field.label, 'vscode-textfield', {
    'data-field': field.name,
    type: 'number',
    min: String(field.min),
    max: String(field.max),
  });
  element.value = typeof value === 'number' ? String(value) : '';
  element.addEventListener('input', () => {
    onChange(element.value.trim() === '' ? Number.NaN : Number(element.value));
  });
  return h('div', { class: 'number' }, element, h('span', { class: 'help' }, field.unit));
}

function flagControl({ field, value, onChange }: ControlSetting<Field>): HTMLElement {
  const element = h(
    'vscode-checkbox',
    { 'data-field': field.name, checked: value === true },
    field.label,
  ) as HTMLElement & { checked: boolean };
  element.addEventListener('change', () => {
    onChange(element.checked);
  });
  return element;
}

/** Chosen values as buttons that take themselves out, and below them a search over what is suggested. */
function manyControl({ field, value, words, onChange }: ControlSetting<Field & ManyField>): HTMLElement {
  const chosen = new Set(Array.isArray(value) ? (value as readonly string[]) : []);
  const chips = h('div', { class: 'chips', role: 'list', 'aria-label': field.label });
  const list = h('div', { class: 'suggestions', role: 'group', 'aria-label': field.label });
  const search = named(field.label, 'vscode-textfield', {
    'data-field': field.name,
    placeholder: words.addValue,
  });

  const change = (edit: () => void) => {
    edit();
    onChange([...chosen]);
    draw();
  };
  const draw = () => {
    chips.replaceChildren(
      ...[...chosen].map((each) => {
        const chip = h(
          'button',
          { type: 'button', class: 'chip', 'aria-label': fill(words.remove, each) },
          `${each} ✕`,
        );
        chip.addEventListener('click', () => {
          change(() => chosen.delete(each));
          search.focus();
        });
        return h('span', { role: 'listitem' }, chip);
      }),
    );
    const sought = search.value.trim().toLowerCase();
    const matches = field.suggestions.filter(({ value: each, detail }) =>
      `${each} ${detail ?? ''}`.toLowerCase().includes(sought),
    );
    list.replaceChildren(
      ...matches.map((option) => {
        const box = h(
          'vscode-checkbox',
          { checked: chosen.has(option.value), 'data-option': option.value },
          option.label,
        );
        box.addEventListener('change', () => {
          change(() => (chosen.has(option.value) ? chosen.delete(option.value) : chosen.add(option.value)));
        });
        return h('div', { class: 'suggestion' }, box, h('span', { class: 'help' }, option.detail ?? ''));
      }),
    );
  };
  const addTyped = () => {
    const typed = search.value.trim();
    const [only, ...others] = field.suggestions.filter((option) =>
      option.value.toLowerCase().includes(typed.toLowerCase()),
    );
    const isKnown = field.suggestions.some((option) => option.value === typed);
    const added = field.freeEntry || isKnown ? typed : others.length === 0 ? only?.value : undefined;
    if (typed === '' || added === undefined) return;
    search.value = '';
    change(() => chosen.add(added));
  };
  search.addEventListener('input', draw);
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    addTyped();
  });
  // What was typed and not entered is meant all the same.
  search.addEventListener('change', () => {
    if (field.freeEntry) addTyped();
  });
  draw();
  return h('div', { class: 'many' }, chips, search, list);
}

const CUSTOM = 'custom';
const NEVER = 'never';
const KEEP = 'keep';

/** Lengths that keep the time of day, a custom day, and never where the server allows it. */
function expiryControl({
  field,
  value,
  words,
  dates,
  onChange,
}: ControlSetting<Field & ExpiryField>): HTMLElement {
  const openedAt = Date.now();
  const preset = field.presets.find((days) => daysFrom(openedAt, days) === value) ?? field.initial;
  const { current } = field;
  const isKept = current !== undefined && value === current;
  const first = isKept ? KEEP : value === null ? NEVER : String(preset);
  const choice = (key: string, text: string) =>
    h('vscode-option', { value: key, selected: key === first }, text);
  const select = named(
    field.label,
    'vscode-single-select',
    { 'data-field': field.name },
    ...(current === undefined ? [] : [choice(KEEP, keptText(current))]),
    ...field.presets.map((days) => choice(String(days), days === 1 ? words.day : fill(words.days, days))),
    choice(CUSTOM, words.custom),
    ...(field.never ? [choice(NEVER, words.never)] : []),
  );
  const day = named(words.customDate, 'vscode-textfield', {
    'data-field': `${field.name}-day`,
    placeholder: 'YYYY-MM-DD',
  });
  const custom = h(
    'div',
    { class: 'custom', hidden: true },
    h('span', { class: 'help' }, words.customDate),
    day,
  );
  const warning = h(
    'p',
    { class: 'warning', role: 'status', hidden: first !== NEVER && !(isKept && current === null) },
    words.neverWarning,
  );

  function keptText(kept: number | null): string {
    return kept === null ? words.keepNever : fill(words.keep, dates.exact(kept));
  }
  const tell = () => {
    const choiceNow = select.value;
    custom.hidden = choiceNow !== CUSTOM;
    warning.hidden = choiceNow !== NEVER;
    if (choiceNow === KEEP) onChange(current ?? null);
    else if (choiceNow === NEVER) onChange(null);
    else if (choiceNow === CUSTOM) onChange(parseDay(day.value, Date.now()) ?? Number.NaN);
    else onChange(daysFrom(Date.now(), Number(choiceNow)));
  };
  select.addEventListener('change', () => {
    tell();
    if (select.value === CUSTOM) day.focus();
  });
  day.addEventListener('input', tell);
  return h('div', { class: 'expiry' }, select, custom, warning);
}

/** What is said of a control beside its label: it lies in a shadow of its own, where no id of the page is known. */
export async function explain(control: HTMLElement, field: Field, help: string): Promise<void> {
  const parts = [control, ...control.querySelectorAll<HTMLElement>('[data-field]')];
  for (const part of parts as (HTMLElement & { readonly updateComplete?: Promise<unknown> })[]) {
    await part.updateComplete; // drawn, once it stands in the page
    const inner = part.shadowRoot?.querySelector('input, textarea, [role=combobox]');
    if (help !== '') inner?.setAttribute('aria-description', help);
    if (field.required) inner?.setAttribute('aria-required', 'true');
  }
}
