import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  expectNoMembershipChange,
  expectNothingLost,
  type Witnesses,
} from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';
import type { TestNode } from '../../support/test-node.ts';

describe('a single node', () => {
  let cluster: TestCluster;
  let node: TestNode;
  let before: HealthyView;
  let witnesses: Witnesses;

  beforeEach(async () => {
    cluster = new TestCluster({ size: 1 });
    node = cluster.node(0);
    before = await cluster.startHealthy();
    await node.isSettled();
    witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await witnesses.writer.hasWritten(50);
  });

  afterEach(() => cluster.destroy());

  async function expectUnchanged(): Promise<void> {
    await expectNothingLost(cluster, witnesses);
    expectNoMembershipChange(before, witnesses.recorder);
    expect(await node.movedAside()).toEqual([]);
  }

  test('is adopted after kill -9 of e2d without an interruption', async () => {
    const { etcdPid } = node;
    await node.killE2d();
    await witnesses.writer.hasWritten(50);
    node.start();
    await node.isSettled();
    await expectUnchanged();
    expect(node.etcdPid).toBe(etcdPid);
    expect(witnesses.writer.longestGapMs()).toBeLessThan(900);
  });

  test('gets its etcd back after kill -9 of etcd', async () => {
    await node.killEtcd();
    await expectUnchanged();
  });

  test('keeps every acknowledged write through a loss of power, three times over', async () => {
    for (let round = 0; round < 3; round += 1) {
      await node.killBoth();
      node.start();
      await expectUnchanged();
    }
  });

  test('stops in order with 0 and starts again with its data', async () => {
    expect(await node.stop()).toEqual({ code: 0, signal: null });
    expect(node.etcdPids).toEqual([]);
    node.start();
    await expectUnchanged();
  });
});
