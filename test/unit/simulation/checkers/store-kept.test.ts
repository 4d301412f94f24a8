import { expect, test } from 'vitest';
import { StoreKept } from '../../../../src/simulation/checkers/store-kept.ts';
import { sealed } from '../../../../src/simulation/etcd/keyspace.ts';
import type { StoredBody } from '../../../../src/simulation/store/stored-snapshot.ts';
import { dataKey, metaKey, recordKey } from '../../../../src/snapshots/catalogue/layout.ts';
import { isE2dEntry } from '../../../../src/snapshots/catalogue/snapshot-order.ts';
import { securedWorld } from './restored-world.ts';
import { storeOf } from './run-world.ts';

async function watched() {
  const { run, deeds } = await securedWorld();
  const checker = new StoreKept(() => run.world);
  const said = () => checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
  const entries = storeOf(run.world).entries.filter(isE2dEntry);
  const [newest, older] = entries;
  if (newest === undefined || older === undefined) throw new Error('too few snapshots were taken');
  return { run, deeds, checker, said, newest, older, store: storeOf(run.world) };
}

const created = (id: string, lineage: string) =>
  ({ kind: 'objectCreated', key: metaKey(id), lineage }) as const;
const removed = (id: string, lineage: string) =>
  ({ kind: 'objectRemoved', key: metaKey(id), lineage }) as const;

test('what the cluster took is clean, at every object', async () => {
  const { checker, deeds, said } = await watched();
  expect(deeds.some(({ kind }) => kind === 'objectCreated')).toBe(true);
  for (const deed of deeds) checker.happened(deed);
  expect(said()).toEqual([]);
});

test('a snapshot that shows before all of it is there is S6', async () => {
  const { checker, said } = await watched();
  checker.happened(created('nowhere', 'any'));
  expect(said()).toEqual(['S6 nowhere shows, and is not complete']);
});

test('a snapshot in another lineage than its cluster is of is S6', async () => {
  const { checker, said, newest, store } = await watched();
  const { lineage } = newest.record;
  checker.happened(created(newest.id, lineage));
  expect(said()).toEqual([]);
  const body: StoredBody = { kind: 'record', record: { ...newest.record, lineage: 'theirs' } };
  store.put(recordKey(newest.id), body);
  checker.happened(created(newest.id, 'theirs'));
  expect(said()).toEqual([
    `S6 ${newest.id} went into lineage theirs, and its cluster is of ${lineage}`,
  ]);
});

test('a record of another content is S6', async () => {
  const { checker, said, newest, store } = await watched();
  const data = store.objects.get(dataKey(newest.id));
  if (data?.kind !== 'data') throw new Error('it has no data');
  const keyspace = sealed({ ...data.keyspace, revision: 1 });
  store.put(dataKey(newest.id), { ...data, keyspace });
  checker.happened(created(newest.id, newest.record.lineage));
  expect(said()).toEqual([`S6 ${newest.id} has another content than its record says`]);
});

test('an older one may go, by its own lineage; not by another, nor the newest', async () => {
  const { checker, said, newest, older } = await watched();
  const { lineage } = newest.record;
  checker.happened(removed(older.id, lineage));
  expect(said()).toEqual([]);
  checker.happened(removed(older.id, 'theirs'));
  checker.happened(removed(newest.id, lineage));
  expect(said()).toEqual([
    `S6 ${older.id} of ${lineage} was let go by theirs`,
    `S6 ${newest.id}, the newest of ${lineage}, was let go`,
  ]);
});

test('the newest that was proven stays, however old', async () => {
  const { checker, said, older, store } = await watched();
  const { lineage } = older.record;
  store.put(`${older.id}/e2d.proof-20260101T000000Z.json`, {
    kind: 'proof',
    proof: {
      version: 1,
      provenAt: '2026-01-01T00:00:00Z',
      outcome: 'proven',
      sentence: 'It was restored.',
      keys: null,
      revision: null,
      rtoMs: 1,
      etcdVersion: '3.6.14',
    },
  });
  checker.happened(removed(older.id, lineage));
  expect(said()).toEqual([`S6 ${older.id}, the newest proven one of ${lineage}, was let go`]);
});
