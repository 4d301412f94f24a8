import { describe, expect, test } from 'vitest';
import { OneLineage } from '../../../../src/simulation/checkers/one-lineage.ts';
import { EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { securedWorld } from './restored-world.ts';
import { loseAll, settledWorld } from './run-world.ts';

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

describe('where disks were lost', () => {
  const looked = async (draft: Parameters<typeof settledWorld>[1]) => {
    const { run } = await securedWorld([], draft);
    const checker = new OneLineage();
    checker.look(run.world);
    const said = () => checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
    return { run, checker, said };
  };

  test('a restored cluster follows the first, and that is no second lineage', async () => {
    const { run, checker, said } = await looked({});
    await loseAll(run);
    await run.pass(40_000);
    expect([...run.world.etcd.clusterIds]).toHaveLength(2);
    checker.finish(run.world);
    expect(said()).toEqual([]);
  });

  test('a new cluster is right where nothing was left of the first, and no store', async () => {
    const { run, checker, said } = await looked({ snapshots: null });
    await loseAll(run, false);
    await run.pass(40_000);
    expect([...run.world.etcd.clusterIds]).toHaveLength(2);
    checker.finish(run.world);
    expect(said()).toEqual([]);
  });

  test('it is S4 where the store still holds what there was, and S7 where a node knows', async () => {
    const { run, checker, said } = await looked({});
    const { store } = run.world;
    const [first] = run.world.machines;
    const known = first?.identity ?? null;
    await loseAll(run, false);
    for (const machine of run.world.machines) {
      const { peerAdvertise: peerUrl, clientAdvertise: clientUrl } = machine.config.urls;
      const { disk, address: host, name } = machine;
      const launch = { clusterState: 'new', initialCluster: `${name}=${peerUrl}` } as const;
      if (machine !== first) continue;
      const start = { disk, host, name, peerUrl, clientUrl };
      run.world.etcd.start({ ...start, launch: { ...launch, clusterToken: 'again' } });
      machine.identity = known;
    }
    await run.pass(1_000);
    checker.look(run.world);
    checker.finish(run.world);
    expect(said()).toEqual([
      expect.stringMatching(
        `^S4 cluster \\w+ began empty, and the store holds ${store?.entries[0]?.id}`,
      ),
      expect.stringMatching(/^S7 etcd ran in 2 clusters: /),
    ]);
  });

  test('two clusters that acknowledge writes by turns are S7', async () => {
    const { run, checker, said } = await looked({});
    const { etcd, machines } = run.world;
    const write = { key: 'a', value: '1', revision: '9', atMs: 1 };
    const [before] = etcd.acknowledged;
    (etcd.acknowledged as object[]).push({ ...write, clusterId: 'other' });
    checker.finish(run.world);
    expect(said()).toEqual([]);
    (etcd.acknowledged as object[]).push({ ...write, clusterId: before?.clusterId });
    checker.finish(run.world);
    expect(said()).toEqual([
      `S7 cluster ${machines[0]?.disk.data?.clusterId} acknowledges writes beside other, which follows it`,
    ]);
  });
});
