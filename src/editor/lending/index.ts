import * as vscode from 'vscode';
import { PatError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { AccessRecord } from '../../vault/access.ts';
import type { Entry } from '../../vault/entry.ts';
import type { Grants } from '../../vault/grants.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Connections } from '../connected.ts';
import { logError, noticeOf } from '../notices.ts';
import { connectionName } from '../settings.ts';
import { AccessLog } from './access-log.ts';
import { lendToAgents } from './agents.ts';
import { PatAuthentication } from './authentication.ts';
import { Broker } from './broker.ts';
import { answerPat } from './cli.ts';
import { Consent } from './consent.ts';
import { lendToDebuggers } from './debug.ts';
import type { GitMap } from './git.ts';
import { Launcher } from './launcher.ts';
import { Lender } from './lender.ts';
import { lendToMcpServers } from './mcp.ts';
import { provideTasks } from './tasks.ts';

export interface LendingParts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly grants: Grants;
  readonly record: AccessRecord;
  readonly git: GitMap;
  readonly connections: Connections;
}

/** What the commands need of lending. */
export interface Lending {
  readonly lender: Lender;
  readonly launcher: Launcher;
  readonly git: GitMap;
  readonly broker: Broker;
  readonly accessLog: AccessLog;
  /** Fires when all that is lent is to end. */
  readonly stopped: vscode.EventEmitter<void>;
  /** Fires when a program of a debug session was refused its token; with the hash of the launch configuration. */
  readonly refused: vscode.EventEmitter<string>;
}

export function openLending(parts: LendingParts): Lending {
  const { context, log, vault, grants, record, clock, connections, git } = parts;
  const lender = new Lender({
    ...{ vault, record, clock },
    consent: new Consent(grants),
    accessToken: (entry: Entry) => connections.accessToken(entry, vault),
    assertServer: (id) => void connections.find(id),
    log: (error) => {
      logError(error, log);
    },
  });
  const refused = new vscode.EventEmitter<string>();
  const broker = new Broker({
    answer: async (question) => {
      try {
        return await answerPat(question, lender, vault, git);
      } catch (error) {
        if (question.ask === 'run' && question.launch !== undefined) refused.fire(question.launch);
        throw error;
      }
    },
    sentenceOf: (error) => noticeOf(error).sentence,
  });
  return {
    ...{ lender, broker, git },
    launcher: new Launcher(context, broker),
    accessLog: new AccessLog(record),
    ...{ stopped: new vscode.EventEmitter<void>(), refused },
  };
}

/** Everything that lends stored tokens: to extensions as sessions, to programs by `pat`, to debuggers and agents. */
export function lend(
  parts: LendingParts,
  { lender, launcher, broker, accessLog, stopped, refused }: Lending,
  create: () => Promise<Entry | undefined>,
): vscode.Disposable {
  const { log, vault, connections, record, clock } = parts;
  return vscode.Disposable.from(
    new PatAuthentication({
      ...{ vault, create },
      authorization: (entry) => connections.authorization(entry, vault),
      serverName: (entry) => connectionName(connections.find(entry.serverId)),
      kindOf: (entry) => connections.list().find(({ id }) => id === entry.serverId)?.kind,
      note: (entry, outcome) =>
        record.add([
          {
            ...{ at: clock.now(), consumer: 'extension', what: '', folder: '', outcome },
            ...{ entryId: entry.id, reference: vault.referenceOf(entry) },
          },
        ]),
      log: (error) => {
        logError(error, log);
      },
    }),
    provideTasks(launcher),
    accessLog,
    ...[stopped, refused],
    lendToDebuggers(lender, launcher, vault, { stopped: stopped.event, refused: refused.event }),
    lendToMcpServers(lender),
    lendToAgents({
      ...{ lender, vault },
      authorization: (entry) => connections.authorization(entry, vault),
      isManagement: async (entry, { pathname }) => {
        const kind = await connections.kindOf(connections.find(entry.serverId));
        return kind.isManagement(plainPath(pathname));
      },
      http: async () => (await connections.ports()).http,
    }),
    publishing(launcher, broker, stopped.event, log),
    new vscode.Disposable(() => void broker.close()),
  );
}

/** With its escapes undone as often as a server might, so that none hides what a call is about. */
function plainPath(path: string): string {
  try {
    const plain = decodeURIComponent(path);
    return plain === path ? path.toLowerCase() : plainPath(plain);
  } catch {
    throw new PatError({ reason: 'bad-address', address: path });
  }
}

/** Lets programs started elsewhere find this window while the user has turned that on. */
function publishing(
  launcher: Launcher,
  broker: Broker,
  stopped: vscode.Event<void>,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const publish = async () => {
    // Application scope: a workspace cannot turn it on.
    const isOn = vscode.workspace.getConfiguration('patVault').inspect('cli.enabled')?.globalValue === true;
    await (isOn ? launcher.publish() : launcher.withdraw());
  };
  const report = (error: unknown) => {
    logError(error, log);
  };
  const look = () => void publish().catch(report);
  look();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('patVault.cli')) look();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(look),
    // Whoever held a socket has lost it; whoever asks from now on is asked about anew.
    stopped(() => void broker.close().then(publish).catch(report)),
    new vscode.Disposable(() => void launcher.withdraw()),
  );
}
