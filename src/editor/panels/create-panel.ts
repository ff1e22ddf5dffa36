import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { messageOf, PatError } from '../../core/errors.ts';
import { type Draft, type Form, initialDraft, problemsOf, type Value } from '../../core/form.ts';
import type { Secret } from '../../core/secret.ts';
import type { ToCreatePage } from './messages.ts';
import { openPage } from './page.ts';
import { createWords } from './words.ts';

/** What the panel needs of the server it creates on. */
export interface CreateSession {
  readonly serverId: string;
  readonly serverName: string;
  readonly account: string;
  readonly prefill: Partial<Draft>;
  form(signal: AbortSignal): Promise<Form>;
  nameTaken(name: string, draft: Draft, signal: AbortSignal): Promise<boolean>;
  /**
   * Creates and stores; failures of storing have been settled with the user inside. `undefined`: they turned away.
   * Rejects with PatError `name-taken`, shown at its field, or with an Error whose message is fit to show.
   */
  create(draft: Draft, signal: AbortSignal): Promise<Created | undefined>;
}

/** A token just made, and what can be done with it from the page. */
export interface Created {
  readonly title: string;
  readonly alias: string;
  readonly reference: string;
  readonly expires: string;
  readonly parts: readonly string[];
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
  z.object({ type: z.literal('create'), draft: draftSchema }),
  z.object({ type: z.enum(['copy', 'reveal']), part: z.string() }),
]);

const open = new Map<string, vscode.WebviewPanel>();

/** One panel a server: asking again shows the one that is open. */
export function openCreatePanel(context: vscode.ExtensionContext, session: CreateSession): void {
  const isPlain = Object.keys(session.prefill).length === 0;
  const before = open.get(session.serverId);
  if (before !== undefined && isPlain) {
    before.reveal();
    return;
  }
  before?.dispose();
  const panel = openPage(context, 'create', vscode.l10n.t('Create Token: {0}', session.serverName));
  open.set(session.serverId, panel);
  const host = new CreatePanelHost(panel, session);
  panel.webview.onDidReceiveMessage((message: unknown) => host.receive(message));
  panel.onDidDispose(() => {
    if (open.get(session.serverId) === panel) open.delete(session.serverId);
    host.dispose();
  });
}

class CreatePanelHost {
  readonly #panel: vscode.WebviewPanel;
  readonly #session: CreateSession;
  readonly #closing = new AbortController();
  #form: Form | undefined;
  #created: Created | undefined;
  #isCreating = false;

  constructor(panel: vscode.WebviewPanel, session: CreateSession) {
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
        case 'create': {
          await this.#create(message.draft);
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
      form: translated(form),
      draft,
      account: this.#session.account,
      locale: Intl.DateTimeFormat().resolvedOptions().locale,
      words: createWords(this.#session.serverName),
    });
  }

  async #checkName(name: string, draft: Draft): Promise<void> {
    const taken = await this.#session.nameTaken(name, draft, this.#closing.signal).catch(() => false);
    this.#post({ type: 'name-taken', name, taken });
  }

  async #create(draft: Draft): Promise<void> {
    // A second press while the first is under way must not make a second token.
    if (this.#form === undefined || this.#isCreating || this.#created !== undefined) return;
    const problems = problemsOf(this.#form, draft, Date.now());
    if (problems.length > 0) {
      this.#post({ type: 'problems', problems });
      return;
    }
    this.#isCreating = true;
    try {
      // Not cancelled by closing the panel: a token may be on its way, and its secret comes once.
      this.#created = await this.#session.create(draft, new AbortController().signal);
      if (this.#created === undefined) this.#post({ type: 'idle' });
      else this.#postCreated(this.#created);
    } catch (error) {
      if (PatError.is(error, 'name-taken'))
        this.#post({ type: 'name-taken', name: error.problem.name, taken: true });
      else this.#post({ type: 'failed', sentence: messageOf(error) });
    } finally {
      this.#isCreating = false;
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

  #post(message: ToCreatePage): void {
    if (!this.#closing.signal.aborted) void this.#panel.webview.postMessage(message);
  }
}

/** The form with its labels in the user's language; the kinds write them in English. */
function translated(form: Form): Form {
  const t = (text: string) => vscode.l10n.t(text);
  return {
    notes: form.notes.map(t),
    fields: form.fields.map((field) => ({
      ...field,
      label: t(field.label),
      ...(field.help === undefined ? {} : { help: t(field.help) }),
    })),
  };
}
