import { describe, expect, test } from 'vitest';
import { type Fault, type FaultKind, inject } from '../../../src/simulation/faults.ts';
import type { World } from '../../../src/simulation/world.ts';
import { dataKey } from '../../../src/snapshots/catalogue/layout.ts';
import { isE2dEntry } from '../../../src/snapshots/catalogue/snapshot-order.ts';
import { securedWorld } from './checkers/restored-world.ts';
import { loseAll, machineAt, settledWorld, storeOf, withStore } from './checkers/run-world.ts';

function faultOf(kind: FaultKind, changes: Partial<Fault> = {}): Fault {
  return { kind, atMs: 0, forMs: 1_000, machines: [1, 2], strength: 0.4, ...changes };
}

const kindsIn = ({ machines }: World) =>
  machines.map(({ disk }) => disk.data?.log[0]?.command.kind ?? 'none');

const restored = ['restored', 'restored', 'restored'];

describe('a cluster that is lost as a whole', () => {
  test.each([
    ['with its identities', 0.9],
    ['and forgotten', 0.1],
  ])('%s comes back from its store', async (_, strength) => {
    const { run } = await securedWorld();
    const end = inject(run.world, faultOf('total-loss', { strength }));
    expect(run.world.machines.map(({ disk }) => disk.state)).toEqual(['none', 'none', 'none']);
    expect(run.world.machines.every(({ identity }) => (identity === null) === strength < 0.5)).toBe(
      true,
    );
    expect(run.world.isDisaster).toBe(true);
    await run.pass(1_000);
    end?.();
    await run.pass(40_000);
    expect(kindsIn(run.world)).toEqual(restored);
  });

  test('restores nothing while its disks are only switched off, and an older snapshot is there', async () => {
    const { run, deeds } = await securedWorld();
    const end = inject(run.world, faultOf('power-cycle'));
    await run.pass(1_000);
    end?.();
    await run.pass(30_000);
    expect(kindsIn(run.world)).toEqual(['config', 'config', 'config']);
    expect(deeds.filter(({ kind }) => kind === 'chosen')).toEqual([]);
  });

  test('waits while its store is down, and goes on when that is back', async () => {
    const { run } = await securedWorld();
    const end = inject(run.world, faultOf('store-down'));
    await loseAll(run, false);
    await run.pass(40_000);
    expect(kindsIn(run.world)).toEqual(['none', 'none', 'none']);
    end?.();
    await run.pass(40_000);
    expect(kindsIn(run.world)).toEqual(restored);
  });

  test('waits for an operator where the policy says so, and takes his word', async () => {
    const { snapshots } = withStore;
    if (!snapshots) throw new Error('no store');
    const manual = { snapshots: { ...snapshots, restorePolicy: 'manual' } } as const;
    const { run, deeds } = await securedWorld([], manual);
    await loseAll(run);
    await run.pass(20_000);
    expect(kindsIn(run.world)).toEqual(['none', 'none', 'none']);
    inject(run.world, faultOf('operator-approve'));
    await run.pass(40_000);
    expect(kindsIn(run.world)).toEqual(restored);
    expect(deeds.filter(({ kind }) => kind === 'ordered')).toHaveLength(1);
  });

  test('e2d that dies in the middle of a restore finds its way', async () => {
    const { run } = await securedWorld();
    const lives = run.world.machines.map((machine) => machine.lives.length);
    inject(run.world, faultOf('restore-crash', { strength: 0.3, machines: [0, 1, 2] }));
    await loseAll(run);
    await run.pass(60_000);
    expect(kindsIn(run.world)).toEqual(restored);
    const died = run.world.machines.filter(
      (machine, at) => machine.lives.length > (lives[at] ?? 0) + 1,
    );
    expect(died.length).toBeGreaterThan(0);
  });
});

describe('what lies in the store', () => {
  test.each([
    ['flipped', 0.01],
    ['truncated', 0.03],
    ['emptied', 0.05],
  ])('that is %s is passed over for the one before it', async (damage, strength) => {
    const { run, deeds } = await securedWorld();
    const [newest, older] = storeOf(run.world).entries.filter(isE2dEntry);
    inject(run.world, faultOf('snapshot-corrupt', { strength }));
    expect(storeOf(run.world).objects.get(dataKey(newest?.id ?? ''))).toMatchObject({ damage });
    await loseAll(run);
    await run.pass(40_000);
    const chosen = deeds.flatMap((deed) => (deed.kind === 'chosen' ? [deed.snapshotId] : []));
    expect(new Set(chosen)).toEqual(new Set([older?.id]));
    expect(kindsIn(run.world)).toEqual(restored);
  });

  test('of another cluster is never taken for what a node knows to be its own', async () => {
    const { run, deeds } = await securedWorld();
    inject(run.world, faultOf('snapshot-foreign', { strength: 0.9 }));
    const foreign = storeOf(run.world).entries.filter(({ id }) => id.includes('999999'));
    expect(foreign).toHaveLength(1);
    await loseAll(run);
    await run.pass(40_000);
    expect(kindsIn(run.world)).toEqual(restored);
    const chosen = deeds.flatMap((deed) => (deed.kind === 'chosen' ? [deed.snapshotId] : []));
    expect(chosen).not.toContain(foreign[0]?.id);
  });

  test.each([
    ['single', 0.1],
    ['etcd-manager', 0.3],
    ['e2d', 0.9],
  ])('may be put there by a %s', async (kind, strength) => {
    const run = await settledWorld([], withStore);
    const before = storeOf(run.world).entries.length;
    inject(run.world, faultOf('snapshot-foreign', { strength }));
    const added = storeOf(run.world)
      .entries.slice()
      .filter((entry) => entry.kind === kind);
    expect(storeOf(run.world).entries).toHaveLength(before + 1);
    expect(added.length).toBeGreaterThan(0);
  });
});

describe('an operator', () => {
  test('has a running cluster go back, and it comes back as another', async () => {
    const { run, deeds } = await securedWorld();
    const before = [...run.world.etcd.clusterIds];
    inject(run.world, faultOf('operator-restore', { machines: [0] }));
    await run.pass(40_000);
    expect([...run.world.etcd.clusterIds]).toHaveLength(before.length + 1);
    expect(kindsIn(run.world)).toEqual(restored);
    expect(run.world.machines.map(({ disk }) => disk.aside.length)).toEqual([1, 1, 1]);
    expect(deeds.filter(({ kind }) => kind === 'ordered')).toHaveLength(1);
    expect(run.world.givenUp.size).toBe(1);
  });

  test('rebuilds what lost its quorum for good from what is left', async () => {
    const { run } = await securedWorld();
    const end = inject(run.world, faultOf('operator-rebuild', { machines: [0] }));
    await run.pass(40_000);
    expect(machineAt(run.world, 0).disk.data?.log[0]?.command.kind).toBe('restored');
    end?.();
    await run.pass(60_000);
    expect(kindsIn(run.world)).toEqual(restored);
  });

  test('has nothing to rebuild or to go back to where nothing ever ran, or no store is', async () => {
    const run = await settledWorld();
    for (const kind of ['operator-restore', 'store-down', 'snapshot-corrupt'] as const) {
      expect(inject(run.world, faultOf(kind))).toBeNull();
    }
  });
});
