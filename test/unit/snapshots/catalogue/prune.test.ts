import { describe, expect, test } from 'vitest';
import {
  begunKey,
  dataKey,
  META_FILE,
  metaKey,
  proofKey,
  recordKey,
} from '../../../../src/snapshots/catalogue/layout.ts';
import {
  type PruneRequest,
  pruneStore,
  removeSnapshot,
} from '../../../../src/snapshots/catalogue/prune.ts';
import { Catalogue } from '../../../../src/snapshots/catalogue/read-catalogue.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { buildRecord, DAY_MS, HOUR_MS, NOW_MS, objectsOf } from './build-entries.ts';

const signal = new AbortController().signal;
const nothing = { allMs: 0, hourlyMs: 0, dailyMs: 0, count: null };

const newest = buildRecord({ takenAtMs: NOW_MS - HOUR_MS, revision: 30 });
const middle = buildRecord({ takenAtMs: NOW_MS - 2 * HOUR_MS, revision: 20 });
const oldest = buildRecord({ takenAtMs: NOW_MS - 3 * HOUR_MS, revision: 10 });
const ofOther = buildRecord({ takenAtMs: NOW_MS - 900 * DAY_MS, lineage: 'fir' });
const foreign = {
  '2019-05-07T18:28:01Z-000977/etcd.backup.gz': 'gzip',
  '2019-05-07T18:28:01Z-000977/_etcd_backup.meta': '{"etcdVersion":"3.5.7"}',
  'control/etcd-cluster-created': '{"timestamp":1547480961703914946}',
};

function fill(...records: ReturnType<typeof buildRecord>[]): MemoryStore {
  return new MemoryStore(Object.assign({}, foreign, ...records.map(objectsOf)));
}

function prune(store: MemoryStore, given: Partial<PruneRequest> = {}) {
  return pruneStore(new Catalogue(store.open()), {
    lineage: 'oak',
    policy: nothing,
    nowMs: NOW_MS,
    signal,
    ...given,
  });
}

function keysOf(...records: ReturnType<typeof buildRecord>[]): string[] {
  return Object.keys(Object.assign({}, foreign, ...records.map(objectsOf))).sort();
}

describe('pruning', () => {
  test('removes the folders that the plan lets go, and nothing else', async () => {
    const store = fill(newest, middle, oldest, ofOther);
    store.put(proofKey(oldest.id, NOW_MS), '{}');
    const { removed, failed, plan } = await prune(store);
    expect(store.keys).toEqual(keysOf(newest, ofOther));
    expect(removed.map(({ id }) => id).sort()).toEqual([oldest.id, middle.id]);
    expect(removed[0]?.reason).toBe('It is older than 0 ms.');
    expect(failed).toEqual([]);
    expect(plan.verdicts).toHaveLength(3);
  });

  test('takes the meta first and what tells the upload last', async () => {
    const store = fill(newest, oldest);
    await prune(store);
    const removals = store.calls.filter((call) => call.startsWith('remove '));
    const first = store.calls.indexOf(`remove ${metaKey(oldest.id)}`);
    expect(store.calls[first + 1]).toBe(`list ${oldest.id}/`);
    expect(removals[0]).toBe(store.calls[first]);
    expect(removals.at(-1)).toBe(`remove ${begunKey(oldest.id)}`);
    expect(removals).toHaveLength(4);
  });

  test('removes nothing in a dry run, and tells the same', async () => {
    const store = fill(newest, middle, oldest);
    const dry = await prune(store, { dryRun: true });
    expect(store.keys).toEqual(keysOf(newest, middle, oldest));
    const wet = await prune(store);
    const sorted = ({ removed }: typeof dry) => removed.map(({ id }) => id).sort();
    expect(sorted(dry)).toEqual(sorted(wet));
  });

  test.each([
    ['list', ''],
    ['read', oldest.id],
  ] as const)('removes nothing when a %s fails', async (operation, prefix) => {
    const store = fill(newest, middle, oldest);
    store.fail(operation, 'E2D_STORE_UNREACHABLE', { prefix });
    await expect(prune(store)).rejects.toMatchObject({ code: 'E2D_STORE_UNREACHABLE' });
    expect(store.keys).toEqual(keysOf(newest, middle, oldest));
  });

  test('removes nothing when the plan is refused, and goes on by force', async () => {
    const minutes = [1, 2, 3, 4, 5, 6];
    const records = minutes.map((n) => buildRecord({ takenAtMs: NOW_MS - n * 1000, revision: n }));
    const store = fill(...records);
    const { removed, plan } = await prune(store);
    expect(plan.refusal).toContain('(S6)');
    expect(removed).toEqual([]);
    expect(store.keys).toEqual(keysOf(...records));
    expect((await prune(store, { force: true })).removed).toHaveLength(5);
  });

  test('leaves a snapshot alone whose record cannot be read', async () => {
    const store = fill(newest, oldest);
    store.put(recordKey(oldest.id), '{');
    const { removed, problems } = await prune(store);
    expect(removed).toEqual([]);
    expect(problems).toEqual([`Snapshot ${oldest.id} is left out: its e2d.json is not JSON.`]);
    expect(store.keys).toEqual(keysOf(newest, oldest));
  });

  test('tells what could not be removed, and removes the others', async () => {
    const store = fill(newest, middle, oldest);
    store.fail('remove', 'E2D_STORE_DENIED', { prefix: dataKey(oldest.id) });
    const { removed, failed } = await prune(store);
    expect(removed.map(({ id }) => id)).toEqual([middle.id]);
    expect(failed.map(({ id }) => id)).toEqual([oldest.id]);
    expect(failed[0]?.reason).toContain('E2D_STORE_DENIED');
    expect(store.text(metaKey(oldest.id))).toBeUndefined();
    expect(store.text(begunKey(oldest.id))).toBeDefined();
  });

  test('gives up on a store that is no longer there', async () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      buildRecord({ takenAtMs: NOW_MS - (n + 1) * HOUR_MS, revision: 100 - n, retention: nothing }),
    );
    const store = fill(...many);
    store.fail('remove', 'E2D_STORE_UNREACHABLE');
    const { removed, failed } = await prune(store);
    expect(removed).toEqual([]);
    expect(failed).toHaveLength(8);
  });

  test('ends with its signal', async () => {
    const aborting = new AbortController();
    const pruning = prune(fill(newest, oldest), { signal: aborting.signal });
    aborting.abort(new Error('enough'));
    await expect(pruning).rejects.toThrow('enough');
  });
});

test('a prune that is cut off between two removals rejects with the reason', async () => {
  const aborting = new AbortController();
  const store = fill(newest, oldest);
  const { remove } = store;
  store.remove = async (key, bounds) => {
    if (key === dataKey(oldest.id)) aborting.abort(new Error('enough'));
    return remove.call(store, key, bounds);
  };
  await expect(prune(store, { signal: aborting.signal })).rejects.toThrow('enough');
  expect(store.text(dataKey(oldest.id))).toBeDefined();
});

describe('what an upload left behind', () => {
  const old = buildRecord({ takenAtMs: NOW_MS - DAY_MS - 1000 });
  const young = buildRecord({ takenAtMs: NOW_MS - DAY_MS + 1000 });

  function cutOff(record: ReturnType<typeof buildRecord>, store: MemoryStore): MemoryStore {
    for (const [key, text] of Object.entries(objectsOf(record))) {
      if (!key.endsWith(META_FILE)) store.put(key, text);
    }
    return store;
  }

  test('is removed a day after it was begun', async () => {
    const store = cutOff(old, fill(newest));
    const { removed } = await prune(store);
    expect(removed).toEqual([
      { id: old.id, reason: 'Its upload was begun more than a day ago and never finished.' },
    ]);
    expect(store.keys).toEqual(keysOf(newest));
  });

  test.each([
    ['is younger', young, {}],
    ['is going on', old, { inProgress: new Set([old.id]) }],
    ['is of another lineage', old, { lineage: 'fir' }],
  ])('stays when it %s', async (_, record, given) => {
    const store = cutOff(record, fill(newest));
    const before = store.keys;
    expect((await prune(store, given)).removed).toEqual([]);
    expect(store.keys).toEqual(before);
  });

  test('stays when it does not tell its lineage', async () => {
    const store = cutOff(old, fill(newest));
    store.put(begunKey(old.id), '{}');
    expect((await prune(store)).removed).toEqual([]);
  });

  test('stays when its name is none of e2d', async () => {
    const store = fill(newest);
    store.put('by-hand/e2d.begun.json', '{"lineage":"oak","begunAt":"2020-01-01T00:00:00Z"}');
    expect((await prune(store)).removed).toEqual([]);
  });

  test('stays when it was finished after all', async () => {
    const store = cutOff(old, fill(newest));
    const catalogue = new Catalogue(store.open());
    const listing = await catalogue.list({ signal });
    store.put(metaKey(old.id), '{}');
    catalogue.list = async () => listing;
    const request = { lineage: 'oak', policy: nothing, nowMs: NOW_MS, signal };
    expect((await pruneStore(catalogue, request)).removed).toEqual([]);
  });
});

test('a snapshot that is half removed shows no more, and can be removed again', async () => {
  const store = fill(newest, oldest);
  store.fail('remove', 'E2D_STORE_FAILED', { prefix: dataKey(oldest.id), times: 1 });
  await expect(removeSnapshot(store, oldest.id, { signal })).rejects.toMatchObject({
    code: 'E2D_STORE_FAILED',
  });
  const { entries } = await new Catalogue(store.open()).list({ signal });
  expect(entries.map(({ id }) => id)).not.toContain(oldest.id);
  await removeSnapshot(store, oldest.id, { signal });
  expect(store.keys).toEqual(keysOf(newest));
});
