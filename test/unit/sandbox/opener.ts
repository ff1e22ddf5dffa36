// Run by owner.test.ts: opens the sandbox of a folder as another window would, makes a token, and stays until killed.
import { openSandbox } from '../../../src/sandbox/index.ts';

const [folder = ''] = process.argv.slice(2);
const sandbox = await openSandbox(folder, { now: Date.now });
const secret = sandbox.owned ? (await sandbox.adminSecret()).reveal() : '';
process.stdout.write(`${JSON.stringify({ origin: sandbox.origin, owned: sandbox.owned, secret })}\n`);
setInterval(() => undefined, 1000);
