import { PatError } from './errors.ts';

/**
 * Names a stored token without holding it: `pat://<server>/<alias>`. Both names are 1–64 of `[a-z0-9-]`,
 * beginning and ending with a letter or digit. It has a grammar of its own, because URL parsers forgive
 * (userinfo, ports, percent-encoding, dots) what a reference must not contain.
 */
export interface Reference {
  readonly server: string;
  readonly alias: string;
}

const NAME = '[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?';
const GRAMMAR = new RegExp(`^pat://(${NAME})/(${NAME})$`);

export const REFERENCE_PREFIX = 'pat://';

/** @throws PatError `bad-reference` */
export function parseReference(text: string): Reference {
  const [, server, alias] = GRAMMAR.exec(text) ?? [];
  if (server === undefined || alias === undefined) throw new PatError({ reason: 'bad-reference', text });
  return { server, alias };
}

export function formatReference({ server, alias }: Reference): string {
  return `${REFERENCE_PREFIX}${server}/${alias}`;
}

/** A name for a reference from free text, unlike every name in `taken`: "CI Runner (prod)" → `ci-runner-prod`. */
export function nameFrom(text: string, taken: ReadonlySet<string>, fallback: string): string {
  const base =
    text
      .normalize('NFKD')
      .toLowerCase()
      .replace(/\p{M}/gu, '')
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 48)
      .replace(/^-+|-+$/g, '') || fallback;
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) {
    const name = `${base}-${n}`;
    if (!taken.has(name)) return name;
  }
}
