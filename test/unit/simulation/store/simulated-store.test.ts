import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../../src/simulation/seeded-random.ts';
import {
  SimulatedStore,
  type StoreChange,
} from '../../../../src/simulation/store/simulated-store.ts';
import { dataKey, metaKey } from '../../../../src/snapshots/catalogue/layout.ts';
import { securedWorld } from '../checkers/restored-world.ts';
import { storeOf } from '../checkers/run-world.ts';

const begun = { kind: 'begun' } as const;

function open() {
  const changes: StoreChange[] = [];
  let waitedMs = 0;
  const store = new SimulatedStore({
    passed: (delayMs) => {
      waitedMs += delayMs;
      return Promise.resolve();
    },
    onChange: (change) => changes.push(change),
  });
  const caller = { random: new SeededRandom(3), lineage: 'ours' };
  return { store, caller, changes, waitedMs: () => waitedMs };
}

describe('the simulated store', () => {
  test('never writes over what is there, and tells of what it writes', async () => {
    const { store, caller, changes } = open();
    await store.create('a/b', begun, caller);
    await expect(store.create('a/b', begun, caller)).rejects.toMatchObject({
      code: 'E2D_STORE_EXISTS',
    });
    expect(changes).toEqual([{ kind: 'objectCreated', key: 'a/b', lineage: 'ours' }]);
    expect(await store.read('a/b', caller)).toBe(begun);
    await expect(store.read('a/c', caller)).rejects.toMatchObject({ code: 'E2D_STORE_MISSING' });
  });

  test('shows a folder as a snapshot once its last object is there', async () => {
    const { run } = await securedWorld();
    const store = storeOf(run.world);
    const [newest] = store.entries;
    if (newest === undefined) throw new Error('nothing was taken');
    const { caller } = open();
    await shown(run, store.remove(metaKey(newest.id), caller));
    expect(store.entries.map(({ id }) => id)).not.toContain(newest.id);
    expect([...store.objects.keys()]).toContain(dataKey(newest.id));
    store.put(metaKey(newest.id), { kind: 'meta' });
    expect(store.entries[0]?.id).toBe(newest.id);
  });

  test('a listing that is stale lacks what came since, and shows nothing that is gone', async () => {
    const { run } = await securedWorld();
    const store = storeOf(run.world);
    const { caller } = open();
    store.freeze();
    const before = store.entries.map(({ id }) => id);
    await run.pass(15_000);
    expect(store.entries.length).toBeGreaterThan(before.length);
    expect(idsOf(await shown(run, store.list(caller)))).toEqual(before);
    store.thaw();
    expect(idsOf(await shown(run, store.list(caller)))).toEqual(store.entries.map(({ id }) => id));
  });

  test('an empty listing is never stale', async () => {
    const { store, caller } = open();
    store.freeze();
    store.putForeign({ kind: 'single', id: 'x', takenAt: '2026-01-01T00:00:00Z', storedBytes: 1 });
    expect(idsOf(await store.list(caller))).toEqual(['x']);
  });

  test('a store that is down answers nobody, and changes nothing', async () => {
    const { store, caller, changes, waitedMs } = open();
    store.isDown = true;
    await expect(store.create('a/b', begun, caller)).rejects.toMatchObject({
      code: 'E2D_STORE_UNREACHABLE',
    });
    await expect(store.list(caller)).rejects.toMatchObject({ code: 'E2D_STORE_UNREACHABLE' });
    expect([changes, store.objects.size]).toEqual([[], 0]);
    expect(waitedMs()).toBeGreaterThan(3_000);
  });

  test('one that fails now and then does so before the deed, or after it', async () => {
    const { store, caller } = open();
    store.failing = 1;
    const keys = Array.from({ length: 40 }, (_, at) => `a/${at}`);
    for (const key of keys) {
      await expect(store.create(key, begun, caller)).rejects.toMatchObject({
        code: 'E2D_STORE_FAILED',
      });
    }
    expect(store.objects.size).toBeGreaterThan(5);
    expect(store.objects.size).toBeLessThan(35);
  });

  test('a slow one takes its time', async () => {
    const { store, caller, waitedMs } = open();
    store.slowMs = 4_000;
    await store.list(caller);
    expect(waitedMs()).toBeGreaterThan(4_000);
  });
});

/** What a call came to, in a world whose time has to pass for it. */
async function shown<T>(run: { pass(ms: number): Promise<void> }, call: Promise<T>): Promise<T> {
  await run.pass(100);
  return call;
}

function idsOf({ entries }: { readonly entries: readonly { readonly id: string }[] }) {
  return entries.map(({ id }) => id);
}
