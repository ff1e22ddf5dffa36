/** What stands in place of a secret. */
export const MASKED = '•••';

/**
 * The forms in which a program is likely to print a text: as it is, in JSON, in an address, in hexadecimal, and in
 * base64 – also within a longer text, such as the `user:secret` of Basic authentication, where it can begin at any of
 * three places of a group.
 */
export function formsOf(secret: string): readonly string[] {
  // A text of three characters is no secret, and masking it would spoil everything else.
  if (secret.length < 4) return [];
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((before) => {
    const code = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return code.slice(Math.ceil((before * 8) / 6), end);
  });
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64,
    ...base64.map((code) => code.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  // The longest first: one form can be the beginning of another.
  return [...new Set(forms)].filter((form) => form.length > 3).sort((a, b) => b.length - a.length);
}

/** A text without any form of the secrets. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets.flatMap(formsOf).reduce((rest, form) => rest.replaceAll(form, MASKED), text);
}

/** Masks what comes in pieces: the end of one that may be the beginning of a secret waits for the next. */
export class StreamMask {
  readonly #forms: readonly string[];
  #held = '';

  constructor(secrets: readonly string[]) {
    // Bytes as characters of one byte each, so that a character cut in two by the pieces does no harm.
    this.#forms = secrets.flatMap(formsOf).map((form) => Buffer.from(form).toString('latin1'));
  }

  push(piece: Buffer): Buffer {
    const text = this.#replaced(this.#held + piece.toString('latin1'));
    const longest = Math.max(0, ...this.#forms.map((form) => form.length));
    let cut = text.length;
    for (let start = Math.max(0, text.length - longest + 1); start < text.length; start++) {
      const end = text.slice(start);
      if (!this.#forms.some((form) => form.startsWith(end))) continue;
      cut = start;
      break;
    }
    this.#held = text.slice(cut);
    return Buffer.from(text.slice(0, cut), 'latin1');
  }

  /** What is still held when nothing more comes. */
  end(): Buffer {
    const rest = Buffer.from(this.#held, 'latin1');
    this.#held = '';
    return rest;
  }

  #replaced(text: string): string {
    const mask = Buffer.from(MASKED).toString('latin1');
    return this.#forms.reduce((rest, form) => rest.replaceAll(form, mask), text);
  }
}
