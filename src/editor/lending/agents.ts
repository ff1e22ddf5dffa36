import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { PatError } from '../../core/errors.ts';
import { masked } from '../../core/mask.ts';
import type { Http } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import type { Authorization } from '../../servers/server.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Vault } from '../../vault/vault.ts';
import { speaking } from '../notices.ts';
import { plainText } from '../words.ts';
import { listOf } from './cli.ts';
import { commandLine } from './consent.ts';
import { firstFolder, type Lender } from './lender.ts';

export interface AgentPorts {
  readonly lender: Lender;
  readonly vault: Vault;
  authorization(entry: Entry): Promise<Authorization>;
  /** Whether a call there is about tokens themselves: no agent makes, changes or exchanges any. */
  isManagement(entry: Entry, url: URL): Promise<boolean>;
  http(): Promise<Http>;
}

const Named = z.object({ reference: z.string() });
const Call = z.object({
  reference: z.string(),
  url: z.string(),
  method: z._default(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), 'GET'),
  body: z.optional(z.string()),
  contentType: z._default(z.string(), 'application/json'),
});

/** Characters of an answer that an agent is given. */
const ANSWER_LIMIT = 30_000;

/** Tools for agents. None of them tells a secret: `pat_http` makes the call itself and scrubs the answer. */
export function lendToAgents(ports: AgentPorts): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.lm.registerTool('pat_list', {
      invoke: () => text(JSON.stringify(listOf(ports.vault))),
    }),
    vscode.lm.registerTool('pat_describe', {
      invoke: ({ input }) => speaking(() => text(JSON.stringify(described(ports, input)))),
    }),
    vscode.lm.registerTool('pat_http', {
      prepareInvocation: async ({ input }) => {
        const call = await speaking(() => callIn(ports, input));
        const shown = commandLine([call.method, call.url.href]);
        return {
          invocationMessage: plainText(vscode.l10n.t('Calling {0}', shown)),
          confirmationMessages: {
            title: vscode.l10n.t('Call {0} with the token {1}?', call.url.host, call.entry.alias),
            message: [
              asWritten([shown, ...(call.body === undefined ? [] : [commandLine([call.body])])].join('\n')),
              vscode.l10n.t('The agent gets the answer, never the token. The call acts in your name.'),
            ].join('\n\n'),
          },
        };
      },
      invoke: async (options, cancellation) => {
        // Who calls from elsewhere than a chat is unknown: its type says never, another extension gives none.
        const { toolInvocationToken }: { readonly toolInvocationToken?: unknown } = options;
        const isFromChat = toolInvocationToken !== undefined;
        return speaking(async () => text(await request(ports, options.input, isFromChat, cancellation)));
      },
    }),
  );
}

/** VS Code reads the message as Markdown, in which the words of an agent are not to mean anything. */
function asWritten(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

const text = (value: string) => new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(value)]);

function described({ lender, vault }: AgentPorts, input: unknown): object {
  const entry = lender.entryOf(parsed(Named, input).reference);
  const { alias, tokenName, scopes, origin, expires, storedAt } = entry;
  return { reference: vault.referenceOf(entry), alias, tokenName, scopes, origin, expires, storedAt };
}

/** @throws PatError for another origin than the token's own */
function callIn({ lender }: AgentPorts, input: unknown) {
  const { reference, url: address, method, body, contentType } = parsed(Call, input);
  const entry = lender.entryOf(reference);
  const url = URL.parse(address, entry.origin);
  if (url?.username !== '' || url.password !== '') {
    throw new PatError({ reason: 'bad-address', address });
  }
  if (url.origin !== entry.origin) {
    throw new PatError({ reason: 'other-origin', origin: entry.origin, asked: url.origin });
  }
  return { reference, entry, url, method, body, contentType };
}

async function request(
  ports: AgentPorts,
  input: unknown,
  isFromChat: boolean,
  cancellation: vscode.CancellationToken,
): Promise<string> {
  const { entry, reference, url, method, body, contentType } = callIn(ports, input);
  if (await ports.isManagement(entry, url)) {
    throw new PatError({
      reason: 'unsupported',
      what: vscode.l10n.t('calls of agents that are about tokens'),
    });
  }
  const shown = commandLine([method, url.href, ...(body === undefined ? [] : [body])]);
  // VS Code has asked; in a chat it may have been told not to ask again, which is enough for reading only.
  const isConfirmed = !isFromChat || method === 'GET';
  const { authorization } = await ports.lender.lend({
    consumer: 'agent',
    who: isFromChat ? vscode.l10n.t('an agent') : vscode.l10n.t('another extension'),
    shown: vscode.l10n.t('Call: {0}', shown),
    meaning: vscode.l10n.t('The agent gets the answer, never the token. The call acts in your name.'),
    folder: firstFolder(),
    definition: undefined,
    references: { authorization: reference },
    ...(isConfirmed ? { confirmed: true } : {}),
  });
  const { headers, accessToken } = await ports.authorization(entry);
  const abort = new AbortController();
  const listening = cancellation.onCancellationRequested(() => {
    abort.abort();
  });
  try {
    const http = await ports.http();
    const answer = await http({
      ...{ method, url, headers, signal: abort.signal },
      ...(body === undefined ? {} : { body: { type: contentType, text: new Secret(body) } }),
    });
    const secrets = [accessToken, authorization, ...Object.values(headers)].map(
      (each) => each?.reveal() ?? '',
    );
    const said = masked(answer.text, secrets);
    const rest = said.length - ANSWER_LIMIT;
    return `${answer.status} ${answer.header('content-type') ?? ''}\n\n${said.slice(0, ANSWER_LIMIT)}${
      rest > 0 ? `\n… (${rest} more characters)` : ''
    }`;
  } finally {
    listening.dispose();
  }
}

function parsed<T>(schema: z.ZodMiniType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new PatError({ reason: 'unsupported', what: vscode.l10n.t('a call of this form') });
}
