import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  expectNoMembershipChange,
  expectNothingLost,
  type Witnesses,
} from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';
import { IsolatedNetwork } from '../../support/isolated-network.ts';
import type { TestNode } from '../../support/test-node.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

describe('a partition of the network', () => {
  let folder: string;
  let network: IsolatedNetwork;
  let cluster: TestCluster;
  let witnesses: Witnesses;
  let before: HealthyView;

  afterEach(async () => {
    await cluster.destroy();
    network.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startNodes(size: number, timeout: string): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'e2d-network-'));
    network = await IsolatedNetwork.create({ size, folder });
    const flags = ['--health-check-timeout', timeout];
    cluster = new TestCluster({ size, flags, places: network.places });
    before = await cluster.startHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await witnesses.writer.hasWritten(50);
  }

  /** Neither do the nodes acknowledge a write, nor does their member list change. */
  async function expectNothingHappensAt(nodes: readonly TestNode[], forMs: number): Promise<void> {
    const ids = before.members.map((member) => member.id);
    await staysTrue(
      async () => {
        for (const node of nodes) {
          await expect(node.gateway.put('minority', 'never')).rejects.toThrow();
          const { clusterId, members } = await node.gateway.members();
          expect(clusterId).toBe(before.clusterId);
          expect(members.map((member) => member.id).sort()).toEqual(ids);
        }
      },
      { forMs },
    );
  }

  /** The minority has the leader in it, and the majority chooses another. */
  async function cutOff(count: number): Promise<{ minority: TestNode[]; majority: TestNode[] }> {
    const leader = await cluster.leader();
    const rest = cluster.nodes.filter((node) => node !== leader);
    const minority = [leader, ...rest.slice(0, count - 1)];
    const majority = rest.slice(count - 1);
    network.cut(...minority.map((node) => node.host));
    await waitUntil(
      async () => {
        const status = await majority[0]?.gateway.status();
        return status?.leaderId !== null && status?.leaderId !== before.leaderId;
      },
      { what: 'the majority has a leader', withinMs: 20_000, explain: () => cluster.explain() },
    );
    return { minority, majority };
  }

  test('shorter than the time-out: the minority of 5 changes nothing, and all goes on', async () => {
    await startNodes(5, '60s');
    const { minority } = await cutOff(2);
    await witnesses.writer.hasWritten(50);
    await expectNothingHappensAt(minority, 8_000);
    network.heal(...minority.map((node) => node.host));
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
    expect(await cluster.node(0).gateway.list('minority')).toEqual([]);
  });

  test('longer than it: the one of 3 is removed, changes nothing, and joins again', async () => {
    await startNodes(3, '5s');
    const { minority, majority } = await cutOff(1);
    await waitUntil(
      async () => {
        const { members } = await majority[0]!.gateway.members({ linearizable: true });
        return members.length === 2;
      },
      { what: 'the majority removes it', withinMs: 45_000, explain: () => cluster.explain() },
    );
    await expectNothingHappensAt(minority, 4_000);
    network.heal(...minority.map((node) => node.host));
    const view = await expectNothingLost(cluster, witnesses);
    const kept = view.members.filter((member) =>
      before.members.some((one) => one.id === member.id),
    );
    expect(kept).toHaveLength(2);
    expect(await minority[0]!.movedAside()).toHaveLength(1);
    expect(await cluster.node(0).gateway.list('minority')).toEqual([]);
  });

  test('every node alone: nobody changes anything, and all goes on', async () => {
    await startNodes(3, '5s');
    network.cut(...cluster.nodes.map((node) => node.host));
    await expectNothingHappensAt(cluster.nodes, 15_000);
    network.heal(...cluster.nodes.map((node) => node.host));
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
  });
});
