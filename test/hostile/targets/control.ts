import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { charts } from '../../../machines/index.ts';
import { askInspection, askStatus } from '../../../src/cli/ask-reports.ts';
import { renderInspect } from '../../../src/cli/render-inspect.ts';
import { renderStatus } from '../../../src/cli/render-status.ts';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';
import { tokenPathOf } from '../../../src/control/control-token.ts';
import { readChart } from '../../../src/visualize/read-chart.ts';
import { suspectingRun } from '../../support/inspect-example.ts';
import type { Target } from '../fuzz.ts';

const screen = { columns: 100, colour: false };

/** What goes to a terminal may hold nothing that a terminal obeys. */
function harmless(text: string): void {
  if (/(?!\n)\p{Cc}/u.test(text)) throw new Error('control characters reach the terminal');
}

/** Connects, sends, and gives what came until the other side closed. */
function exchange(path: string, input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
    );
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.end(Buffer.concat([input, Buffer.from('\n')]));
  });
}

function requests(): Target {
  let folder = '';
  let server: ControlServer | null = null;
  return {
    name: 'control requests',
    corpus: [
      '{"method":"status"}',
      '{"method":"inspect","since":12}',
      '{"method":"restore","order":{"kind":"goBack","snapshotId":"a","lineage":null}}',
    ],
    syntax: 'json',
    async feed(input, random) {
      if (server === null) {
        folder = await mkdtemp(join(tmpdir(), 'e2d-fuzz-'));
        server = await serveControl(join(folder, 's'), {
          status: () => 'known',
          inspect: ({ since }) => since ?? null,
          restore: ({ order }) => order ?? null,
        });
      }
      const token = (await readFile(tokenPathOf(join(folder, 's')), 'utf8')).trim();
      // With the token it reaches what is behind the gate; without, the gate.
      const asked = Buffer.from(input).toString('utf8').replace('{', `{"token":"${token}",`);
      const request = random.chance(0.8) ? Buffer.from(asked) : input;
      const text = await exchange(join(folder, 's'), request);
      if (text.includes(token)) throw new Error('the token is told');
      if (text === '') throw new Error('no answer');
      const answer: unknown = JSON.parse(text);
      if (text.length > 200_000) throw new Error(`an answer of ${text.length} characters`);
      if (!text.endsWith('}\n') || typeof answer !== 'object') throw new Error('a strange answer');
    },
    expected: (error) => error instanceof Error && error.message === 'no answer',
    async close() {
      await server?.close();
      server = null;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a CLI makes of whatever answers on the socket of a state dir. */
function answers(): Target {
  let folder = '';
  let server: Server | null = null;
  let answer: Uint8Array = new Uint8Array();
  const run = suspectingRun();
  const chart = readChart('node', charts.node);
  const certificates = [
    { role: 'peer', path: '/p', subject: 'CN=a', notAfter: '2027-01-01T00:00:00Z', leftMs: 7 },
  ];
  const corpus = [JSON.stringify({ result: { ...run.report(), certificates } })];
  return {
    name: 'control answers',
    corpus: [...corpus, '{"error":{"message":"No.","remedy":"Yes."}}'],
    syntax: 'json',
    async feed(input) {
      if (server === null) {
        folder = await mkdtemp(join(tmpdir(), 'e2d-fuzz-'));
        server = createServer((socket) => {
          socket.on('error', () => undefined).resume();
          socket.end(Buffer.concat([answer, Buffer.from('\n')]));
        });
        server.listen(join(folder, 'e2d.sock'));
        await once(server, 'listening');
      }
      answer = input;
      const asked = await Promise.allSettled([
        askStatus(folder, { timeoutMs: 5000 }).then((report) => harmless(renderStatus(report))),
        askInspection(folder, { timeoutMs: 5000 }).then((report) =>
          harmless(renderInspect(report, chart, screen).join('\n')),
        ),
      ]);
      for (const one of asked) if (one.status === 'rejected') throw one.reason;
    },
    async close() {
      server?.close();
      server = null;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const controlTargets: readonly Target[] = [requests(), answers()];
