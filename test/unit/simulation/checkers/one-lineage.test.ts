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
  etcd.start({ disk: new EtcdDisk(), host, name: 'x', peerUrl, clientUrl, launch });
  return etcd.endpoint(host, clientUrl);
}

test('one cluster is one lineage', async () => {
  const { world } = await settledWorld();
  expect(world.etcd.clusters().size).toBe(1);
  expect(sentences(world)).toEqual([]);
});

test('a second cluster that acknowledges a write is reported', async () => {
  const run = await settledWorld();
  const other = formAnother(run.world);
  await run.pass(5_000);
  await Promise.all([other.put('a', '1'), run.pass(5_000)]);
  expect(sentences(run.world)).toEqual([expect.stringMatching(/^S7 .* 2 clusters: /)]);
});
