import type { Instant } from './token.ts';

/**
 * A server's creation form, as data. The page draws it, `problemsOf` checks it on both sides, and the kind's
 * `create` receives the values: nobody else knows what a server asks for.
 */
export interface Form {
  readonly fields: readonly Field[];
  /** What the user should know before creating, in the server's terms: "Tokens cannot be changed later." */
  readonly notes: readonly string[];
}

export type Field = FieldBase &
  (TextField | ChoiceField | ManyField | ExpiryField | AddressField | FlagField | NumberField);

interface FieldBase {
  /** Key of the value in a draft. */
  readonly name: string;
  readonly label: string;
  readonly help?: string;
  readonly required: boolean;
  /** The server never lets it be changed after creation. */
  readonly immutable: boolean;
}

export interface TextField {
  readonly input: 'text';
  readonly initial: string;
  readonly maxLength: number;
  readonly multiline: boolean;
  /** The server refuses a second token of this name for the same owner; the page asks while the user types. */
  readonly unique: boolean;
}

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
}

export interface ChoiceField {
  readonly input: 'choice';
  readonly initial: string;
  readonly options: readonly Option[];
}

export interface ManyField {
  readonly input: 'many';
  readonly initial: readonly string[];
  readonly suggestions: readonly Option[];
  /** Values that are not suggested may be typed in. */
  readonly freeEntry: boolean;
  readonly format: 'scope' | 'cidr';
}

export interface ExpiryField {
  readonly input: 'expiry';
  /** Offered lengths, in days. */
  readonly presets: readonly number[];
  /** The length chosen at first, in days. */
  readonly initial: number;
  readonly minDays: number;
  /** The first instant the server refuses; `undefined` where it has no such limit. */
  readonly before: Instant | undefined;
  /** Whether a token may live for ever. */
  readonly never: boolean;
  /** What an existing token has now; null: never. It may be kept, whatever the limits for new values are. */
  readonly current?: Instant | null;
}

export interface AddressField {
  readonly input: 'address';
  readonly initial: string;
  /** `uri`: absolute address; `host`: the end of a host name. */
  readonly format: 'uri' | 'host';
}

export interface FlagField {
  readonly input: 'flag';
  readonly initial: boolean;
}

export interface NumberField {
  readonly input: 'number';
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** What is counted, e.g. "seconds". */
  readonly unit: string;
}

/** A field's value: text; many texts; yes or no; a number; an instant in ms, or null for never. */
export type Value = string | readonly string[] | boolean | number | null;
export type Draft = Readonly<Record<string, Value>>;

export type FieldProblem =
  | {
      readonly field: string;
      readonly kind:
        | 'required'
        | 'not-a-date'
        | 'not-an-option'
        | 'not-an-address'
        | 'not-a-host'
        | 'wrong-type'
        | 'not-a-number'
        | 'past'
        | 'never-not-allowed';
    }
  | { readonly field: string; readonly kind: 'too-long'; readonly limit: number }
  | { readonly field: string; readonly kind: 'out-of-range'; readonly min: number; readonly max: number }
  | { readonly field: string; readonly kind: 'too-soon'; readonly earliest: Instant }
  | { readonly field: string; readonly kind: 'too-late'; readonly before: Instant }
  | { readonly field: string; readonly kind: 'not-a-cidr' | 'bad-scope'; readonly value: string };

const DAY = 86_400_000;
/** Leeway for the minutes a form stays open between choosing "1 day" and pressing Create, and for clocks that differ. */
const SLACK = 5 * 60_000;

/** The values a fresh form starts with, at `now`. */
export function initialDraft(form: Form, now: Instant): Draft {
  return Object.fromEntries(
    form.fields.map((field) => [field.name, field.input !== 'expiry' ? field.initial : startOf(field, now)]),
  );
}

const startOf = ({ current, initial }: ExpiryField, now: Instant) =>
  current === undefined ? daysFrom(now, initial) : current;

/** `days` calendar days after `from` at the same local time of day, also across a change of clocks. */
export function daysFrom(from: Instant, days: number): Instant {
  const date = new Date(from);
  date.setDate(date.getDate() + days);
  return date.getTime();
}

/** Everything wrong with `draft` by the form's own rules; empty when it may be sent. */
export function problemsOf(form: Form, draft: Draft, now: Instant): FieldProblem[] {
  return form.fields.flatMap((field) => problemsOfField(field, draft[field.name], now));
}

function problemsOfField(field: Field, value: Value | undefined, now: Instant): FieldProblem[] {
  const name = field.name;
  switch (field.input) {
    case 'text':
      if (typeof value !== 'string') return [{ field: name, kind: 'wrong-type' }];
      if (field.required && value.trim() === '') return [{ field: name, kind: 'required' }];
      return value.length > field.maxLength
        ? [{ field: name, kind: 'too-long', limit: field.maxLength }]
        : [];
    case 'choice':
      if (typeof value !== 'string') return [{ field: name, kind: 'wrong-type' }];
      return field.options.some((option) => option.value === value)
        ? []
        : [{ field: name, kind: 'not-an-option' }];
    case 'many':
      if (!Array.isArray(value)) return [{ field: name, kind: 'wrong-type' }];
      return problemsOfMany(field, value as readonly string[]);
    case 'expiry':
      return problemsOfExpiry(field, value, now);
    case 'address':
      if (typeof value !== 'string') return [{ field: name, kind: 'wrong-type' }];
      return problemsOfAddress(field, value.trim());
    case 'number':
      if (typeof value !== 'number' || !Number.isInteger(value))
        return [{ field: name, kind: 'not-a-number' }];
      return value < field.min || value > field.max
        ? [{ field: name, kind: 'out-of-range', min: field.min, max: field.max }]
        : [];
    case 'flag':
      return typeof value === 'boolean' ? [] : [{ field: name, kind: 'wrong-type' }];
  }
}

function problemsOfMany(field: FieldBase & ManyField, values: readonly string[]): FieldProblem[] {
  if (field.required && values.length === 0) return [{ field: field.name, kind: 'required' }];
  for (const value of values) {
    if (field.format === 'cidr' && !isCidr(value)) return [{ field: field.name, kind: 'not-a-cidr', value }];
    if (field.format === 'scope' && !/^[^\s\p{C}]{1,200}$/u.test(value)) {
      return [{ field: field.name, kind: 'bad-scope', value }];
    }
    if (!field.freeEntry && !field.suggestions.some((option) => option.value === value)) {
      return [{ field: field.name, kind: 'not-an-option' }];
    }
  }
  return [];
}

function problemsOfExpiry(
  field: FieldBase & ExpiryField,
  value: Value | undefined,
  now: Instant,
): FieldProblem[] {
  const name = field.name;
  if (field.current !== undefined && value === field.current) return [];
  if (value === null) return field.never ? [] : [{ field: name, kind: 'never-not-allowed' }];
  if (typeof value !== 'number') return [{ field: name, kind: 'wrong-type' }];
  if (!Number.isFinite(value)) return [{ field: name, kind: 'not-a-date' }];
  if (value <= now) return [{ field: name, kind: 'past' }];
  const earliest = now + field.minDays * DAY;
  if (value < earliest - SLACK) return [{ field: name, kind: 'too-soon', earliest }];
  if (field.before !== undefined && value >= field.before) {
    return [{ field: name, kind: 'too-late', before: field.before }];
  }
  return [];
}

function problemsOfAddress(field: FieldBase & AddressField, text: string): FieldProblem[] {
  if (text === '') return field.required ? [{ field: field.name, kind: 'required' }] : [];
  if (field.format === 'host') {
    return /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i.test(text)
      ? []
      : [{ field: field.name, kind: 'not-a-host' }];
  }
  return URL.canParse(text) && /^https?:\/\//i.test(text)
    ? []
    : [{ field: field.name, kind: 'not-an-address' }];
}

/** IPv4 or IPv6 address, with or without a prefix length. */
function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0) return false;
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  const isV4 = v4?.slice(1).every((octet) => Number(octet) < 256) ?? false;
  if (!isV4 && !(address.includes(':') && URL.canParse(`http://[${address}]/`))) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isV4 ? 32 : 128));
}
