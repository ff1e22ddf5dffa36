/** Builds an element: attributes as given, text as text (never as HTML), listeners by name. */
export function h(
  tag: string,
  attributes: Readonly<Record<string, string | boolean | undefined>> = {},
  ...children: readonly (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function button(
  label: string,
  action: string,
  secondary: boolean,
  press: () => void,
  /** What a screen reader says, where several buttons have the same label. */
  spoken?: string,
): HTMLElement {
  const element = h(
    'vscode-button',
    { 'data-action': action, secondary, ...(spoken === undefined ? {} : { 'aria-label': spoken }) },
    label,
  );
  element.addEventListener('click', press);
  return element;
}

/** Replaces the page's content. */
export function show(...children: readonly Node[]): void {
  document.querySelector('#page')?.replaceChildren(...children);
}

/** A word with its value in place of {0}. */
export const fill = (word: string, value: string | number) => word.replaceAll('{0}', String(value));

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The editor, acquired once. */
export const editor: VsCodeApi = acquireVsCodeApi();
