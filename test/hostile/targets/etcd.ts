import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { memberListFromWire, statusFromWire } from '../../../src/etcd/client/decode.ts';
import { EtcdFault, toEtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import { faultOfGrpcStatus } from '../../../src/etcd/client/grpc-status.ts';
import { readRaftProgress } from '../../../src/etcd/client/raft-progress.ts';
import { SnapshotDecoder } from '../../../src/etcd/client/snapshot-decoder.ts';
import { classifyExit } from '../../../src/etcd/process/classify-exit.ts';
import { clusterIdMismatch, stoppedBySignal } from '../../../src/etcd/process/log-words.ts';
import type { Target } from '../fuzz.ts';

const isFault = (error: unknown) => error instanceof EtcdFault;
const header = { cluster_id: '16', member_id: '17', revision: '3', raft_term: '2' };
const wireMembers = {
  header,
  members: [{ ID: '17', name: 'a', peerURLs: ['http://a:1'], clientURLs: [], isLearner: false }],
};
const wireStatus = {
  ...{ header, version: '3.5.30', dbSize: '4096', leader: '17', raftIndex: '9', raftTerm: '2' },
  ...{ raftAppliedIndex: '8', errors: ['memberID:17 alarm:NOSPACE '], dbSizeInUse: '1' },
  isLearner: false,
};

/** gRPC has checked the types of the fields; of numbers it gives decimals, of texts anything. */
const answers: Target = {
  name: 'etcd answers',
  corpus: [JSON.stringify(wireMembers), JSON.stringify(wireStatus)],
  syntax: 'json',
  feed(input) {
    let answer: unknown;
    try {
      answer = JSON.parse(Buffer.from(input).toString('utf8'));
    } catch {
      throw new EtcdFault('unexpected-answer', 'no JSON');
    }
    for (const read of [memberListFromWire, statusFromWire]) {
      try {
        read(answer as never);
      } catch (error) {
        // As the connection, which every call goes through.
        const fault = toEtcdFault(error);
        if (fault.message.length > 4_000) throw new Error('a long fault');
      }
    }
  },
  expected: isFault,
};

const variables = JSON.stringify({
  cmdline: ['etcd'],
  'raft.status': {
    ...{ id: 'a', lead: 'a', commit: 9, term: 2 },
    progress: { a: { match: 9, next: 10 }, b: { match: 7, next: 8 } },
  },
});

function raftProgress(): Target {
  let server: Server | null = null;
  let body: Uint8Array = new Uint8Array();
  let url = '';
  return {
    name: 'raft progress',
    corpus: [variables],
    syntax: 'json',
    async feed(input) {
      if (server === null) {
        server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = server.address();
        url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
      }
      body = input;
      const { match } = await readRaftProgress(url, undefined, { timeoutMs: 5000 });
      if (Object.getPrototypeOf(match) !== Object.prototype) throw new Error('another prototype');
    },
    expected: isFault,
    close() {
      server?.closeAllConnections();
      server?.close();
      server = null;
    },
  };
}

/** A message of three fields: header, remaining bytes, blob. */
const message = Buffer.from('0000000010' + '0a02080110051a08' + '0102030405060708', 'hex');
const snapshotStream: Target = {
  name: 'snapshot streams',
  corpus: [message, Buffer.concat([message, message])],
  feed(input, random) {
    let taken = 0;
    const decoder = new SnapshotDecoder((_, start, end) => {
      taken += end - start;
    });
    const cut = random.integer(0, input.length);
    decoder.push(input.subarray(0, cut));
    decoder.push(input.subarray(cut));
    if (taken > input.length) throw new Error('more than came');
    if (decoder.databaseBytes !== null && !(decoder.databaseBytes >= 0)) throw new Error('a size');
  },
  expected: isFault,
};

const folder = join(import.meta.dirname, '../../fixtures/etcd-logs');
const logs = readdirSync(folder).flatMap((kind) =>
  readdirSync(join(folder, kind)).map((file) => readFileSync(join(folder, kind, file))),
);
const logTails: Target = {
  name: 'etcd logs',
  corpus: logs.map((log) => log.subarray(-64 * 1024)),
  words: [
    'panic: ',
    'goroutine 1 [running]:\n',
    '[running',
    '{"level":"fatal","msg":"',
    ' ',
    '}\n',
  ],
  feed(input) {
    const text = Buffer.from(input)
      .subarray(0, 64 * 1024)
      .toString('utf8');
    const { sentence, evidence } = classifyExit({ code: 1, signal: null }, text);
    clusterIdMismatch(text);
    stoppedBySignal(text);
    if (sentence.length > 5_000 || (evidence ?? '').length > 5_000) throw new Error('it is long');
    if (/\p{Cc}/u.test(sentence)) throw new Error('control characters in a sentence');
  },
};

const logLines: Target = {
  name: 'etcd log lines',
  corpus: logs
    .flatMap((log) => log.toString('utf8').split('\n'))
    .filter((line) => /^\{.*"level":"(fatal|panic)"/.test(line)),
  syntax: 'json',
  feed: (input) => logTails.feed(input, undefined as never),
};

const trailers: Target = {
  name: 'gRPC statuses',
  corpus: ['5:etcdserver: member not found', '14:%E0%A4%A', '0:', '2:request timed out'],
  feed(input) {
    const [status, message] = Buffer.from(input).toString('latin1').split(':', 2);
    faultOfGrpcStatus({
      ...(status === undefined ? {} : { 'grpc-status': status }),
      ...(message === undefined ? {} : { 'grpc-message': message }),
    });
  },
};

export const etcdTargets: readonly Target[] = [
  ...[answers, raftProgress(), snapshotStream, logTails, logLines, trailers],
];
