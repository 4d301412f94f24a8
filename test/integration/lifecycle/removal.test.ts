import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  expectNoMembershipChange,
  expectNothingLost,
  type Witnesses,
} from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';
import type { TestNode } from '../../support/test-node.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

const timeoutMs = 5_000;

describe('three nodes, one of which is away for longer than the time-out', () => {
  let cluster: TestCluster;
  let witnesses: Witnesses;
  let before: HealthyView;

  beforeEach(async () => {
    cluster = new TestCluster({ size: 3, flags: ['--health-check-timeout', `${timeoutMs}ms`] });
    before = await cluster.startHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await witnesses.writer.hasWritten(50);
  });

  afterEach(() => cluster.destroy());

  const memberOf = (view: HealthyView, node: TestNode) =>
    view.members.find((member) => member.peerUrls.includes(node.peerUrl));

  /** Resolves when two members are left, and how long that took in milliseconds. */
  async function isRemoved(gone: TestNode): Promise<number> {
    const from = performance.now();
    const rest = cluster.nodes.filter((node) => node !== gone);
    await waitUntil(
      async () => {
        const { members } = await rest[0]!.gateway.members({ linearizable: true });
        return members.length === 2;
      },
      { what: 'the lost member is removed', withinMs: 45_000, explain: () => cluster.explain() },
    );
    return performance.now() - from;
  }

  test('it is removed, not before, and is a new member when it returns with its old data', async () => {
    const gone = await cluster.follower();
    const rest = cluster.nodes.filter((node) => node !== gone);
    await gone.killBoth();
    expect(await isRemoved(gone)).toBeGreaterThan(timeoutMs - 500);
    await cluster.isHealthy(rest);
    gone.start();
    const view = await expectNothingLost(cluster, witnesses);
    expect(memberOf(view, gone)?.id).not.toBe(memberOf(before, gone)?.id);
    for (const node of rest) expect(memberOf(view, node)).toEqual(memberOf(before, node));
    expect(await gone.movedAside()).toHaveLength(1);
  });

  test('it is frozen, removed, and joins again once it is thawed', async () => {
    const gone = await cluster.leader();
    gone.freeze();
    await isRemoved(gone);
    gone.thaw();
    const view = await expectNothingLost(cluster, witnesses);
    expect(memberOf(view, gone)?.id).not.toBe(memberOf(before, gone)?.id);
    expect(await gone.movedAside()).toHaveLength(1);
  });

  test('only its e2d is frozen: etcd answers, so nobody is removed', async () => {
    const node = await cluster.follower();
    process.kill(node.e2dPid!, 'SIGSTOP');
    await staysTrue(() => expectNoMembershipChange(before, witnesses.recorder), {
      forMs: 3 * timeoutMs,
    });
    process.kill(node.e2dPid!, 'SIGCONT');
    await node.isSettled();
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
  });

  test('it never returns, and a node at a new address takes its place', async () => {
    const gone = await cluster.leader();
    const rest = cluster.nodes.filter((node) => node !== gone);
    await gone.killBoth();
    await gone.loseDisk();
    const successor = cluster.addNode();
    successor.start();
    const view = await expectNothingLost(cluster, witnesses, [...rest, successor]);
    expect(memberOf(view, gone)).toBeUndefined();
    for (const node of rest) expect(memberOf(view, node)).toEqual(memberOf(before, node));
  });

  test('two of three are away: nothing is changed, and all goes on when they return', async () => {
    const [stays, ...away] = cluster.nodes;
    await Promise.all(away.map((node) => node.killBoth()));
    await staysTrue(
      async () => {
        const { members } = await stays!.gateway.members();
        expect(members).toHaveLength(3);
      },
      { forMs: 3 * timeoutMs },
    );
    for (const node of away) node.start();
    const view = await expectNothingLost(cluster, witnesses);
    expect(view.members).toEqual(before.members);
    expectNoMembershipChange(before, witnesses.recorder);
  });

  test('past the hourly cap nobody is removed any more', async () => {
    const capped = ['--max-removals-per-hour', '1'];
    await Promise.all(cluster.nodes.map((node) => node.killE2d()));
    for (const node of cluster.nodes) node.start(...capped);
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    const first = await cluster.follower();
    await first.killBoth();
    await first.loseDisk();
    first.start(...capped);
    const replaced = await expectNothingLost(cluster, witnesses);
    const second = await cluster.follower();
    await second.killBoth();
    await second.loseDisk();
    second.start(...capped);
    const rest = cluster.nodes.filter((node) => node !== second);
    await staysTrue(
      async () => {
        const { members } = await rest[0]!.gateway.members({ linearizable: true });
        expect(members.map((member) => member.id)).toEqual(
          expect.arrayContaining(replaced.members.map((member) => member.id)),
        );
      },
      { forMs: 2 * timeoutMs },
    );
    await witnesses.writer.hasWritten(50);
  });
});
