import { expect, test } from 'vitest';
import { NewLineage } from '../../../../src/simulation/checkers/new-lineage.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { restoredWorld } from './restored-world.ts';
import { answerOf, clientOf, machineAt, settledWorld } from './run-world.ts';

function sentences(world: World) {
  const checker = new NewLineage();
  checker.finish(world);
  return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
}

/** The restored cluster of a world, and the log that all of its members share. */
async function restored() {
  const { run } = await restoredWorld();
  const data = machineAt(run.world, 0).disk.data;
  const first = data?.log[0]?.command;
  if (data === null || first?.kind !== 'restored') throw new Error('nothing was restored');
  const put = (key: string, value: string) =>
    answerOf(run, clientOf(run.world, machineAt(run.world, 0)).put(key, value), 1_000);
  return { run, clusterId: data.clusterId, origin: first, put };
}

/** All logs begin with another thing than they did. */
function rewrite({ machines }: World, command: object): void {
  for (const { disk } of machines) {
    const entry = disk.data?.log[0];
    if (entry !== undefined) disk.data?.log.splice(0, 1, { ...entry, command: command as never });
  }
}

test('a cluster that was never restored has nothing to show', async () => {
  const { world } = await settledWorld();
  expect(sentences(world)).toEqual([]);
});

test('a restored cluster that settled is clean', async () => {
  const { run } = await restored();
  expect(run.world.etcd.clusterIds).toBeDefined();
  expect([...run.world.etcd.clusterIds]).toHaveLength(2);
  expect(sentences(run.world)).toEqual([]);
});

test('a record that names another lineage than the plan is S5', async () => {
  const { run, clusterId, origin, put } = await restored();
  await put('/_e2d/cluster', JSON.stringify({ lineage: 'theirs', requiredSize: 3 }));
  expect(sentences(run.world)).toEqual([
    `S5 ${clusterId}: it says that it is of theirs, not ${origin.planId}`,
  ]);
});

test('a marker of something else is S5', async () => {
  const { run, clusterId, put } = await restored();
  await put('/_e2d/snapshot', JSON.stringify({ sha256: 'another' }));
  expect(sentences(run.world)).toEqual([
    `S5 ${clusterId}: /_e2d/snapshot does not tell what it was restored from`,
  ]);
});

test('a key of e2d’s that was not cleared is S5', async () => {
  const { run, clusterId, origin } = await restored();
  const { keyspace } = origin;
  const left = { value: 'n1', createRevision: 2, modRevision: 2, leaseId: null };
  const keys = [...keyspace.keys, ['/_e2dleft', left] as const];
  // Nobody cleared it: it lies outside of what the transaction deletes.
  rewrite(run.world, { ...origin, keyspace: { ...keyspace, keys } });
  for (const { disk } of run.world.machines) {
    for (const { command } of disk.data?.log ?? []) {
      if (command.kind !== 'transaction') continue;
      const { success } = command.transaction;
      const kept = success.filter(({ kind }) => kind !== 'delete');
      (success as unknown[]).splice(0, success.length, ...kept);
    }
  }
  expect(sentences(run.world)).toContain(
    `S5 ${clusterId}: /_e2dleft is left of the cluster that the snapshot is of`,
  );
});

test('a revision that watchers have seen before is S5', async () => {
  const { run, clusterId, origin } = await restored();
  rewrite(run.world, { ...origin, revision: 1 });
  expect(sentences(run.world)).toContainEqual(
    expect.stringMatching(new RegExp(`^S5 ${clusterId} began at revision 1, and \\d+ was shown`)),
  );
});
