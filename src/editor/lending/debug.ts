import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import { LAUNCH_VARIABLE } from '../../cli/protocol.ts';
import { REFERENCE_PREFIX } from '../../core/reference.ts';
import type { Secret } from '../../core/secret.ts';
import { definitionOf } from '../../vault/grants.ts';
import type { Vault } from '../../vault/vault.ts';
import { speaking } from '../notices.ts';
import { commandLine } from './consent.ts';
import type { Launcher } from './launcher.ts';
import { firstFolder, type Lender, type Wish } from './lender.ts';

/** Names a session's values; it stands in its configuration, which every extension can read. */
const MARK = '__patVault';

/**
 * Milliseconds after which a session that has not begun never will, or not again: adapters that know no restart are
 * ended and started anew. The task before it may take its time.
 */
const BEGINS_WITHIN = 600_000;

interface Session {
  /** The debug session it is for, once that has begun: no other gets values by carrying the same mark. */
  of?: vscode.DebugSession;
  /** Adapters that are at work for it: two for a moment, when one is ended and started anew. */
  running: number;
  readonly wish: Wish;
  values: Readonly<Record<string, Secret>>;
  marks: string;
  /** What leads `pat` to us. */
  readonly address: Readonly<Record<string, string>>;
  readonly script: string;
}

interface Message {
  readonly type?: string;
  readonly command?: string;
  readonly arguments?: Arguments & { readonly arguments?: Arguments };
}
interface Arguments {
  env?: Record<string, string | null>;
  args?: string[];
  readonly console?: string;
}

/**
 * References in `env` and `envFile` of launch configurations. The configuration keeps the reference; the value is put
 * into the message to the debug adapter, or – for a terminal, where it would be typed for all to read – got by
 * `pat run` there. That messages are the very objects that are sent on is measured, not documented; consumers.test.ts
 * pins it.
 */
export function lendToDebuggers(
  lender: Lender,
  launcher: Launcher,
  vault: Vault,
  when: { readonly stopped: vscode.Event<void>; readonly refused: vscode.Event<string> },
): vscode.Disposable {
  const sessions = new Map<string, Session>();
  const dropUnlessRunning = (mark: string) => {
    setTimeout(() => {
      if ((sessions.get(mark)?.running ?? 0) <= 0) sessions.delete(mark);
    }, BEGINS_WITHIN).unref();
  };

  const provider: vscode.DebugConfigurationProvider = {
    async resolveDebugConfigurationWithSubstitutedVariables(folder, configuration) {
      const file = await variablesFile(configuration);
      const references = referencesIn(configuration, file);
      if (Object.keys(references).length === 0 || MARK in configuration) return configuration;
      const definition = definitionOf(['launch', JSON.stringify(configuration), file], references);
      const wish = {
        ...wishOf(configuration, references),
        ...{ definition, folder: folder?.uri.fsPath ?? firstFolder() },
      };
      // In a terminal `pat run` asks by itself, with the command line that is run there.
      const values = isTerminal(configuration.console as unknown)
        ? await speaking(() => nothingYet(lender, wish))
        : await allowed(lender, wish);
      if (values === undefined) return undefined;
      // The hooks of a tracker cannot wait: what they need is here before the session begins.
      const [address, script] = await Promise.all([launcher.environment(), launcher.script()]);
      const id = randomUUID();
      sessions.set(id, { wish, values, address, script, marks: marksOf(lender, wish), running: 0 });
      dropUnlessRunning(id);
      return {
        ...configuration,
        env: { ...(configuration.env as object | undefined), ...references },
        [MARK]: id,
      };
    },
  };

  const trackers: vscode.DebugAdapterTrackerFactory = {
    createDebugAdapterTracker(of) {
      const session = sessions.get(String(of.configuration[MARK]));
      if (session === undefined) return undefined;
      session.of ??= of;
      if (session.of.id !== of.id) return undefined;
      session.running++;
      return {
        onWillReceiveMessage: (message: Message) => {
          fill(message, session.values);
        },
        onDidSendMessage: (message: Message) => {
          wrap(message, session);
        },
      };
    },
  };

  // A restart sends the message again, and is to have what the reference stands for by then.
  const stop = vault.onDidChange(() => {
    for (const session of sessions.values()) {
      if (session.running <= 0) continue; // nobody is asked for what has ended
      const marks = marksOf(lender, session.wish);
      if (marks === session.marks || marks === '' || Object.keys(session.values).length === 0) continue;
      session.marks = marks;
      lender.lend(session.wish).then(
        (values) => (session.values = values),
        () => undefined, // recorded; the old value stays
      );
    }
  });
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider('*', provider),
    vscode.debug.registerDebugAdapterTrackerFactory('*', trackers),
    vscode.debug.onDidTerminateDebugSession(({ id, configuration }) => {
      const mark = String(configuration[MARK]);
      const session = sessions.get(mark);
      if (session?.of?.id !== id) return;
      session.running--;
      dropUnlessRunning(mark);
    }),
    new vscode.Disposable(stop),
    // A restart then has the reference and nothing else.
    when.stopped(() => {
      for (const session of sessions.values()) session.values = {};
    }),
    // The debugger would wait for a program that never comes.
    when.refused((definition) => {
      for (const { of, wish, running } of sessions.values())
        if (of !== undefined && running > 0 && wish.definition === definition)
          void vscode.debug.stopDebugging(of);
    }),
  );
}

/** Of what nobody is asked about yet: only whether it is there. @throws PatError */
function nothingYet(lender: Lender, { references }: Wish): Readonly<Record<string, Secret>> {
  for (const reference of Object.values(references)) lender.entryOf(reference);
  return {};
}

/** What was allowed; `undefined` where the person turned away, after which VS Code begins nothing and says nothing. */
async function allowed(lender: Lender, wish: Wish): Promise<Readonly<Record<string, Secret>> | undefined> {
  try {
    return await speaking(() => lender.lend(wish));
  } catch (error) {
    if (error instanceof Error && PatError.is(error.cause, 'consent-refused') && !error.cause.problem.forGood)
      return undefined;
    throw error;
  }
}

function wishOf(
  configuration: vscode.DebugConfiguration,
  references: Readonly<Record<string, string>>,
): Omit<Wish, 'definition' | 'folder'> {
  return {
    consumer: 'debug',
    // On one line, and nothing in it that turns the text around.
    who: configuration.name.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' '),
    shown: shownOf(configuration, references),
    meaning: vscode.l10n.t(
      'The program that is debugged, its debug adapter, and whoever stops it at a breakpoint can read the token. An answer for always holds for this configuration in this folder.',
    ),
    references,
  };
}

/** What says which program runs, and how; adapters add much that nobody would read. */
const TELLING = [
  ...[
    'request',
    'runtimeExecutable',
    'runtimeArgs',
    'python',
    'pythonArgs',
    'program',
    'module',
    'mainClass',
  ],
  ...[
    'script',
    'command',
    'args',
    'cwd',
    'url',
    'host',
    'port',
    'address',
    'preLaunchTask',
    'envFile',
    'console',
  ],
];

/** A line for each; the whole configuration is what an answer for always holds for. */
function shownOf(
  configuration: vscode.DebugConfiguration,
  references: Readonly<Record<string, string>>,
): string {
  const env = Object.entries((configuration.env ?? {}) as Record<string, unknown>).filter(
    ([name, value]) => !(name in references) && value !== null,
  );
  const lines = [
    ...TELLING.map((key) => [key, configuration[key] as unknown] as const),
    ...env.map(([name, value]) => [`env.${name}`, value] as const),
  ]
    .filter(([, value]) => !(value == null || value === '' || (Array.isArray(value) && value.length === 0)))
    .map(([name, value]) => `${name}: ${commandLine((Array.isArray(value) ? value : [value]).map(String))}`);
  return [vscode.l10n.t('Launch configuration of type {0}', configuration.type), ...lines].join('\n');
}

/** Which secrets the references stand for now; empty when one stands for none. */
function marksOf(lender: Lender, { references }: Wish): string {
  try {
    return Object.values(references)
      .map((reference) => lender.entryOf(reference))
      .map(({ id, fingerprint }) => `${id} ${fingerprint}`)
      .join();
  } catch {
    return '';
  }
}

const isTerminal = (console: unknown) => console === 'integratedTerminal' || console === 'externalTerminal';

async function variablesFile({ envFile }: vscode.DebugConfiguration): Promise<string> {
  return typeof envFile === 'string' ? readFile(envFile, 'utf8').catch(() => '') : '';
}

function referencesIn({ env }: vscode.DebugConfiguration, file: string): Readonly<Record<string, string>> {
  const all = { ...parseEnv(file), ...(typeof env === 'object' ? env : {}) } as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(all).filter(
      (each): each is [string, string] => typeof each[1] === 'string' && each[1].startsWith(REFERENCE_PREFIX),
    ),
  );
}

/** Puts values in place of references into what goes to the adapter: there, and nowhere else. */
function fill({ command, arguments: given }: Message, values: Readonly<Record<string, Secret>>): void {
  if (command !== 'launch' && command !== 'restart') return;
  const args = given?.env === undefined ? given?.arguments : given;
  if (args?.env === undefined || isTerminal(args.console)) return;
  args.env = { ...args.env };
  for (const [name, secret] of Object.entries(values)) args.env[name] = secret.reveal();
}

/** Has `pat run` start what the adapter wants to be started in a terminal. */
function wrap({ type, command, arguments: args }: Message, { wish, address, script }: Session): void {
  if (type !== 'request' || command !== 'runInTerminal' || args?.args === undefined) return;
  const { NODE_OPTIONS: options, ...env } = args.env ?? {};
  // Else the debugger would attach to `pat` itself.
  args.env = { ...env, ...address, ...(options == null ? {} : { PAT_NODE_OPTIONS: options }) };
  args.env[LAUNCH_VARIABLE] = wish.definition ?? '';
  args.args = [script, 'run', '--resolve-env', '--', ...args.args];
}
