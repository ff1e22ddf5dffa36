// A debug adapter that is a process of its own, as most are: it says who its program would be, and waits to be ended.
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';

let input = Buffer.alloc(0);
process.stdin.on('data', (piece) => {
  input = Buffer.concat([input, piece]);
  for (;;) {
    const head = /^Content-Length: (\d+)\r\n\r\n/.exec(input.toString('latin1'));
    if (head === null || input.length < head[0].length + Number(head[1])) return;
    const end = head[0].length + Number(head[1]);
    const message = JSON.parse(input.subarray(head[0].length, end).toString());
    input = input.subarray(end);
    void answer(message);
  }
});

async function answer({ seq, command, arguments: given }) {
  if (command === 'launch') await whoAmI(given.env);
  send({ type: 'response', request_seq: seq, success: true, command, body: {} });
  if (command === 'initialize') send({ type: 'event', event: 'initialized' });
  if (command === 'disconnect') process.exit();
}

async function whoAmI({ TOKEN, FORGE, OUT }) {
  const said = await fetch(`${FORGE}whoami`, { headers: { authorization: `Bearer ${TOKEN}` } });
  writeFileSync(OUT, (await said.json()).token?.name ?? String(said.status));
}

let sent = 0;
function send(message) {
  const text = JSON.stringify({ ...message, seq: ++sent });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
