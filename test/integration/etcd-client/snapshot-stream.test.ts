import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import type { SnapshotStream } from '../../../src/etcd/client/endpoint.ts';
import { openSnapshot } from '../../../src/etcd/client/snapshot-stream.ts';
import {
  beginAnswer,
  snapshotMessage,
  startGrpcServer,
} from '../../support/grpc-snapshot-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const cleanUps: (() => Promise<void>)[] = [];
const signal = new AbortController().signal;

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function serve(answer: (call: ServerHttp2Stream) => void | Promise<void>) {
  const server = await startGrpcServer(answer);
  cleanUps.push(server.close);
  return server;
}

async function bytesOf({ chunks }: SnapshotStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const database = Buffer.alloc(100_000, 'database');
const hash = Buffer.alloc(32, 'h');
const first = snapshotMessage({ blob: database.subarray(0, 60_000), remaining: 40_000 });
const second = snapshotMessage({ blob: database.subarray(60_000), remaining: 0 });
const trailer = snapshotMessage({ blob: hash, remaining: 0 });

describe('the stream of a snapshot', () => {
  test('tells the size first, gives every byte, and ends its connection', async () => {
    const server = await serve((call) => {
      const end = beginAnswer(call);
      for (const message of [first, second, trailer]) call.write(message);
      end();
    });
    const stream = await openSnapshot(server.url, { signal });
    expect(stream.totalBytes).toBe(100_032);
    expect(await bytesOf(stream)).toEqual(Buffer.concat([database, hash]));
    const closed = () => server.sessions.size === 0;
    await waitUntil(closed, { what: 'the connection is closed', withinMs: 5_000, everyMs: 5 });
  });

  test.each([
    ['without the hash behind the database', [first, second], 'unexpected-answer'],
    ['in the middle of a message', [first, second.subarray(0, 999)], 'unexpected-answer'],
    ['with more than it announced', [first, second, trailer, trailer], 'unexpected-answer'],
  ])('fails when it ends %s, though etcd calls it a success', async (_, messages, code) => {
    const server = await serve((call) => {
      const end = beginAnswer(call);
      for (const message of messages) call.write(message);
      end();
    });
    const stream = await openSnapshot(server.url, { signal });
    await expect(bytesOf(stream)).rejects.toMatchObject({ name: 'EtcdFault', code });
  });

  test('fails as etcd says in its trailers, or in an answer of nothing else', async () => {
    const late = await serve((call) => {
      const end = beginAnswer(call);
      call.write(first);
      end(14, 'etcdserver: no leader');
    });
    const stream = await openSnapshot(late.url, { signal });
    const problem = await bytesOf(stream).catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: 'no-leader' });
    expect(String(problem)).toContain(`${late.url}: etcdserver: no leader`);
    const refusing = await serve((call) =>
      call.respond({ ':status': 200, 'grpc-status': '7' }, { endStream: true }),
    );
    const refused = openSnapshot(refusing.url, { signal });
    await expect(refused).rejects.toMatchObject({ code: 'permission' });
  });

  test('fails when the connection breaks, or there never is one', async () => {
    const server = await serve((call) => {
      beginAnswer(call);
      call.write(first, () => call.session?.destroy());
    });
    const broken = openSnapshot(server.url, { signal }).then(bytesOf);
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
    const nobody = openSnapshot('http://127.0.0.1:9', { signal });
    await expect(nobody).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('fails when etcd falls silent, before its first message and after', async () => {
    const mute = await serve((call) => void beginAnswer(call));
    const opened = openSnapshot(mute.url, { signal, silenceMs: 100 });
    await expect(opened).rejects.toMatchObject({ code: 'deadline' });
    const stalling = await serve((call) => {
      beginAnswer(call);
      call.write(first);
    });
    const stream = await openSnapshot(stalling.url, { signal, silenceMs: 100 });
    await expect(bytesOf(stream)).rejects.toMatchObject({ code: 'deadline' });
  });

  test('ends with its signal, and with the loop that reads it', async () => {
    const server = await serve((call) => {
      beginAnswer(call);
      for (let count = 0; count < 40; count += 1) call.write(first);
    });
    const cancelled = new AbortController();
    const stream = await openSnapshot(server.url, { signal: cancelled.signal });
    const reading = bytesOf(stream);
    cancelled.abort();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    const before = openSnapshot(server.url, { signal: cancelled.signal });
    await expect(before).rejects.toMatchObject({ code: 'aborted' });
    for await (const chunk of (await openSnapshot(server.url, { signal })).chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const closed = () => server.sessions.size === 0;
    await waitUntil(closed, { what: 'no connection is left', withinMs: 5_000, everyMs: 5 });
  });

  test('lets etcd send some megabytes ahead of a reader that is slow, and waits for it', async () => {
    const blob = Buffer.alloc(64 * 1024, 7);
    const count = 1_024;
    let sentBytes = 0;
    const server = await serve(async (call) => {
      const end = beginAnswer(call);
      for (let left = count - 1; left >= 0; left -= 1) {
        const message = snapshotMessage({ blob, remaining: left * blob.length });
        await new Promise((resolve) => call.write(message, resolve));
        sentBytes += blob.length;
      }
      call.write(trailer);
      end();
    });
    const stream = await openSnapshot(server.url, { signal, silenceMs: 200 });
    const chunks = stream.chunks[Symbol.asyncIterator]();
    let readBytes = (await chunks.next()).value?.length ?? 0;
    const mostAhead = 16 * 1024 * 1024;
    const stands = async () => {
      const before = sentBytes;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return before === sentBytes;
    };
    await waitUntil(stands, { what: 'etcd waits', withinMs: 10_000, everyMs: 5 });
    expect(sentBytes - readBytes).toBeLessThan(mostAhead);
    expect(sentBytes).toBeLessThan(count * blob.length);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      readBytes += next.value.length;
    }
    expect(readBytes).toBe(count * blob.length + 32);
  });
});
