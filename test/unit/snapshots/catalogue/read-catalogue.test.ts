import { describe, expect, test } from 'vitest';
import {
  begunKey,
  dataKey,
  metaKey,
  proofKey,
  recordKey,
} from '../../../../src/snapshots/catalogue/layout.ts';
import { Catalogue } from '../../../../src/snapshots/catalogue/read-catalogue.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { buildProof, buildRecord, HOUR_MS, NOW_MS, objectsOf } from './build-entries.ts';

const signal = new AbortController().signal;

/** As a kops cluster of 2019 left it, its oldest backup written by an older release. */
const etcdManagerStore = {
  'control/etcd-cluster-created': '{"timestamp":1547480961703914946}',
  'control/etcd-cluster-spec': '{\n  "memberCount": 3,\n  "etcdVersion": "3.5.7"\n}',
  'control/2019-05-08T09:00:00Z-000000/_command.json':
    '{\n  "timestamp": "1557306000000000000",\n  "restoreBackup": {\n' +
    '    "backup": "2019-05-07T18:28:01Z-000977"\n  }\n}',
  '2019-05-07T18:28:01Z-000977/etcd.backup.gz': 'gzip',
  '2019-05-07T18:28:01Z-000977/_etcd_backup.meta': `{
  "etcdVersion": "3.5.7",
  "timestamp": "1557253681",
  "clusterSpec": {
    "memberCount": 3,
    "etcdVersion": "3.5.7"
  }
}`,
  '2018-05-07T18:28:01Z-000001/etcd.backup.gz': 'older',
  '2018-05-07T18:28:01Z-000001/_etcd_backup.meta':
    '{"etcd_version":"2.2.1","timestamp":1525717681,"cluster_spec":{"member_count":3}}',
  '2019-06-01T00:00:00Z-000002/etcd.backup.gz': 'an upload that was cut off',
};

function listingOf(store: MemoryStore) {
  return new Catalogue(store.open()).list({ signal });
}

describe('a listing', () => {
  test('of an empty store is empty', async () => {
    const empty = { entries: [], problems: [], unfinished: [] };
    expect(await listingOf(new MemoryStore())).toEqual(empty);
  });

  test('shows the snapshots of an etcd-manager, and takes nothing else for one', async () => {
    const { entries, problems } = await listingOf(new MemoryStore(etcdManagerStore));
    expect(entries).toEqual([
      {
        kind: 'etcd-manager',
        id: '2019-05-07T18:28:01Z-000977',
        takenAt: '2019-05-07T18:28:01Z',
        storedBytes: 4,
        etcdVersion: '3.5.7',
      },
      {
        kind: 'etcd-manager',
        id: '2018-05-07T18:28:01Z-000001',
        takenAt: '2018-05-07T18:28:01Z',
        storedBytes: 5,
        etcdVersion: '2.2.1',
      },
    ]);
    expect(problems).toEqual([]);
  });

  test.each([
    ['the name, if it tells', '2019-05-07T18:28:01Z-000977', '2019-05-07T18:28:01Z'],
    ['the meta, if the name does not tell', 'before-the-move', '2019-06-19T18:30:18Z'],
  ])('takes the time of others from %s', async (_, name, takenAt) => {
    const store = new MemoryStore({
      [`${name}/etcd.backup.gz`]: 'gzip',
      [`${name}/_etcd_backup.meta`]: '{"etcdVersion":"3.5.7","timestamp":"1560969018"}',
    });
    expect((await listingOf(store)).entries).toMatchObject([{ id: name, takenAt }]);
  });

  test('shows those of e2d with their latest proof, the latest first', async () => {
    const early = buildRecord({ takenAtMs: NOW_MS - HOUR_MS, revision: 900 });
    const late = buildRecord({ takenAtMs: NOW_MS, revision: 800 });
    const store = new MemoryStore({ ...objectsOf(early), ...objectsOf(late) });
    store.put(proofKey(early.id, NOW_MS), JSON.stringify(buildProof('failed')));
    store.put(proofKey(early.id, NOW_MS + 1000), JSON.stringify(buildProof('proven')));
    const { entries, problems, unfinished } = await listingOf(store);
    expect(entries).toEqual([
      {
        kind: 'e2d',
        id: late.id,
        takenAt: late.takenAt,
        storedBytes: 4,
        record: late,
        proof: null,
      },
      {
        kind: 'e2d',
        id: early.id,
        takenAt: early.takenAt,
        storedBytes: 4,
        record: early,
        proof: buildProof('proven'),
      },
    ]);
    expect([...problems, ...unfinished]).toEqual([]);
  });

  test('shows the single object that the URL names', async () => {
    const single = {
      name: 'etcd.snapshot',
      sizeBytes: 12,
      modifiedAt: '2020-01-01T00:00:00.500Z',
      read: () => Promise.reject(new Error('nobody asked for it')),
    };
    const store = new MemoryStore({ 'etcd.snapshot': 'not a folder' });
    const { entries } = await new Catalogue(store.open(single)).list({ signal });
    expect(entries).toEqual([
      { kind: 'single', id: 'etcd.snapshot', takenAt: '2020-01-01T00:00:00Z', storedBytes: 12 },
    ]);
  });

  test('shows no snapshot before its meta is there, and names the upload', async () => {
    const { id, ...record } = buildRecord();
    const store = new MemoryStore(objectsOf({ id, ...record }));
    await store.remove(metaKey(id), { signal });
    const { entries, problems, unfinished } = await listingOf(store);
    expect([...entries, ...problems]).toEqual([]);
    expect(unfinished).toMatchObject([{ id, begun: { key: begunKey(id) } }]);
  });

  test('takes nothing that lies deeper, or has no name of its own, for a snapshot', async () => {
    const foreign = Object.entries(objectsOf(buildRecord())).flatMap(([key, text]) => [
      [`other-cluster/${key}`, text],
      [`./${key.split('/')[1]}`, text],
      [`../${key.split('/')[1]}`, text],
      [`/${key.split('/')[1]}`, text],
    ]);
    foreign.push(['deep/_etcd_backup.meta/more', '{}']);
    const { entries, problems, unfinished } = await listingOf(
      new MemoryStore(Object.fromEntries(foreign)),
    );
    expect([...entries, ...problems, ...unfinished]).toEqual([]);
  });
});

describe('a snapshot that cannot be used is left out with a sentence', () => {
  const record = buildRecord();
  const { id } = record;
  const other = buildRecord({ suffix: 'ffffff' });
  test.each([
    ['not JSON', recordKey(id), '{', 'its e2d.json is not JSON.'],
    ['not an object', recordKey(id), '7', 'its e2d.json is not what e2d writes ('],
    [
      'of a later version',
      recordKey(id),
      JSON.stringify({ ...record, version: 2 }),
      'its e2d.json has version 2, which this e2d does not know.',
    ],
    [
      'with a value that cannot be',
      recordKey(id),
      JSON.stringify({ ...record, revision: -1 }),
      'its e2d.json is not what e2d writes (revision: ',
    ],
    [
      'of another snapshot',
      recordKey(id),
      JSON.stringify(other),
      `its e2d.json is that of "${other.id}".`,
    ],
    ['huge', recordKey(id), ' '.repeat(2 << 20), 'its e2d.json is larger than 1048576 bytes.'],
  ])('when its record is %s', async (_, key, text, problem) => {
    const store = new MemoryStore({ ...objectsOf(record), ...objectsOf(other) });
    store.put(key, text);
    const { entries, problems } = await listingOf(store);
    expect(entries.map((entry) => entry.id)).toEqual([other.id]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`Snapshot ${id} is left out: ${problem}`);
  });

  test('when its data is gone', async () => {
    const store = new MemoryStore(objectsOf(record));
    await store.remove(dataKey(id), { signal });
    const { entries, problems } = await listingOf(store);
    expect(entries).toEqual([]);
    expect(problems).toEqual([`Snapshot ${id} is left out: it has no etcd.backup.gz.`]);
  });

  test('when it is removed while it is read', async () => {
    const store = new MemoryStore(objectsOf(record));
    store.fail('read', 'E2D_STORE_MISSING');
    const { entries, problems } = await listingOf(store);
    expect(entries).toEqual([]);
    expect(problems[0]).toContain('its e2d.json went away while it was read.');
  });

  test('when nothing tells when it was taken', async () => {
    const meta = { 'by-hand/_etcd_backup.meta': '{"etcdVersion":"3.5.7"}' };
    const store = new MemoryStore({ 'by-hand/etcd.backup.gz': 'x', ...meta });
    const { problems } = await listingOf(store);
    expect(problems).toEqual(['Snapshot by-hand is left out: nothing says when it was taken.']);
  });

  test('but a proof that cannot be read leaves its snapshot, and the proof before it', async () => {
    const store = new MemoryStore(objectsOf(record));
    store.put(proofKey(id, NOW_MS), JSON.stringify(buildProof('proven')));
    store.put(proofKey(id, NOW_MS + 1000), '{');
    const { entries, problems } = await listingOf(store);
    expect(entries).toMatchObject([{ id, proof: { outcome: 'proven' } }]);
    expect(problems).toEqual([
      `A proof of snapshot ${id} is left out: e2d.proof-20261121T103001Z.json is not JSON.`,
    ]);
  });
});

describe('the catalogue', () => {
  const records = Array.from({ length: 30 }, (_, n) =>
    buildRecord({ takenAtMs: NOW_MS + n * 1000, revision: 100 + n }),
  );
  const full = () => new MemoryStore(Object.assign({}, ...records.map(objectsOf)));

  test('rejects when the listing fails', async () => {
    const store = full();
    store.fail('list', 'E2D_STORE_DENIED');
    await expect(listingOf(store)).rejects.toMatchObject({ code: 'E2D_STORE_DENIED' });
  });

  test('rejects when the single object cannot be looked at', async () => {
    const single = () => Promise.reject(new Error('down'));
    const catalogue = new Catalogue({ objects: full(), single });
    await expect(catalogue.list({ signal })).rejects.toThrow('down');
  });

  test('rejects when a record cannot be read at present, and reads no more', async () => {
    const store = full();
    store.fail('read', 'E2D_STORE_UNREACHABLE', { prefix: records[3]?.id ?? '' });
    const catalogue = new Catalogue(store.open());
    const listing = catalogue.list({ signal });
    await expect(listing).rejects.toMatchObject({ code: 'E2D_STORE_UNREACHABLE' });
    expect(store.calls.length).toBeLessThan(25);
    store.heal();
    expect((await catalogue.list({ signal })).entries).toHaveLength(30);
  });

  test('reads eight at a time, and each only once', async () => {
    const store = full();
    const catalogue = new Catalogue(store.open());
    const first = await catalogue.list({ signal });
    expect(store.mostReads).toBe(8);
    const callsBefore = store.calls.length;
    const added = buildRecord({ takenAtMs: NOW_MS + HOUR_MS });
    for (const [key, text] of Object.entries(objectsOf(added))) store.put(key, text);
    const second = await catalogue.list({ signal });
    expect(store.calls.slice(callsBefore)).toEqual(['list ', `read ${recordKey(added.id)}`]);
    expect(second.entries.slice(1)).toEqual(first.entries);
  });

  test('ends with its signal', async () => {
    const aborting = new AbortController();
    const listing = new Catalogue(full().open()).list({ signal: aborting.signal });
    aborting.abort(new Error('enough'));
    await expect(listing).rejects.toThrow('enough');
  });
});
