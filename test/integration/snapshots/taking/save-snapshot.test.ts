import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdEndpoint } from '../../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../../src/etcd/client/endpoint.ts';
import { sourceOf } from '../../../../src/node/snapshots/source-of.ts';
import { Catalogue } from '../../../../src/snapshots/catalogue/read-catalogue.ts';
import { SnapshotKey } from '../../../../src/snapshots/formats/snapshot-key.ts';
import { unpackSnapshot } from '../../../../src/snapshots/formats/unpack-snapshot.ts';
import { openFileStore } from '../../../../src/snapshots/store/file-store.ts';
import type { OpenStore } from '../../../../src/snapshots/store/object-store.ts';
import {
  type SaveSnapshotOptions,
  saveSnapshot,
} from '../../../../src/snapshots/taking/save-snapshot.ts';
import { saveToFile } from '../../../../src/snapshots/taking/save-to-file.ts';
import { type EtcdCluster, startEtcdCluster } from '../../../support/etcd-launcher.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const valueBytes = 1024 * 1024;
const valueCount = 96;

let cluster: EtcdCluster;
let endpoint: EtcdEndpoint;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-taking-'));
  cluster = await startEtcdCluster(1);
  endpoint = createEtcdEndpoint(cluster.member(0).clientUrl);
  await fill(cluster.member(0).clientUrl);
});

afterAll(async () => {
  endpoint?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function fill(url: string): Promise<void> {
  const client = new Etcd3({ hosts: url });
  const value = randomBytes(valueBytes);
  for (let key = 0; key < valueCount; key += 1) {
    value.writeUInt32LE(key);
    await client.put(`/fill/${key}`).value(value);
  }
  client.close();
}

async function emptyStore(): Promise<OpenStore> {
  return openFileStore(await mkdtemp(join(folder, 'store-')));
}

function optionsFor(store: OpenStore, more: Partial<SaveSnapshotOptions> = {}) {
  return {
    source: sourceOf(endpoint),
    store,
    describe: {
      lineage: 'line',
      parent: null,
      requiredSize: 1,
      e2dVersion: '0.1.0',
      retention: { allMs: 0, hourlyMs: 0, dailyMs: 0, count: null },
      trigger: 'request',
    },
    compression: 'none',
    key: null,
    withHashKv: false,
    signal,
    wallTime: () => new Date(),
    drawSuffix: () => randomBytes(3).toString('hex'),
    ...more,
  } satisfies SaveSnapshotOptions;
}

async function program(name: string, ...argv: string[]): Promise<string> {
  const path = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', name);
  const { stdout } = await run(path, argv, { env: { PATH: process.env['PATH'] } });
  return stdout;
}

async function statusOf(file: string): Promise<{ hash: number; revision: number }> {
  return JSON.parse(await program('etcdutl', 'snapshot', 'status', file, '-w', 'json'));
}

async function savedByEtcdctl(name: string): Promise<string> {
  const file = join(folder, name);
  const { clientUrl } = cluster.member(0);
  await program('etcdctl', '--endpoints', clientUrl, 'snapshot', 'save', file);
  return file;
}

/** Everything in a store, shown or not. */
async function objectsOf(store: OpenStore) {
  return (await store.objects.list('', { signal })).map(({ key }) => key);
}

describe('a snapshot of a real etcd', () => {
  const key = new SnapshotKey(randomBytes(32));

  test.each([
    ['as it is', { compression: 'none', key: null }],
    ['compressed', { compression: 'gzip', key: null }],
    ['encrypted', { compression: 'none', key }],
  ] as const)('is what etcdctl saves, %s', async (how, form) => {
    const store = await emptyStore();
    const record = await saveSnapshot(optionsFor(store, { ...form, withHashKv: true }));
    const to = join(folder, `${how}.db`);
    const unpacked = await unpackSnapshot(
      await store.objects.read(`${record.id}/etcd.backup.gz`, { signal }),
      { to, keys: form.key === null ? [] : [form.key], signal },
    );
    expect(unpacked.contentSha256).toBe(record.content.sha256);
    const theirs = await statusOf(await savedByEtcdctl(`${how}.theirs`));
    expect(await statusOf(to)).toEqual(theirs);
    expect(record.revision).toBe(theirs.revision);
    const { clientUrl } = cluster.member(0);
    const hashes = await program('etcdctl', '--endpoints', clientUrl, 'endpoint', 'hashkv');
    expect(hashes).toContain(`, ${record.hashKv?.hash}`);
  });

  test('shows in the catalogue, with its record', async () => {
    const store = await emptyStore();
    const record = await saveSnapshot(optionsFor(store));
    const { entries, problems, unfinished } = await new Catalogue(store).list({ signal });
    expect(entries).toMatchObject([{ kind: 'e2d', id: record.id, record, proof: null }]);
    expect({ problems, unfinished }).toEqual({ problems: [], unfinished: [] });
  });

  test('is taken by two at once, each under a name of its own', async () => {
    const store = await emptyStore();
    const [one, other] = await Promise.all([
      saveSnapshot(optionsFor(store)),
      saveSnapshot(optionsFor(store)),
    ]);
    expect(one.id).not.toBe(other.id);
    const { entries } = await new Catalogue(store).list({ signal });
    expect(entries.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort());
  });

  test('needs no memory for what a slow store has not taken yet', async () => {
    const store = await emptyStore();
    let atStart = 0;
    let atMost = 0;
    const slow: OpenStore = {
      ...store,
      objects: Object.assign(Object.create(store.objects), {
        place: store.objects.place,
        async create(key: string, body: AsyncIterable<Uint8Array>) {
          for await (const _ of key.endsWith('.gz') ? body : []) {
            atStart ||= heldMb();
            await new Promise((resolve) => setTimeout(resolve, 1));
            atMost = Math.max(atMost, heldMb());
          }
          if (key.endsWith('.gz')) throw new Error('enough');
        },
      }),
    };
    await expect(saveSnapshot(optionsFor(slow))).rejects.toThrow('enough');
    expect(atStart).toBeGreaterThan(0);
    expect(atMost - atStart).toBeLessThan(48);
  });
});

function heldMb(): number {
  return process.memoryUsage().external / 2 ** 20;
}

describe('a snapshot that is not finished', () => {
  test('leaves nothing when it is cancelled in the middle', async () => {
    const store = await emptyStore();
    const stopping = new AbortController();
    const saving = saveSnapshot(
      optionsFor(store, {
        signal: stopping.signal,
        onProgress: ({ doneBytes, totalBytes }) => {
          if (doneBytes > (totalBytes ?? 0) / 2) stopping.abort(new Error('no longer leader'));
        },
      }),
    );
    await expect(saving).rejects.toThrow('no longer leader');
    expect(await objectsOf(store)).toEqual([]);
  });

  test('leaves nothing when etcd is killed in the middle', async () => {
    const store = await emptyStore();
    const doomed = await startEtcdCluster(1);
    const member = doomed.member(0);
    await fill(member.clientUrl);
    const dying = createEtcdEndpoint(member.clientUrl);
    let killed: Promise<void> | undefined;
    const saving = saveSnapshot(
      optionsFor(store, {
        source: sourceOf(dying),
        onProgress: ({ phase }) => {
          if (phase === 'streaming') killed ??= member.kill();
        },
      }),
    );
    await expect(saving).rejects.toMatchObject({ name: 'EtcdFault', code: 'unavailable' });
    await killed;
    dying.close();
    await doomed.stop();
    expect(await objectsOf(store)).toEqual([]);
  });
});

describe('a snapshot in a file', () => {
  test('is what etcdctl saves, and takes the place of the one before', async () => {
    const path = join(folder, 'local.db');
    await writeFile(path, 'the one before');
    const saved = await saveToFile({
      source: sourceOf(endpoint),
      path,
      compression: 'none',
      signal,
    });
    expect(await statusOf(path)).toEqual(await statusOf(await savedByEtcdctl('local.theirs')));
    expect(saved).toMatchObject({ path, revision: valueCount + 1 });
    expect((await readFile(path)).length).toBe(saved.sizeBytes);
  });

  test('can be compressed', async () => {
    const path = join(folder, 'local.db.gz');
    await saveToFile({ source: sourceOf(endpoint), path, compression: 'gzip', signal });
    const unzipped = join(folder, 'unzipped.db');
    await writeFile(unzipped, gunzipSync(await readFile(path)));
    expect(await statusOf(unzipped)).toMatchObject({ revision: valueCount + 1 });
  });

  test.each(['streaming', 'checking'] as const)(
    'is not there when it ends while %s',
    async (at) => {
      const place = await mkdtemp(join(folder, 'file-'));
      const path = join(place, 'local.db');
      await writeFile(path, 'the one before');
      const stopping = new AbortController();
      const saving = saveToFile({
        source: sourceOf(endpoint),
        path,
        compression: 'none',
        signal: stopping.signal,
        onProgress: ({ phase }) => phase === at && stopping.abort(new Error('stopped')),
      });
      await expect(saving).rejects.toThrow('stopped');
      expect(await readdir(place)).toEqual(['local.db']);
      expect(await readFile(path, 'utf8')).toBe('the one before');
    },
  );
});
