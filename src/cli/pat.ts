// `pat run NAME=pat://server/alias … -- program arguments…`: starts a program with stored tokens in its environment.
// The values come over the editor's private socket; none is in an argument list, a task or a file.
import { parseReference } from '../core/reference.ts';
import { askEditor, Refusal } from './ask.ts';
import { run } from './run.ts';

const USAGE = 'usage: pat run NAME=pat://server/alias … -- program arguments…';

async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const end = rest.indexOf('--');
  const command = rest.slice(end + 1);
  if (verb !== 'run' || end < 0 || command.length === 0) throw new Refusal(USAGE);
  const references = Object.fromEntries(rest.slice(0, end).map(assignment));
  const values =
    Object.keys(references).length === 0
      ? {}
      : await askEditor({ cwd: process.cwd(), command, references }, process.env);
  return run(command, values);
}

function assignment(text: string): [name: string, reference: string] {
  const [, name, reference] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || reference === undefined) throw new Refusal(USAGE);
  try {
    parseReference(reference);
  } catch {
    throw new Refusal(`${name} is not given a reference of the form pat://server/alias.`);
  }
  return [name, reference];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`pat: ${error instanceof Refusal ? error.message : 'failed unexpectedly.'}\n`);
  process.exitCode = 1;
}
