// Sends to gossip nodes as fast as it can, until it is killed. What to send is on its standard input.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** `targets`: [{addr, port}], `from`: own address, `packets` and `streams`: base64 texts. */
const { targets, from, packets, streams } = JSON.parse(readFileSync(0, 'utf8'));
const bodies = packets.map((text) => Buffer.from(text, 'base64'));
const questions = streams.map((text) => Buffer.from(text, 'base64'));
const packetsAtOnce = 64;
const connectionsAtOnce = 100;
let sent = 0;

if (bodies.length > 0) {
  const socket = createSocket('udp4');
  socket.bind(0, from, () => {
    // A callback of `send` may come before anything else does: the rounds give way by themselves.
    const round = () => {
      for (let index = 0; index < packetsAtOnce; index += 1) {
        const { addr, port } = targets[sent % targets.length];
        socket.send(bodies[sent++ % bodies.length], port, addr);
      }
      setImmediate(round);
    };
    round();
  });
}

if (questions.length > 0) {
  const open = () => {
    const { addr: host, port } = targets[sent % targets.length];
    const question = questions[sent++ % questions.length];
    const socket = connect({ host, port, localAddress: from });
    socket.on('error', () => {});
    socket.on('close', () => setImmediate(open));
    if (question.length > 0) socket.write(question);
  };
  for (let index = 0; index < connectionsAtOnce; index += 1) open();
}

setInterval(() => process.stdout.write(`${sent}\n`), 200);
