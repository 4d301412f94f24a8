import { expect, test } from 'vitest';
import { OneLineage } from '../../../../src/simulation/checkers/one-lineage.ts';
import { EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { settledWorld } from './run-world.ts';

function sentences(world: World) {
  const checker = new OneLineage();
  checker.finish(world);
  return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
}

/** Somebody forms another cluster by hand, beside the one that there is. */
function formAnother({ etcd }: World) {
  const [host, peerUrl, clientUrl] = ['10.0.8.1', 'http://10.0.8.1:2380', 'http://10.0.8.1:2379'];
  const launch = {
    clusterState: 'new',
    initialCluster: `x=${peerUrl}`,
    clusterToken: 'another',
  } as const;
  return etcd.start({ disk: new EtcdDisk(), host, name: 'x', peerUrl, clientUrl, launch });
}

test('one cluster is one lineage', async () => {
  const { world } = await settledWorld();
  expect(world.etcd.clusters().size).toBe(1);
  expect(sentences(world)).toEqual([]);
});

test('a second cluster is reported, also when it never acknowledged anything', async () => {
  const run = await settledWorld();
  const before = [...run.world.etcd.clusters().keys()];
  formAnother(run.world);
  await run.pass(5_000);
  const written = run.world.etcd.acknowledged.map(({ clusterId }) => clusterId);
  expect([...new Set(written)]).toEqual(before);
  expect(sentences(run.world)).toEqual([expect.stringMatching(/^S7 etcd ran in 2 clusters: /)]);
});

test('it counts as well once its process has ended', async () => {
  const run = await settledWorld();
  const etcd = formAnother(run.world);
  await run.pass(5_000);
  etcd.kill();
  await run.pass(5_000);
  expect(sentences(run.world)).toHaveLength(1);
});
