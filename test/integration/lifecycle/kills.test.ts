import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  expectNoMembershipChange,
  expectNothingLost,
  type Witnesses,
} from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Shorter than any election: a gap below it means that no leader was lost. */
const noElectionMs = 900;

describe('three nodes survive what kills processes', () => {
  let cluster: TestCluster;
  let witnesses: Witnesses;
  let before: HealthyView;

  beforeAll(async () => {
    cluster = new TestCluster({ size: 3, flags: ['--health-check-timeout', '60s'] });
    await cluster.startHealthy();
    const writer = cluster.writer();
    witnesses = { writer, recorder: cluster.recorder() };
    await writer.hasWritten(50);
  });

  afterAll(() => cluster.destroy());

  beforeEach(async () => {
    before = await cluster.isHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  });

  async function expectUnchanged(): Promise<HealthyView> {
    const view = await expectNothingLost(cluster, witnesses);
    expectNoMembershipChange(before, witnesses.recorder);
    expect(view.members).toEqual(before.members);
    return view;
  }

  test('kill -9 of every e2d interrupts no client, and the next ones adopt the running etcds', async () => {
    const etcdPids = cluster.nodes.map((node) => node.etcdPid);
    const from = performance.now();
    await Promise.all(cluster.nodes.map((node) => node.killE2d()));
    await witnesses.writer.hasWritten(50);
    cluster.start();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    const view = await expectUnchanged();
    expect(cluster.nodes.map((node) => node.etcdPid)).toEqual(etcdPids);
    expect(view.raftTerm).toBe(before.raftTerm);
    expect(witnesses.writer.longestGapMs(from)).toBeLessThan(noElectionMs);
  });

  test.each(['leader', 'follower'] as const)(
    'kill -9 of the etcd of the %s: e2d starts it again',
    async (role) => {
      const node = await cluster[role]();
      const { etcdPid, e2dPid } = node;
      await node.killEtcd();
      await waitUntil(() => node.etcdPids.length === 1, {
        what: 'etcd runs again',
        withinMs: 20_000,
        explain: () => cluster.explain(),
      });
      await expectUnchanged();
      expect(node.etcdPid).not.toBe(etcdPid);
      expect(node.e2dPid).toBe(e2dPid);
    },
  );

  test.each(['leader', 'follower'] as const)(
    'kill -9 of both on the %s, and a restart',
    async (role) => {
      const node = await cluster[role]();
      await node.killBoth();
      await witnesses.writer.hasWritten(50);
      node.start();
      await expectUnchanged();
    },
  );

  test('a loss of power everywhere: the last acknowledged write is there', async () => {
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    const written = witnesses.writer.acknowledged.length;
    for (const node of [...cluster.nodes].reverse()) node.start();
    await expectUnchanged();
    expect(witnesses.writer.acknowledged.length).toBeGreaterThan(written);
    for (const node of cluster.nodes) expect(await node.movedAside()).toEqual([]);
  });

  test('a loss of power everywhere, and the nodes come back under a blank name', async () => {
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    for (const node of cluster.nodes) node.name = null;
    cluster.start();
    await expectUnchanged();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    await Promise.all(cluster.nodes.map((node) => node.killE2d()));
    for (const [index, node] of cluster.nodes.entries()) node.name = `n${index + 1}`;
    cluster.start();
    await expectUnchanged();
  });

  test('an orderly stop of the leader hands leadership over, stops etcd and exits with 0', async () => {
    const leader = await cluster.leader();
    const from = performance.now();
    expect(await leader.stop()).toEqual({ code: 0, signal: null });
    expect(leader.etcdPids).toEqual([]);
    await witnesses.writer.hasWritten(50);
    expect(witnesses.writer.longestGapMs(from)).toBeLessThan(noElectionMs);
    expect(await cluster.leader()).not.toBe(leader);
    leader.start();
    await expectUnchanged();
  });

  test('an orderly stop with --on-exit keep-etcd leaves etcd to the next e2d', async () => {
    const leader = await cluster.leader();
    const { etcdPid } = leader;
    await leader.killE2d();
    leader.start('--on-exit', 'keep-etcd');
    await leader.isSettled();
    expect(await leader.stop()).toEqual({ code: 0, signal: null });
    expect(leader.etcdPid).toBe(etcdPid);
    leader.start();
    await leader.isSettled();
    const view = await expectUnchanged();
    expect(leader.etcdPid).toBe(etcdPid);
    expect(view.leaderId).toBe(before.leaderId);
  });

  test('without quorum an orderly stop still ends soon, and a second signal hurries it', async () => {
    const [stopped, ...others] = cluster.nodes;
    await Promise.all(others.map((node) => node.killBoth()));
    process.kill(stopped!.e2dPid!, 'SIGTERM');
    process.kill(stopped!.e2dPid!, 'SIGINT');
    const exit = await stopped!.hasExited(10_000);
    expect(exit.signal).toBeNull();
    cluster.start();
    await expectUnchanged();
  });
});
