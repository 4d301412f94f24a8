import { afterEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

describe('bootstrap', () => {
  let cluster: TestCluster;

  afterEach(() => cluster.destroy());

  async function expectOneCluster(): Promise<void> {
    const view = await cluster.isHealthy();
    const names = view.members.map((member) => member.name).sort();
    expect(names).toEqual(cluster.nodes.map((node) => node.name).sort());
    const revision = await cluster.node(0).gateway.put('first', 'write');
    expect(revision).toBeGreaterThan(1);
    for (const node of cluster.nodes) {
      expect(await node.gateway.list('first')).toMatchObject([{ value: 'write' }]);
    }
    await expectEqualData(cluster.nodes);
  }

  test('one node forms a cluster by itself', async () => {
    cluster = new TestCluster({ size: 1 });
    cluster.start();
    await expectOneCluster();
  });

  test('three nodes that start together form one cluster', async () => {
    cluster = new TestCluster({ size: 3 });
    cluster.start();
    await expectOneCluster();
  });

  test('three nodes that start one after the other, last address first, wait for the third', async () => {
    cluster = new TestCluster({ size: 3 });
    const recorder = cluster.recorder();
    for (const node of [cluster.node(2), cluster.node(0)]) {
      node.start();
      await waitUntil(() => node.report(), {
        what: `${node.host} tells its state`,
        withinMs: 20_000,
        explain: () => cluster.explain(),
      });
    }
    await staysTrue(() => expect(cluster.nodes.flatMap((node) => node.etcdPids)).toEqual([]), {
      forMs: 3_000,
    });
    cluster.node(1).start();
    await expectOneCluster();
    await recorder.hasLooked();
    expect(recorder.clusterIds.size).toBe(1);
  });

  test('a node that dies while the plan is made and comes back takes part', async () => {
    cluster = new TestCluster({ size: 3 });
    const recorder = cluster.recorder();
    cluster.start();
    await waitUntil(() => cluster.nodes.some((node) => node.etcdPids.length > 0), {
      what: 'the first etcd runs',
      withinMs: 20_000,
      everyMs: 5,
      explain: () => cluster.explain(),
    });
    await cluster.node(1).killBoth();
    cluster.node(1).start();
    await expectOneCluster();
    await recorder.hasLooked();
    expect(recorder.clusterIds.size).toBe(1);
  });

  test('a fourth node that arrives during planning does not derail the three', async () => {
    cluster = new TestCluster({ size: 3 });
    const recorder = cluster.recorder();
    const fourth = cluster.addNode();
    for (const node of [cluster.node(0), cluster.node(1), fourth, cluster.node(2)]) node.start();
    const voters = await waitUntil(
      async () => {
        const lists = await Promise.allSettled(
          cluster.nodes.map((node) => node.gateway.members({ linearizable: true })),
        );
        return lists
          .flatMap((list) => (list.status === 'fulfilled' ? [list.value.members] : []))
          .find((members) => members.length === 3 && members.every((one) => one.name !== ''));
      },
      { what: 'three members form', withinMs: 45_000, explain: () => cluster.explain() },
    );
    const urls = voters.flatMap((member) => member.peerUrls);
    const chosen = cluster.nodes.filter((node) => urls.includes(node.peerUrl));
    const view = await cluster.isHealthy(chosen);
    await staysTrue(
      async () => {
        const { members } = await chosen[0]!.gateway.members({ linearizable: true });
        expect(members).toHaveLength(3);
      },
      { forMs: 5_000 },
    );
    await recorder.hasLooked();
    expect([...recorder.clusterIds]).toEqual([view.clusterId]);
    expect(recorder.memberIds.size).toBe(3);
  });

  test('five nodes that start in any order form one cluster', async () => {
    cluster = new TestCluster({ size: 5 });
    const recorder = cluster.recorder();
    for (const index of [3, 0, 4, 2, 1]) cluster.node(index).start();
    await expectOneCluster();
    await recorder.hasLooked();
    expect(recorder.clusterIds.size).toBe(1);
  });
});
