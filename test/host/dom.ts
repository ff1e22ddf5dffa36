import type { Locator } from 'playwright-core';

/** Matches this text and no longer one. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}

/** What is asked of an element inside the page; the DOM's own types would leak into the whole project. */
export interface DomElement {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): DomElement | null;
}

/** Whether it gets there in time; for what may rightly not happen. */
export async function comes(what: Locator, state: 'visible' | 'hidden', timeout: number): Promise<boolean> {
  return what.waitFor({ state, timeout }).then(
    () => true,
    () => false,
  );
}
