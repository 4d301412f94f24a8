import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../support/s3-server/s3-server.ts';
import { waitUntil } from '../../../support/wait-until.ts';
import {
  bodyOf,
  bounds,
  contentOf,
  isMebibytes,
  KEY,
  MIB,
  mebibytes,
  start,
} from './s3-fixture.ts';

const refusals: readonly (readonly [string, Fault, string])[] = [
  ['403 to all', { status: 403 }, 'E2D_STORE_DENIED'],
  ['404 to all', { status: 404, code: 'NoSuchBucket' }, 'E2D_STORE_MISSING'],
  ['500 to all', { status: 500 }, 'E2D_STORE_FAILED'],
  ['503 to all', { status: 503 }, 'E2D_STORE_FAILED'],
  ['a full disk', { status: 507, code: 'XMinioStorageFull' }, 'E2D_STORE_FULL'],
];

describe('a store that answers with', () => {
  test.each(refusals)('%s is told by code, bucket and act', async (_, fault, code) => {
    const { server, objects } = await start();
    await server.write('backups', 'prod/etcd/it', 'x');
    server.faults.add(fault);
    const acts = [
      ['list "i"', objects.list('i', bounds())],
      ['read "it"', objects.read('it', bounds())],
      ['write "new"', objects.create('new', bodyOf('x'), bounds())],
      ['write "large"', objects.create('large', mebibytes(9), bounds())],
      ['remove "it"', objects.remove('it', bounds())],
    ] as const;
    const ends = await Promise.allSettled(acts.map(([, act]) => act));
    for (const [at, end] of ends.entries()) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code } });
      const { message } = (end as PromiseRejectedResult).reason as Error;
      expect(message).toContain(`s3://backups/prod/etcd cannot ${acts[at]?.[0]}: `);
      expect(message).not.toContain(KEY.secret);
    }
  });

  test.each([
    ['500 twice', { status: 500, times: 2 }],
    ['503 SlowDown twice', { status: 503, times: 2 }],
    ['429 twice', { status: 429, times: 2 }],
    ['a reset in mid-upload', { method: 'PUT', cutUploadAfterBytes: 100_000, times: 2 }],
  ] as const)('%s is asked again', async (_, fault) => {
    const { server, objects } = await start();
    server.faults.add(fault);
    await objects.create('it', mebibytes(10), bounds());
    expect(await isMebibytes(await objects.read('it', bounds()), 10)).toBe(true);
    expect(server.uploads()).toEqual([]);
  });

  test('an upload has as long to begin as its caller gives it', async () => {
    const { server, objects } = await start();
    server.faults.add({ operation: 'CreateMultipartUpload', delayMs: 11_000, times: 1 });
    await objects.create('it', mebibytes(9), bounds());
    expect(server.objects().map(({ key }) => key)).toEqual(['prod/etcd/it']);
  });

  test('403 to one part has its upload taken back', async () => {
    const { server, objects } = await start();
    server.faults.add({ operation: 'UploadPart', skip: 1, status: 403 });
    async function* endless() {
      for (;;) yield* mebibytes(1);
    }
    await expect(objects.create('it', endless(), bounds())).rejects.toMatchObject({
      code: 'E2D_STORE_DENIED',
    });
    expect(server.uploads()).toEqual([]);
    expect(server.objects()).toEqual([]);
  });

  test('an old listing shows what there was', async () => {
    const { server, objects } = await start();
    await objects.create('old', bodyOf('x'), bounds());
    server.faults.staleListing = true;
    await objects.create('new', bodyOf('x'), bounds());
    expect((await objects.list('', bounds())).map(({ key }) => key)).toEqual(['old']);
    server.faults.staleListing = false;
    expect(await objects.list('', bounds())).toHaveLength(2);
  });
});

describe('a store that is down', () => {
  test('is unreachable for every act, and serves again afterwards', async () => {
    const { server, store, objects } = await start();
    await objects.create('it', bodyOf('x'), bounds());
    await server.goDown();
    const acts = [
      objects.list('', bounds()),
      objects.read('it', bounds()),
      objects.create('new', mebibytes(9), bounds()),
      objects.remove('it', bounds()),
      store.single(bounds()),
    ];
    for (const end of await Promise.allSettled(acts)) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'E2D_STORE_UNREACHABLE' } });
    }
    await server.comeUp();
    expect(await objects.list('', bounds())).toEqual([{ key: 'it', sizeBytes: 1 }]);
  });

  test('in mid-upload for a moment is waited for', async () => {
    const { server, objects } = await start();
    async function* body() {
      yield* mebibytes(10);
      await server.goDown();
      setTimeout(() => void server.comeUp(), 150);
      yield* bodyOf(Buffer.alloc(MIB));
    }
    await objects.create('it', body(), bounds());
    expect(await objects.list('', bounds())).toEqual([{ key: 'it', sizeBytes: 11 * MIB }]);
  });

  test('in mid-upload for good leaves nothing to be seen', async () => {
    const { server, objects } = await start();
    async function* body() {
      yield* mebibytes(10);
      await server.goDown();
      yield* mebibytes(10);
    }
    await expect(objects.create('it', body(), bounds())).rejects.toMatchObject({
      code: 'E2D_STORE_UNREACHABLE',
    });
    await server.comeUp();
    expect(await objects.list('', bounds())).toEqual([]);
  });

  test('is given up at once when the caller aborts', async () => {
    const { server, objects } = await start();
    await server.goDown();
    const control = new AbortController();
    const reason = new Error('stopped');
    const listing = objects.list('', { signal: control.signal });
    control.abort(reason);
    await expect(listing).rejects.toBe(reason);
  });
});

describe('a download', () => {
  const size = 6;

  test.each([
    ['is reset', { cutDownloadAfterBytes: 1_500_000, times: 3 }],
    ['ends too early', { endDownloadAfterBytes: 1_500_000, times: 3 }],
    ['is reset and refused', { cutDownloadAfterBytes: 2_000_000, times: 1 }],
  ] as const)('that %s goes on where it broke', async (name, fault) => {
    const { server, objects } = await start();
    await objects.create('it', mebibytes(size), bounds());
    server.faults.add(fault);
    if (name.endsWith('refused'))
      server.faults.add({ operation: 'GetObject', status: 503, times: 2 });
    expect(await isMebibytes(await objects.read('it', bounds()), size)).toBe(true);
  });

  test.each([
    ['resets', { cutDownloadAfterBytes: 100_000 }],
    ['ends too early', { endDownloadAfterBytes: 100_000 }],
  ])('that %s every time fails after a bounded number of tries', async (_, fault) => {
    const { server, objects } = await start();
    await objects.create('it', mebibytes(size), bounds());
    server.faults.add(fault);
    const stream = await objects.read('it', bounds());
    await expect(contentOf(stream)).rejects.toMatchObject({
      code: 'E2D_STORE_UNREACHABLE',
      message: expect.stringMatching(/read "it".* of 6291456 bytes/),
    });
    const tries = server.requests.filter(({ operation }) => operation === 'GetObject');
    expect(tries.length).toBeLessThan(20);
  });

  test('does not go on with another object of the same key', async () => {
    const { server, objects } = await start();
    await objects.create('it', mebibytes(size), bounds());
    server.faults.add({ cutDownloadAfterBytes: 2_000_000, times: 1 });
    const stream = await objects.read('it', bounds());
    await server.write('backups', 'prod/etcd/it', Buffer.alloc(size * MIB));
    await expect(contentOf(stream)).rejects.toMatchObject({
      code: 'E2D_STORE_FAILED',
      message: expect.stringContaining('replaced'),
    });
  });

  test('says so when the store goes down for good in the middle', async () => {
    const { server, objects } = await start();
    await objects.create('it', mebibytes(30), bounds());
    // Slow enough not to be over before the store goes down.
    server.faults.add({ bytesPerSecond: 4 * 1024 * 1024 });
    const stream = await objects.read('it', bounds());
    const reading = contentOf(stream).then(({ length }) => length);
    await waitUntil(() => stream.readableDidRead, { what: 'it is read', withinMs: 5_000 });
    server.faults.add({ cutDownloadAfterBytes: 1 });
    await server.goDown();
    await expect(reading).rejects.toMatchObject({ code: 'E2D_STORE_UNREACHABLE' });
  });

  test('of a damaged store gives what the store says: others check the bytes', async () => {
    const { server, objects } = await start();
    await objects.create('it', bodyOf('some bytes'), bounds());
    server.faults.add({ flipByteAt: 5, times: 1 });
    expect(String(await contentOf(await objects.read('it', bounds())))).toBe('some cytes');
    server.faults.add({ truncateToBytes: 4, times: 1 });
    expect(String(await contentOf(await objects.read('it', bounds())))).toBe('some');
  });

  test('of a slow store comes through whole', async () => {
    const { server, objects } = await start();
    server.faults.add({ bytesPerSecond: 2 * MIB });
    await objects.create('it', mebibytes(1), bounds());
    expect(await isMebibytes(await objects.read('it', bounds()), 1)).toBe(true);
  });

  test('that hangs ends when it is aborted', async () => {
    const { server, objects } = await start();
    await objects.create('it', mebibytes(2), bounds());
    server.faults.add({ bytesPerSecond: 1000 });
    const control = new AbortController();
    const stream = await objects.read('it', { signal: control.signal });
    setTimeout(() => control.abort(new Error('enough')), 100);
    await expect(contentOf(stream)).rejects.toThrow('enough');
  });
});
