import * as l10n from '@vscode/l10n';
import { PatError } from '../core/errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** What asks for the following page; `undefined` on the last one. */
  readonly next: string | undefined;
}

const MAX_PAGES = 1000;

/**
 * Follows a list from page to page. It ends with the last page, and also where a server ignores paging or runs
 * in circles: a page that brings nothing new, or a next page that was read before, is the end.
 * @throws PatError `not-a-pat-server` for a list that grows without end
 */
export async function* pagesOf<T extends { readonly id: string }>(
  host: string,
  read: (next: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void, undefined> {
  const seen = new Set<string>();
  const asked = new Set<string>();
  let next: string | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = await read(next);
    const fresh = page.items.filter(({ id }) => !seen.has(id) && seen.add(id));
    if (fresh.length > 0) yield fresh;
    next = page.next;
    if (next === undefined || next === '' || fresh.length === 0 || asked.has(next)) return;
    asked.add(next);
  }
  throw new PatError({
    reason: 'not-a-pat-server',
    host,
    why: l10n.t('a list of more than {0} pages', MAX_PAGES),
  });
}
