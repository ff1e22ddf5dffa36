import * as vscode from 'vscode';
import type { Entry } from '../../vault/entry.ts';
import type { House } from '../house.ts';
import { logError, noticeOf } from '../notices.ts';
import { connectionName } from '../settings.ts';
import { PatAuthentication } from './authentication.ts';
import { Broker } from './broker.ts';
import { Consent } from './consent.ts';
import { lendToProcess } from './processes.ts';
import { provideTasks } from './tasks.ts';

/** Everything that lends stored tokens: to other extensions as sessions, to tasks by `pat run`. */
export function lend(house: House): vscode.Disposable {
  const { vault, grants, record, clock, connections } = house;
  const lending = {
    vault,
    record,
    clock,
    consent: new Consent(grants),
    accessToken: (entry: Entry) => connections.accessToken(entry, vault),
    serverName: (entry: Entry) => connectionName(connections.find(entry.serverId)),
    log: (error: unknown) => {
      logError(error, house.log);
    },
  };
  const broker = new Broker({
    answer: (request) => lendToProcess(lending, request),
    sentenceOf: (error) => noticeOf(error).sentence,
  });
  return vscode.Disposable.from(
    new PatAuthentication(lending),
    provideTasks(house.context, broker),
    new vscode.Disposable(() => void broker.close()),
  );
}
