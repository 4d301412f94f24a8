import { expect, test } from 'vitest';
import { Liveness } from '../../../../src/simulation/checkers/liveness.ts';
import type { World } from '../../../../src/simulation/world.ts';
import {
  answerOf,
  clientOf,
  emptyWorld,
  holdE2d,
  machineAt,
  memberIdOf,
  settledWorld,
  withStore,
} from './run-world.ts';

function verdict(world: World) {
  const checker = new Liveness();
  checker.finish(world);
  return {
    isWell: checker.isWell,
    said: checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`),
  };
}

test('a cluster that formed is well', async () => {
  const { world } = await settledWorld();
  expect(verdict(world)).toEqual({ isWell: true, said: [] });
});

test('a machine on which e2d does not run is reported', async () => {
  const run = await settledWorld();
  machineAt(run.world, 1).powerOff();
  await run.pass(1_000);
  expect(verdict(run.world)).toEqual({ isWell: false, said: ['liveness n2 does not run'] });
});

test('an e2d that hangs is reported, however well it was when it last looked', async () => {
  const run = await settledWorld();
  machineAt(run.world, 1).pauseE2d();
  await run.pass(80_000);
  const { isWell, said } = verdict(run.world);
  expect(isWell).toBe(false);
  expect(said).toEqual([expect.stringMatching(/^liveness n2 stands still in .*healthy/)]);
});

test('an e2d that hangs while it waits is reported too', async () => {
  const run = await settledWorld();
  const { world } = run;
  for (const { address } of world.machines.slice(1)) {
    world.links.cut(['10.0.0.1'], [address]);
    world.links.cut([address], ['10.0.0.1']);
  }
  await run.pass(10_000);
  machineAt(world, 0).pauseE2d();
  await run.pass(80_000);
  expect(verdict(world).said).toContainEqual(expect.stringMatching(/^liveness n1 stands still/));
});

test('a node whose etcd hangs is not well', async () => {
  const run = await settledWorld();
  machineAt(run.world, 1).pauseEtcd();
  expect(verdict(run.world).isWell).toBe(false);
});

test('nodes that wait although no data was lost are reported', async () => {
  const run = await settledWorld();
  const { world } = run;
  for (const index of [0, 1]) {
    machineAt(world, index).powerOff();
    machineAt(world, index).disk.full = true;
  }
  await run.pass(30_000);
  const { said } = verdict(world);
  expect(said).toContain('liveness n1 does not run');
  expect(said.filter((line) => line.startsWith('liveness n3'))).toEqual([]);
});

test('nodes that all wait by a rule are reported where no data was lost, and only there', async () => {
  const run = await settledWorld();
  const { world } = run;
  const isolated = world.machines.map(({ address }) => address);
  for (const one of isolated) {
    world.links.cut(
      [one],
      isolated.filter((other) => other !== one),
    );
  }
  await run.pass(30_000);
  const { isWell, said } = verdict(world);
  expect(isWell).toBe(false);
  expect(said).toEqual([expect.stringMatching(/^liveness no data was lost, but .*n1 .*n2 .*n3 /)]);
  machineAt(world, 0).dataLost = true;
  expect(verdict(world)).toEqual({ isWell: false, said: [] });
});

test('a cluster with a member too few is not well, however well its nodes are', async () => {
  const run = await settledWorld();
  const { world } = run;
  holdE2d(world);
  const gone = machineAt(world, 2);
  await answerOf(run, clientOf(world, machineAt(world, 0)).remove(memberIdOf(gone)));
  expect(verdict(world).isWell).toBe(false);
});

test('nodes that found another’s snapshot before they were a cluster may wait for a person', async () => {
  const { snapshots } = withStore;
  if (!snapshots) throw new Error('no store');
  const run = emptyWorld([], { snapshots: { ...snapshots, restorePolicy: 'manual' } });
  const { store, machines } = run.world;
  store?.putForeign({
    kind: 'single',
    id: 'etcd.snapshot',
    takenAt: '2026-01-01T00:00:00Z',
    storedBytes: 4_096,
  });
  for (const machine of machines) machine.startE2d();
  await run.pass(20_000);
  expect([...run.world.etcd.clusterIds]).toEqual([]);
  expect(verdict(run.world)).toEqual({ isWell: false, said: [] });
});
