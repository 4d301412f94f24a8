import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { LoopbackBlock } from './loopback.ts';

interface SnapshotMessage {
  readonly blob: Uint8Array;
  readonly remaining: number;
}

/** A `SnapshotResponse` behind gRPC's prefix, with a header and a version as of etcd 3.6. */
export function snapshotMessage({ blob, remaining }: SnapshotMessage): Buffer {
  const fields = Buffer.concat([
    Buffer.from('0a0410011802', 'hex'),
    ...(remaining === 0 ? [] : [Buffer.of(0x10), varint(remaining)]),
    ...(blob.length === 0 ? [] : [Buffer.of(0x1a), varint(blob.length), blob]),
    Buffer.from('2205332e362e30', 'hex'),
  ]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(fields.length, 1);
  return Buffer.concat([prefix, fields]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** Answers every call as `answer` does, over real HTTP/2: for what a real etcd never does. */
export async function startGrpcServer(answer: (call: ServerHttp2Stream) => void | Promise<void>) {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (call) => {
    call.on('error', () => undefined);
    void answer(call);
  });
  const host = new LoopbackBlock().next();
  server.listen(0, host);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  return {
    url: `http://${host}:${bound.port}`,
    sessions,
    async close() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Begins an answer and returns what ends it, with the trailers of a gRPC call. */
export function beginAnswer(call: ServerHttp2Stream) {
  const trailers = { 'grpc-status': '0', 'grpc-message': '' };
  call.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  call.once('wantTrailers', () => call.sendTrailers(trailers));
  return (status = 0, message = '') => {
    trailers['grpc-status'] = String(status);
    trailers['grpc-message'] = encodeURIComponent(message);
    call.end();
  };
}
