/**
 * Makes a fresh clone ready for every other script: the locked dependencies, and among them a Node 24.
 * Plain JavaScript without imports from node_modules, since the Node that runs it may be an older one of the
 * machine's, and nothing may be installed yet. Does nothing, quickly, when all is in place.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const ownNode = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * When the file was written; 0 when there is none.
 * @param {string} file
 */
function written(file) {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function nodeRuns() {
  const answer = spawnSync(ownNode, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout.startsWith('v24.');
}

/** @param {string[]} args */
function npm(...args) {
  console.log(`npm ${args.join(' ')}`);
  // A shell, because on Windows npm is a script that cannot be started otherwise.
  execFileSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
}

function install() {
  // npm writes node_modules/.package-lock.json as the last thing it does, so an interrupted install counts as none.
  if (written('node_modules/.package-lock.json') < written('package-lock.json')) npm('ci');
  // npm drops the binary that node's preinstall script made whenever it touches that package again.
  if (!nodeRuns()) npm('rebuild', 'node');
  if (!nodeRuns()) npm('ci');
  if (!nodeRuns()) throw new Error(`${ownNode} does not run as Node 24`);
}

try {
  install();
} catch (error) {
  console.error(
    `The dependencies could not be installed: ${error instanceof Error ? error.message : String(error)}.`,
  );
  process.exitCode = 1;
}
