import type * as vscode from 'vscode';
import * as z from 'zod/mini';
import { messageOf, PatError } from '../../core/errors.ts';
import { type Draft, type Form, initialDraft, problemsOf, type Value } from '../../core/form.ts';
import type { Secret } from '../../core/secret.ts';
import type { CreatedFacts, ToFormPage, Words } from './messages.ts';
import { openPage } from './page.ts';

/** What the panel asks for, and what is done with the answers: creating a token, or changing one. */
export interface FormSession {
  /** One panel a key. */
  readonly key: string;
  readonly title: string;
  readonly words: Words;
  readonly account: string;
  readonly prefill: Partial<Draft>;
  form(signal: AbortSignal): Promise<Form>;
  nameTaken(name: string, draft: Draft, signal: AbortSignal): Promise<boolean>;
  onClosed?(): void;
  /**
   * Creates and stores, or changes. `done` closes the panel; `undefined`: the user turned away.
   * Rejects with PatError `name-taken`, shown at its field, or with an Error whose message is fit to show.
   */
  submit(draft: Draft, signal: AbortSignal): Promise<Created | 'done' | undefined>;
}

/** A token just made, and what can be done with it from the page. */
export interface Created {
  readonly title: string;
  readonly alias: string;
  readonly reference: string;
  readonly expires: string;
  readonly parts: CreatedFacts['parts'];
  copy(part: string): Promise<void>;
  copyReference(): Promise<void>;
  reveal(part: string): Promise<Secret>;
  openDetails(): Promise<void>;
}

const REVEAL_SECONDS = 15;

const draftSchema = z.record(
  z.string(),
  z.union([z.string(), z.array(z.string()), z.boolean(), z.number(), z.null()]),
);
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ready', 'copy-reference', 'details', 'another', 'close']) }),
  z.object({ type: z.literal('check-name'), name: z.string(), draft: draftSchema }),
  z.object({ type: z.literal('submit'), draft: draftSchema }),
  z.object({ type: z.enum(['copy', 'reveal']), part: z.string() }),
]);

const open = new Map<string, vscode.WebviewPanel>();

/** Asking again shows the one that is open. */
export function openFormPanel(context: vscode.ExtensionContext, session: FormSession): void {
  const isPlain = Object.keys(session.prefill).length === 0 && session.onClosed === undefined;
  const before = open.get(session.key);
  if (before !== undefined && isPlain) {
    before.reveal();
    return;
  }
  before?.dispose();
  const panel = openPage(context, 'form', session.title);
  open.set(session.key, panel);
  const host = new FormPanelHost(panel, session);
  panel.webview.onDidReceiveMessage((message: unknown) => host.receive(message));
  panel.onDidDispose(() => {
    if (open.get(session.key) === panel) open.delete(session.key);
    host.dispose();
    session.onClosed?.();
  });
}

class FormPanelHost {
  readonly #panel: vscode.WebviewPanel;
  readonly #session: FormSession;
  readonly #closing = new AbortController();
  #form: Form | undefined;
  #created: Created | undefined;
  #isBusy = false;

  constructor(panel: vscode.WebviewPanel, session: FormSession) {
    this.#panel = panel;
    this.#session = session;
  }

  dispose(): void {
    this.#closing.abort();
  }

  async receive(foreign: unknown): Promise<void> {
    const { success, data: message } = messageSchema.safeParse(foreign);
    if (!success) return;
    try {
      switch (message.type) {
        case 'ready': {
          await this.#show();
          return;
        }
        case 'another':
          this.#created = undefined;
          {
            await this.#show();
            return;
          }
        case 'check-name': {
          await this.#checkName(message.name, message.draft);
          return;
        }
        case 'submit': {
          await this.#submit(message.draft);
          return;
        }
        case 'copy':
          return await this.#created?.copy(message.part);
        case 'copy-reference':
          return await this.#created?.copyReference();
        case 'reveal': {
          await this.#reveal(message.part);
          return;
        }
        case 'details':
          return await this.#created?.openDetails();
        case 'close':
          this.#panel.dispose();
      }
    } catch (error) {
      this.#post({ type: 'failed', sentence: messageOf(error) });
    }
  }

  async #show(): Promise<void> {
    if (this.#created !== undefined) {
      this.#postCreated(this.#created);
      return;
    }
    const form = await this.#session.form(this.#closing.signal);
    this.#form = form;
    const draft: Record<string, Value> = { ...initialDraft(form, Date.now()) };
    for (const { name } of form.fields) {
      const value = this.#session.prefill[name];
      if (value !== undefined) draft[name] = value;
    }
    this.#post({
      type: 'form',
      form: form,
      draft,
      account: this.#session.account,
      locale: Intl.DateTimeFormat().resolvedOptions().locale,
      words: this.#session.words,
    });
  }

  async #checkName(name: string, draft: Draft): Promise<void> {
    const taken = await this.#session.nameTaken(name, draft, this.#closing.signal).catch(() => false);
    this.#post({ type: 'name-taken', name, taken });
  }

  async #submit(draft: Draft): Promise<void> {
    // A second press while the first is under way must not make a second token.
    if (this.#form === undefined || this.#isBusy || this.#created !== undefined) return;
    const problems = problemsOf(this.#form, draft, Date.now());
    if (problems.length > 0) {
      this.#post({ type: 'problems', problems });
      return;
    }
    this.#isBusy = true;
    try {
      // Not cancelled by closing the panel: a token may be on its way, and its secret comes once.
      const outcome = await this.#session.submit(draft, new AbortController().signal);
      if (outcome === 'done') {
        this.#panel.dispose();
        return;
      }
      this.#created = outcome;
      if (outcome === undefined) this.#post({ type: 'idle' });
      else this.#postCreated(outcome);
    } catch (error) {
      if (PatError.is(error, 'name-taken'))
        this.#post({ type: 'name-taken', name: error.problem.name, taken: true });
      else this.#post({ type: 'failed', sentence: messageOf(error) });
    } finally {
      this.#isBusy = false;
    }
  }

  async #reveal(part: string): Promise<void> {
    const secret = await this.#created?.reveal(part);
    if (secret === undefined) return;
    this.#post({ type: 'revealed', part, text: secret.reveal(), seconds: REVEAL_SECONDS });
  }

  #postCreated({ title, alias, reference, expires, parts }: Created): void {
    this.#post({ type: 'created', created: { title, alias, reference, expires, parts } });
  }

  #post(message: ToFormPage): void {
    if (!this.#closing.signal.aborted) void this.#panel.webview.postMessage(message);
  }
}
