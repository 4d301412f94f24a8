import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  expectNoMembershipChange,
  expectNothingLost,
  type Witnesses,
} from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';

describe('five nodes', () => {
  let cluster: TestCluster;
  let witnesses: Witnesses;
  let before: HealthyView;

  beforeAll(async () => {
    cluster = new TestCluster({ size: 5, flags: ['--health-check-timeout', '60s'] });
    before = await cluster.startHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await witnesses.writer.hasWritten(50);
  });

  afterAll(() => cluster.destroy());

  test('three are killed, the leader among them, and restarted', async () => {
    const leader = await cluster.leader();
    const others = cluster.nodes.filter((node) => node !== leader);
    const killed = [leader, ...others.slice(0, 2)];
    await Promise.all(killed.map((node) => node.killBoth()));
    for (const node of killed) node.start();
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
  });

  test('all lose power and come back', async () => {
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    cluster.start();
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
  });

  test('a node started with -n 3 beside them is refused once, with a sentence', async () => {
    const members = [...cluster.nodes];
    const stranger = cluster.addNode({ size: 3, name: 'stranger' });
    stranger.start();
    const exit = await stranger.hasExited(20_000);
    cluster.nodes.pop();
    expect(exit, stranger.log).toEqual({ code: 2, signal: null });
    expect(stranger.log.match(/configured for a cluster of 3/g), stranger.log).toHaveLength(1);
    expect(stranger.log).toMatch(/"level":"fatal".*\b3\b.*\b5\b/);
    expect(stranger.etcdPids).toEqual([]);
    const view = await expectNothingLost(cluster, witnesses, members);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
  });

  test('two lose their disks at once and are replaced one after the other', async () => {
    const leader = await cluster.leader();
    const lost = [leader, cluster.nodes.find((node) => node !== leader)!];
    await Promise.all(lost.map((node) => node.killBoth()));
    await Promise.all(lost.map((node) => node.loseDisk()));
    for (const node of lost) node.start();
    const view = await expectNothingLost(cluster, witnesses);
    const kept = before.members.filter((member) =>
      view.members.some((one) => one.id === member.id),
    );
    expect(kept).toHaveLength(3);
    expect(witnesses.recorder.memberIds.size).toBe(7);
  });
});
