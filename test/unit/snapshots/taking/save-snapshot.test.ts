import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { backupMetaSchema } from '../../../../src/snapshots/catalogue/backup-meta.ts';
import { snapshotRecordSchema } from '../../../../src/snapshots/catalogue/snapshot-record.ts';
import type { Bounds, ObjectStore } from '../../../../src/snapshots/store/object-store.ts';
import {
  type SaveSnapshotOptions,
  saveSnapshot,
} from '../../../../src/snapshots/taking/save-snapshot.ts';
import type {
  SaveProgress,
  SnapshotSource,
} from '../../../../src/snapshots/taking/snapshot-source.ts';
import { MemoryStore } from '../../../support/memory-store.ts';

const id = '2026-11-21T10:00:00Z-000000012345-a1b2c3';
const [begun, data, record, meta] = [
  'e2d.begun.json',
  'etcd.backup.gz',
  'e2d.json',
  '_etcd_backup.meta',
].map((name) => `${id}/${name}`) as [string, string, string, string];
const files = [begun, data, record, meta];

const database = Buffer.alloc(8_192, 'keys');
database.writeUInt32LE(0xed0cdaed, 16);
database.writeUInt32LE(2, 20);
database.writeUInt32LE(4_096, 24);
const content = Buffer.concat([database, createHash('sha256').update(database).digest()]);

const member = { id: 'a1', name: 'one', peerUrls: ['p'], clientUrls: ['c'], learner: false };

/** A source whose stream says whether it was ended. */
function scriptedSource(pieces: readonly Buffer[] = [content]) {
  const calls: string[] = [];
  const streamSignals: AbortSignal[] = [];
  const source: SnapshotSource = {
    async status() {
      calls.push('status');
      return { revision: 12_345, raftTerm: 3, raftAppliedIndex: 77, version: '3.6.14' };
    },
    async members() {
      calls.push('members');
      return [member, { ...member, id: 'b2', learner: true }];
    },
    async hashKv(revision) {
      calls.push('hashKv');
      return { revision, compactRevision: -1, hash: 42 };
    },
    async stream({ signal }) {
      calls.push('stream');
      streamSignals.push(signal);
      return { totalBytes: content.length, chunks: Readable.from(pieces) };
    },
  };
  return { source, calls, streamSignals };
}

function optionsFor(objects: ObjectStore, more: Partial<SaveSnapshotOptions> = {}) {
  return {
    source: scriptedSource().source,
    store: { objects, single: async () => null },
    describe: {
      lineage: 'line',
      parent: null,
      requiredSize: 3,
      e2dVersion: '0.1.0',
      retention: { allMs: 1, hourlyMs: 2, dailyMs: 3, count: null },
      trigger: 'interval',
    },
    compression: 'none',
    key: null,
    withHashKv: false,
    signal: new AbortController().signal,
    wallTime: () => new Date('2026-11-21T10:00:00.900Z'),
    drawSuffix: () => 'a1b2c3',
    ...more,
  } satisfies SaveSnapshotOptions;
}

type Act = 'create' | 'read' | 'remove';
type Override = (key: string, real: () => Promise<unknown>) => Promise<unknown>;

/** The store in memory with one of its acts replaced. */
function storeWith(memory: MemoryStore, act: Act, override: Override): ObjectStore {
  const bent = (key: string, real: () => Promise<unknown>) => override(key, real) as Promise<never>;
  return {
    place: memory.place,
    list: (prefix, bounds) => memory.list(prefix, bounds),
    create: (key, body, bounds) => memory.create(key, body, bounds),
    read: (key, bounds) => memory.read(key, bounds),
    remove: (key, bounds) => memory.remove(key, bounds),
    close: () => memory.close(),
    ...(act === 'create' && {
      create: (key: string, body: AsyncIterable<Uint8Array>, bounds: Bounds) =>
        bent(key, () => memory.create(key, body, bounds)),
    }),
    ...(act === 'read' && {
      read: (key: string, bounds: Bounds) => bent(key, () => memory.read(key, bounds)),
    }),
    ...(act === 'remove' && {
      remove: (key: string, bounds: Bounds) => bent(key, () => memory.remove(key, bounds)),
    }),
  };
}

describe('saving a snapshot', () => {
  test('writes, reads back and shows it in this order', async () => {
    const memory = new MemoryStore();
    await saveSnapshot(optionsFor(memory));
    expect(memory.calls).toEqual([
      `create ${begun}`,
      `create ${data}`,
      `read ${data}`,
      `create ${record}`,
      `create ${meta}`,
    ]);
  });

  test('asks etcd for what must be in the snapshot before it is taken', async () => {
    const { source, calls } = scriptedSource();
    const saved = await saveSnapshot(optionsFor(new MemoryStore(), { source, withHashKv: true }));
    expect(calls).toEqual(['status', 'members', 'hashKv', 'stream']);
    expect(saved.hashKv).toEqual({ revision: 12_345, compactRevision: -1, hash: 42 });
  });

  test('records what it is, for e2d and for etcd-manager', async () => {
    const memory = new MemoryStore();
    const saved = await saveSnapshot(optionsFor(memory));
    const stored = Buffer.from(await bytesOf(memory, data));
    expect(saved).toMatchObject({
      id,
      takenAt: '2026-11-21T10:00:00Z',
      lineage: 'line',
      revision: 12_345,
      raftTerm: 3,
      raftIndex: 77,
      stored: { sizeBytes: stored.length, sha256: sha256(stored) },
      content: { sizeBytes: content.length, sha256: sha256(content) },
      compression: 'none',
      encryptionKeyId: null,
      hashKv: null,
      trigger: 'interval',
    });
    const text = memory.text(record) ?? '';
    expect(snapshotRecordSchema.parse(JSON.parse(text))).toEqual(saved);
    expect(backupMetaSchema.parse(JSON.parse(memory.text(meta) ?? ''))).toEqual({
      etcdVersion: '3.6.14',
      takenAtSeconds: Date.parse('2026-11-21T10:00:00Z') / 1_000,
      clusterSpec: { memberCount: 1, etcdVersion: '3.6.14' },
    });
    expect(JSON.parse(memory.text(begun) ?? '')).toEqual({
      lineage: 'line',
      begunAt: '2026-11-21T10:00:00Z',
    });
  });

  test('tells how far it is', async () => {
    const told: SaveProgress[] = [];
    const onProgress = (progress: SaveProgress) => told.push(progress);
    await saveSnapshot(optionsFor(new MemoryStore(), { onProgress, withHashKv: true }));
    expect(told.map(({ phase }) => phase)).toEqual(['hashing', 'streaming', 'checking']);
    const [, streamed, checked] = told;
    expect(streamed).toMatchObject({ doneBytes: content.length, totalBytes: content.length });
    expect(checked?.doneBytes).toBe(checked?.totalBytes);
  });
});

describe('a snapshot that fails', () => {
  const codes = ['E2D_STORE_UNREACHABLE', 'E2D_STORE_FULL'];
  const places = files.flatMap((key) => codes.map((code) => [key, code] as const));

  test.each(places)('while %s is written (%s) is removed', async (key, code) => {
    const memory = new MemoryStore();
    memory.fail('create', code, { prefix: key });
    const { source, streamSignals } = scriptedSource();
    await expect(saveSnapshot(optionsFor(memory, { source }))).rejects.toMatchObject({ code });
    expect(memory.keys).toEqual([]);
    expect(streamSignals.every(({ aborted }) => aborted)).toBe(true);
  });

  test.each(files)('although %s was written is removed, what shows it first', async (failing) => {
    const memory = new MemoryStore();
    const store = storeWith(memory, 'create', async (key, real) => {
      await real();
      if (key === failing) throw new Error('the answer was lost');
    });
    await expect(saveSnapshot(optionsFor(store))).rejects.toThrow('the answer was lost');
    expect(memory.keys).toEqual([]);
    const written = files.slice(0, files.indexOf(failing) + 1);
    const removals = memory.calls.filter((call) => call.startsWith('remove'));
    expect(removals).toEqual(written.reverse().map((key) => `remove ${key}`));
  });

  test('stays whole where what shows it can no longer be removed', async () => {
    const memory = new MemoryStore();
    memory.fail('remove', 'E2D_STORE_UNREACHABLE', { prefix: meta });
    const store = storeWith(memory, 'create', async (key, real) => {
      await real();
      if (key === meta) throw new Error('the answer was lost');
    });
    const left: string[] = [];
    const onLeftBehind = (key: string) => left.push(key);
    await expect(saveSnapshot(optionsFor(store, { onLeftBehind }))).rejects.toThrow('lost');
    expect(memory.keys).toEqual([...files].sort());
    expect(left).toEqual([...files].reverse());
  });

  test.each(files.slice(0, 3))('does not show when nothing can be removed (at %s)', async (key) => {
    const memory = new MemoryStore();
    memory.fail('create', 'E2D_STORE_FAILED', { prefix: files[files.indexOf(key) + 1] ?? '' });
    memory.fail('remove', 'E2D_STORE_FAILED');
    const left: string[] = [];
    const onLeftBehind = (one: string) => left.push(one);
    const saving = saveSnapshot(optionsFor(memory, { onLeftBehind }));
    await expect(saving).rejects.toMatchObject({ code: 'E2D_STORE_FAILED' });
    expect(memory.keys).not.toContain(meta);
    expect(left).toContain(key);
  });

  test.each([
    ['with a bit flipped', (bytes: Buffer) => bytes.fill(bytes.readUInt8(99) ^ 1, 99, 100)],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 1)])],
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0)],
  ])('because it reads back %s is removed', async (_, damage) => {
    const memory = new MemoryStore();
    const store = storeWith(memory, 'read', async () =>
      Readable.from([damage(Buffer.from(await bytesOf(memory, data)))]),
    );
    const saving = saveSnapshot(optionsFor(store));
    await expect(saving).rejects.toMatchObject({ code: 'E2D_SNAPSHOT_CORRUPT' });
    expect(memory.keys).toEqual([]);
  });

  test('because it cannot be read back is removed', async () => {
    const memory = new MemoryStore();
    memory.fail('read', 'E2D_STORE_UNREACHABLE');
    const saving = saveSnapshot(optionsFor(memory));
    await expect(saving).rejects.toMatchObject({ code: 'E2D_STORE_UNREACHABLE' });
    expect(memory.keys).toEqual([]);
  });

  test.each([
    ['is cut short', [content.subarray(0, 4_000)]],
    ['does not match its own hash', [content.subarray(0, -1), Buffer.of(0)]],
    ['comes to nothing', []],
  ])('because the stream of etcd %s is removed', async (_, pieces) => {
    const memory = new MemoryStore();
    const { source } = scriptedSource(pieces);
    const saving = saveSnapshot(optionsFor(memory, { source }));
    await expect(saving).rejects.toMatchObject({ code: expect.stringMatching(/^E2D_SNAPSHOT_/) });
    expect(memory.keys).toEqual([]);
  });

  test.each(['status', 'members', 'hashKv'] as const)('at %s has written nothing', async (call) => {
    const memory = new MemoryStore();
    const source = { ...scriptedSource().source, [call]: () => Promise.reject(new Error(call)) };
    const saving = saveSnapshot(optionsFor(memory, { source, withHashKv: true }));
    await expect(saving).rejects.toThrow(call);
    expect(memory.calls).toEqual([]);
  });

  test.each(['create', 'read'] as const)('by its signal, in a %s, is removed', async (act) => {
    for (const key of act === 'create' ? files : [data]) {
      const memory = new MemoryStore();
      const stopping = new AbortController();
      const store = storeWith(memory, act, (at, real) => {
        if (at === key) stopping.abort(new Error('the leader changed'));
        return real();
      });
      const saving = saveSnapshot(optionsFor(store, { signal: stopping.signal }));
      await expect(saving).rejects.toThrow('the leader changed');
      expect(memory.keys).toEqual([]);
    }
  });

  test('because another drew the same name leaves that one alone', async () => {
    const memory = new MemoryStore();
    await saveSnapshot(optionsFor(memory));
    const before = memory.keys.map((key) => memory.text(key));
    const saving = saveSnapshot(optionsFor(memory));
    await expect(saving).rejects.toMatchObject({ code: 'E2D_STORE_EXISTS' });
    expect(memory.keys.map((key) => memory.text(key))).toEqual(before);
  });
});

async function bytesOf(memory: MemoryStore, key: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const part of await memory.read(key, { signal })) parts.push(part);
  return Buffer.concat(parts);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
