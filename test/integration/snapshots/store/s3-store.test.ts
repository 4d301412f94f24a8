import { describe, expect, test } from 'vitest';
import { waitUntil } from '../../../support/wait-until.ts';
import {
  bodyOf,
  bounds,
  contentOf,
  isMebibytes,
  KEY,
  MIB,
  mebibytes,
  openStore,
  start,
  startServer,
} from './s3-fixture.ts';

describe('objects in a bucket', () => {
  test('are written, listed, read and removed below the prefix of the URL', async () => {
    const { server, objects } = await start();
    await objects.create('b/two words & <signs>.json', bodyOf('{', '}'), bounds());
    await objects.create('a/data', bodyOf('some', ' bytes'), bounds());
    await objects.create('empty', bodyOf(), bounds());
    await server.write('backups', 'prod/other', 'not below the prefix');
    expect(await objects.list('', bounds())).toEqual([
      { key: 'a/data', sizeBytes: 10 },
      { key: 'b/two words & <signs>.json', sizeBytes: 2 },
      { key: 'empty', sizeBytes: 0 },
    ]);
    expect(await objects.list('a/', bounds())).toEqual([{ key: 'a/data', sizeBytes: 10 }]);
    expect(String(await contentOf(await objects.read('a/data', bounds())))).toBe('some bytes');
    expect(await contentOf(await objects.read('empty', bounds()))).toHaveLength(0);
    expect(String(await server.read('backups', 'prod/etcd/a/data'))).toBe('some bytes');
    await objects.remove('a/data', bounds());
    await objects.remove('a/data', bounds());
    expect((await objects.list('', bounds())).map(({ key }) => key)).not.toContain('a/data');
  });

  test('of many parts are what was written, and not seen before they are whole', async () => {
    const { server, objects } = await start();
    let seen: readonly unknown[] = ['not looked yet'];
    async function* body() {
      yield* mebibytes(20);
      seen = await objects.list('', bounds());
      yield Buffer.from('end');
    }
    await objects.create('large', body(), bounds());
    expect(seen).toEqual([]);
    expect(await objects.list('', bounds())).toEqual([{ key: 'large', sizeBytes: 20 * MIB + 3 }]);
    const content = await contentOf(await objects.read('large', bounds()));
    expect(String(content.subarray(-3))).toBe('end');
    expect(await isMebibytes(bodyOf(content.subarray(0, -3)), 20)).toBe(true);
    expect(server.uploads()).toEqual([]);
    const parts = server.requests.filter(({ operation }) => operation === 'UploadPart');
    expect(parts).toHaveLength(5);
  });

  test.each([4, 5, 6, 10])('of %i MiB come back as they were', async (size) => {
    const { server, objects } = await start();
    await objects.create('sized', mebibytes(size), bounds());
    expect(await isMebibytes(await objects.read('sized', bounds()), size)).toBe(true);
    const one = server.requests.some(({ operation }) => operation === 'PutObject');
    expect(one).toBe(size <= 5);
  });

  test('are listed over many pages', async () => {
    const { server, objects } = await start();
    const keys = Array.from({ length: 23 }, (_, at) => `k/${String(at).padStart(3, '0')}`);
    for (const key of keys) await server.write('backups', `prod/etcd/${key}`, key);
    server.faults.pageSize = 5;
    expect((await objects.list('k/', bounds())).map(({ key }) => key)).toEqual(keys);
    const pages = server.requests.filter(({ operation }) => operation === 'ListObjectsV2');
    expect(pages).toHaveLength(5);
  });

  test('are not listed at all when one page fails', async () => {
    const { server, objects } = await start();
    for (const key of ['1', '2', '3']) await server.write('backups', `prod/etcd/${key}`, key);
    server.faults.pageSize = 1;
    server.faults.add({ operation: 'ListObjectsV2', skip: 2, status: 500 });
    await expect(objects.list('', bounds())).rejects.toMatchObject({ code: 'E2D_STORE_FAILED' });
  });

  test('lie at the root of a bucket when the URL has no path', async () => {
    const { server, objects } = await start({}, { prefix: '' });
    await objects.create('x/y', bodyOf('z'), bounds());
    expect(server.objects()).toEqual([{ bucket: 'backups', key: 'x/y', sizeBytes: 1 }]);
    expect(await objects.list('x', bounds())).toEqual([{ key: 'x/y', sizeBytes: 1 }]);
  });
});

describe('the single object of the first e2d', () => {
  test('is found by its key and read', async () => {
    const { server, store } = await start();
    expect(await store.single(bounds())).toBeNull();
    await server.write('backups', 'prod/etcd', 'snapshot');
    const single = await store.single(bounds());
    expect(single).toMatchObject({ name: 'prod/etcd', sizeBytes: 8 });
    expect(Date.parse(single?.modifiedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(String(await contentOf(await single!.read(bounds())))).toBe('snapshot');
  });

  test('is not taken to be absent when it is not known', async () => {
    const { server, store } = await start();
    server.faults.add({ operation: 'HeadObject', status: 403 });
    await expect(store.single(bounds())).rejects.toMatchObject({ code: 'E2D_STORE_DENIED' });
    server.faults.clear();
    server.faults.add({ operation: 'HeadObject', status: 500 });
    await expect(store.single(bounds())).rejects.toMatchObject({ code: 'E2D_STORE_FAILED' });
  });
});

describe('what exists', () => {
  test.each([
    ['one request', true, 1],
    ['many parts', true, 10],
    ['one request, at a service without conditions', false, 1],
    ['many parts, at a service without conditions', false, 10],
  ])('is not written over: %s', async (_, conditionalWrites, size) => {
    const { server, objects } = await start();
    server.faults.conditionalWrites = conditionalWrites;
    await objects.create('first', bodyOf('other'), bounds());
    await objects.create('it', mebibytes(size), bounds());
    await expect(objects.create('it', mebibytes(size + 1), bounds())).rejects.toMatchObject({
      code: 'E2D_STORE_EXISTS',
      message: expect.stringContaining('write "it"'),
    });
    expect(await isMebibytes(await objects.read('it', bounds()), size)).toBe(true);
    expect(server.uploads()).toEqual([]);
    const refused = server.requests.filter(({ status }) => status === 501);
    expect(refused).toHaveLength(conditionalWrites ? 0 : 1);
  });

  test.each([1, 10])(
    'was written by exactly one of two at the same time (%i MiB)',
    async (size) => {
      const server = await startServer();
      const stores = await Promise.all([openStore(server), openStore(server), openStore(server)]);
      const writes = stores.map((store) => store.objects.create('it', mebibytes(size), bounds()));
      const ends = await Promise.allSettled(writes);
      const lost = ends.filter((end) => end.status === 'rejected');
      expect(lost.map((end) => end.reason.code)).toEqual(['E2D_STORE_EXISTS', 'E2D_STORE_EXISTS']);
      expect(server.uploads()).toEqual([]);
      expect(server.objects()).toHaveLength(1);
    },
  );

  test.each([1, 10])('is known as its own when the answer was lost (%i MiB)', async (size) => {
    const { server, objects } = await start();
    const operation = size === 1 ? 'PutObject' : 'CompleteMultipartUpload';
    server.faults.add({ operation, times: 1, loseAnswer: true });
    await objects.create('it', mebibytes(size), bounds());
    expect(await isMebibytes(await objects.read('it', bounds()), size)).toBe(true);
    await expect(objects.create('it', bodyOf(''), bounds())).rejects.toThrow('already');
  });
});

describe('an upload that is aborted', () => {
  test.each([
    'PutObject',
    'UploadPart',
    'CreateMultipartUpload',
    'CompleteMultipartUpload',
  ] as const)('during %s ends at once and leaves nothing', async (operation) => {
    const { server, objects } = await start();
    const slow = { operation, delayMs: 60_000 };
    server.faults.add(operation === 'CreateMultipartUpload' ? { ...slow, delayMs: 500 } : slow);
    const control = new AbortController();
    const reason = new Error('the leader has changed');
    const size = operation === 'PutObject' ? 1 : 10;
    const creating = objects.create('it', mebibytes(size), { signal: control.signal });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const from = performance.now();
    control.abort(reason);
    await expect(creating).rejects.toBe(reason);
    expect(performance.now() - from).toBeLessThan(2_000);
    await waitUntil(() => server.uploads().length === 0, { what: 'none', withinMs: 5_000 });
    expect(server.objects()).toEqual([]);
  });

  test('ends although its body waits', async () => {
    const { server, objects } = await start();
    const control = new AbortController();
    let waits = false;
    async function* body() {
      yield* mebibytes(12);
      waits = true;
      await new Promise(() => {});
    }
    const creating = objects.create('it', body(), { signal: control.signal });
    await waitUntil(() => waits, { what: 'the body waits', withinMs: 10_000, everyMs: 5 });
    control.abort(new Error('enough'));
    await expect(creating).rejects.toThrow('enough');
    expect(server.uploads()).toEqual([]);
    expect(server.objects()).toEqual([]);
  });

  test('because its own body failed says what the body said', async () => {
    const { server, objects } = await start();
    async function* body() {
      yield* mebibytes(12);
      throw new Error('etcd went away');
    }
    await expect(objects.create('it', body(), bounds())).rejects.toThrow(/^etcd went away$/);
    expect(server.uploads()).toEqual([]);
  });

  test('by a crash is taken back when it is a day old', async () => {
    const { server, store } = await start();
    const control = new AbortController();
    server.faults.add({ operation: 'AbortMultipartUpload', status: 403 });
    const undo = server.faults.add({ operation: 'UploadPart', status: 403 });
    await expect(
      store.objects.create('it', mebibytes(10), { signal: control.signal }),
    ).rejects.toMatchObject({ code: 'E2D_STORE_DENIED' });
    undo();
    server.faults.clear();
    expect(server.uploads()).toHaveLength(1);
    expect(await store.cleanUp(Date.now() + 23 * 3_600_000, bounds())).toBe(0);
    expect(await store.cleanUp(Date.now() + 25 * 3_600_000, bounds())).toBe(1);
    expect(server.uploads()).toEqual([]);
  });
});

describe('a store at DigitalOcean', () => {
  test('takes the keys of Spaces, path style, and the region of the URL', async () => {
    const spaces = { isSpaces: true, endpoint: 'https://fra1.digitaloceanspaces.com' };
    const { objects } = await start(
      { spacesKey: KEY, accessKey: { id: 'AWS', secret: 'not for Spaces' }, region: null },
      { ...spaces, regionHint: 'fra1' },
    );
    await objects.create('it', bodyOf('x'), bounds());
    expect(await objects.list('', bounds())).toEqual([{ key: 'it', sizeBytes: 1 }]);
  });
});
