import { expect, onTestFinished, test } from 'vitest';
import type { Peer, PinnedSnapshot } from '../../../machines/facts.ts';
import { planStep, proposalOf } from '../../../machines/lifecycle/plan.ts';
import type { Announcement } from '../../../machines/node/announcement.ts';
import { createGossip } from '../../../src/gossip/gossip.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../../src/node/announcement-codec.ts';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import {
  appPairs,
  expectIdentity,
  goBackTo,
  identityOf,
  makePast,
  type Past,
} from '../../support/recovery.ts';
import { fileShelf } from '../../support/shelf.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A stranger who may gossip, and not write to etcd. Comes first, by its node id. */
function stranger(host: string, lineage: string): Announcement {
  return {
    ...{ nodeId: '000000000000', name: 'stranger', requiredSize: 3, lineage },
    ...{ peerUrl: `http://${host}:2380`, clientUrl: `http://${host}:2379` },
    ...{ status: 'running', data: 'readable', clusterId: null, plan: null, unreachable: [] },
    ...{ etcdVersion: '3.6.0', e2dVersion: '1.0.0' },
  };
}

/** What a coordinator announces that was told to have the cluster go back. */
function proposing(self: Announcement, peers: readonly Peer[], past: Past): Announcement {
  const choice: PinnedSnapshot = {
    ...{ id: past.snapshot.id, revision: past.snapshot.revision, replaces: past.lineage },
    sha256: past.snapshot.content.sha256,
  };
  const step = planStep({
    identity: { ...self, memberId: null, plan: null },
    ...{
      peers,
      nonce: '0011223344556677.0',
      restore: { choice, hasFetched: false, order: goBackTo(past) },
    },
  });
  if (step.kind !== 'acknowledge') throw new Error(`no plan, but ${JSON.stringify(step)}`);
  const vote = { id: step.plan.id, stage: 'acknowledged' as const };
  return { ...self, plan: { ...vote, proposal: proposalOf(step.plan) } };
}

test('who may only gossip cannot have the cluster go back', async () => {
  const { shelf, remove } = fileShelf();
  onTestFinished(remove);
  const cluster = new TestCluster({ size: 3, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  const past = await makePast(cluster, shelf);
  const etcdPids = cluster.nodes.map((node) => node.etcdPid);
  const writer = cluster.writer();

  const host = new LoopbackBlock().next();
  const self = stranger(host, past.lineage);
  const gossip = createGossip({
    ...{ name: 'stranger', bind: { addr: host, port: 7980 } },
    bootstrap: cluster.nodes.map((node) => `${node.host}:7980`),
    meta: encodeAnnouncement(self) ?? new Uint8Array(),
  });
  onTestFinished(() => gossip.stop());
  await gossip.start();
  const peers = () =>
    [...gossip.view().members.values()].flatMap(({ isSelf, meta, state }): Peer[] => {
      const announced = isSelf ? null : decodeAnnouncement(meta);
      return announced === null ? [] : [{ ...announced, liveness: state }];
    });
  await waitUntil(() => peers().filter(({ status }) => status === 'running').length === 3, {
    what: 'the stranger knows all nodes',
    withinMs: 20_000,
  });
  gossip.setMetadata(encodeAnnouncement(proposing(self, peers(), past)) ?? new Uint8Array());

  await waitUntil(() => cluster.nodes.filter((node) => refusal.test(node.log)).length === 2, {
    what: 'both nodes of the plan refuse it',
    withinMs: 30_000,
    explain: () => cluster.explain(),
  });
  await writer.hasWritten(50);
  for (const node of cluster.nodes) {
    expect((await identityOf(node)).plan).toBeNull();
    expect(node.log).not.toContain('acknowledge restore plan');
  }
  expect(cluster.nodes.map((node) => node.etcdPid)).toEqual(etcdPids);

  await gossip.leave(2_000);
  await gossip.stop();
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  await cluster.isHealthy();
  await writer.hasWritten(10);
  for (const node of cluster.nodes) {
    await writer.assertAllAcknowledged(node.gateway);
    expect(await appPairs(node.endpoint)).toContainEqual(['/app/later', 'too late']);
    expect(await node.movedAside()).toEqual([]);
    await expectIdentity(node, past.lineage);
  }
  await expectEqualData(cluster.nodes);
});

const refusal = /vouchForOrder.*The cluster holds no order to go back by plan/;
