import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type RemoteControl, serveRemoteControl } from '../../../src/control/remote-server.ts';
import type { Asked } from '../../../src/control/requests.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import type { Target } from '../fuzz.ts';

const host = '127.0.0.1';
const limits = { handshakeMs: 400, idleMs: 400, wholeMs: 600 };
const noAnswer = new Error('no answer');

/** What a TLS client says first. */
function firstWords(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        resolve(Buffer.from(chunk));
        done();
      },
    });
    connect({ socket: wire }).on('error', () => undefined);
  });
}

/** Made when it is asked for: keys take their time. */
function people() {
  const authority = new CertificateAuthority();
  const issue = (name: string, organizations: readonly string[]) => {
    const { certificate, key } = authority.issue(name, [], { usages: ['client'], organizations });
    return { cert: certificate, key };
  };
  return {
    authority,
    server: authority.issue('server', [host]),
    viewer: issue('vera', ['e2d:viewers']),
    operator: issue('olga', ['e2d:operators']),
    nobody: issue('\u202enobody', []),
  };
}

let made: ReturnType<typeof people> | null = null;

/** A server of remote control, and all that it tells of its clients. */
class Served {
  readonly told: string[] = [];
  readonly orders: Asked[] = [];
  readonly #folder: string;
  readonly #server: RemoteControl;

  private constructor(folder: string, server: RemoteControl, told: string[], orders: Asked[]) {
    [this.#folder, this.#server, this.told, this.orders] = [folder, server, told, orders];
  }

  static async open(): Promise<Served> {
    made ??= people();
    const folder = await mkdtemp(join(tmpdir(), 'e2d-fuzz-'));
    const [caCertFile, certFile, keyFile] = ['ca', 'cert', 'key'].map((name) => join(folder, name));
    const files = { caCertFile: `${caCertFile}`, certFile: `${certFile}`, keyFile: `${keyFile}` };
    await writeFile(files.caCertFile, made.authority.certificate);
    await writeFile(files.certFile, made.server.certificate);
    await writeFile(files.keyFile, made.server.key);
    const told: string[] = [];
    const orders: Asked[] = [];
    const server = await serveRemoteControl({
      ...{ host, port: 0, files, limits },
      service: {
        methods: { status: () => 'known', inspect: ({ since }) => since ?? null, restore: () => 1 },
        onAsked: (asked) => orders.push(asked),
      },
      onTurnedAway: (sentence) => told.push(sentence),
      onTrouble: (sentence) => told.push(sentence),
    });
    return new Served(folder, server, told, orders);
  }

  get port(): number {
    return this.#server.port;
  }

  async close(): Promise<void> {
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Sends, at once or in drops, and gives what came until the server hung up. */
function exchange(socket: Socket, send: () => Promise<void>): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // It may hang up on whoever says what it does not heed.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    void send();
  });
}

async function sendTo(socket: Socket, input: Uint8Array, random: SeededRandom): Promise<void> {
  if (!random.chance(0.03)) return void socket.write(input);
  // A client that never comes to an end.
  for (let at = 0; !socket.destroyed; at += 1) {
    socket.write(input.subarray(at, at + 1));
    await pause(20);
  }
}

function remote(target: Pick<Target, 'name' | 'corpus' | 'words' | 'syntax'>, speak: Speak) {
  let served: Promise<Served> | null = null;
  return {
    ...target,
    maxMs: 2000,
    expected: (error) => error === noAnswer,
    async feed(input, random) {
      served ??= Served.open();
      const { port, told, orders } = await served;
      const answer = await speak(port, input, random);
      const sentences = [...told, ...orders.map(({ refusal }) => refusal ?? '')];
      for (const sentence of sentences) {
        if (sentence.length > 1000) throw new Error(`it tells ${sentence.length} characters`);
        if (/[\p{Cc}\p{Cf}]/u.test(sentence)) throw new Error('control characters reach the log');
      }
      const forbidden = orders.find(
        ({ caller, isOrder, refusal }) =>
          isOrder && refusal === null && (caller.kind === 'local' || caller.role !== 'operator'),
      );
      if (forbidden !== undefined) throw new Error('an order of nobody was followed');
      told.length = 0;
      orders.length = 0;
      if (answer === '') throw noAnswer;
    },
    async close() {
      await (await served)?.close();
      served = null;
    },
  } satisfies Target;
}

type Speak = (port: number, input: Uint8Array, random: SeededRandom) => Promise<string>;

const strangers = remote(
  {
    name: 'remote control handshakes',
    corpus: [await firstWords(), '{"method":"status"}\n', 'GET / HTTP/1.1\r\n\r\n'],
    words: [Buffer.from('160301', 'hex'), Buffer.from('ffff', 'hex'), Buffer.from('1503030002')],
  },
  async (port, input, random) => {
    const socket = createConnection({ host, port });
    const send = async () => {
      await sendTo(socket, input, random);
      socket.end();
    };
    return exchange(socket, send);
  },
);

const requests = remote(
  {
    name: 'remote control requests',
    corpus: [
      '{"method":"status"}',
      '{"method":"inspect","since":12}',
      '{"method":"restore","order":{"kind":"goBack","snapshotId":"a","lineage":null}}',
    ],
    syntax: 'json',
  },
  async (port, input, random) => {
    made ??= people();
    const who = random.pick([made.viewer, made.viewer, made.operator, made.operator, made.nobody]);
    const socket = connect({ host, port, ca: made.authority.certificate, ...who });
    const line = Buffer.concat([input, Buffer.from('\n')]);
    const answer = await exchange(socket, async () => {
      socket.on('secureConnect', () => void sendTo(socket, line, random));
    });
    if (answer === '') return '';
    if (answer.length > 2_000) throw new Error(`an answer of ${answer.length} characters`);
    const said: unknown = JSON.parse(answer);
    if (!answer.endsWith('}\n') || typeof said !== 'object') throw new Error('a strange answer');
    if (who === made.nobody && answer.includes('result')) throw new Error('nobody was served');
    return answer;
  },
);

export const remoteControlTargets: readonly Target[] = [strangers, requests];
