import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import type { ContinuousWriter } from '../../support/continuous-writer.ts';
import {
  appPairs,
  expectGoneBack,
  expectIdentity,
  giveOrder,
  goBackTo,
  hasLeft,
  identityOf,
  makePast,
  type Past,
} from '../../support/recovery.ts';
import { type S3Shelf, s3Shelf } from '../../support/shelf.ts';
import type { TestNode } from '../../support/test-node.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

describe('an order that cannot be carried out changes nothing', () => {
  let store: S3Shelf;
  let cluster: TestCluster;
  let past: Past;
  let writer: ContinuousWriter;
  let etcdPids: readonly number[];

  beforeAll(async () => {
    store = await s3Shelf();
    cluster = new TestCluster({
      size: 3,
      flags: [...store.shelf.flags, '--health-check-timeout', '120s'],
    });
    await cluster.startHealthy();
    past = await makePast(cluster, store.shelf);
    writer = cluster.writer();
  });

  afterAll(async () => {
    await cluster.destroy();
    await store.server.close();
  });

  beforeEach(async () => {
    await cluster.isHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    etcdPids = cluster.nodes.map((node) => node.etcdPid);
  });

  async function expectAllAsBefore(unchanged: readonly number[] = etcdPids): Promise<void> {
    await cluster.isHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    for (const [index, pid] of unchanged.entries()) expect(cluster.node(index).etcdPid).toBe(pid);
    await writer.hasWritten(10);
    for (const node of cluster.nodes) {
      await writer.assertAllAcknowledged(node.gateway);
      expect(await appPairs(node.endpoint)).toContainEqual(['/app/later', 'too late']);
      expect(await node.movedAside()).toEqual([]);
      await expectIdentity(node, past.lineage);
    }
    await expectEqualData(cluster.nodes);
  }

  /** The order is tried, comes to nothing, and is dropped; gives the log of it. */
  async function isTriedInVain(node: TestNode, order: Parameters<typeof giveOrder>[1]) {
    const from = node.log.length;
    await giveOrder(node, order);
    await node.hasLogged(/restoringFromSnapshot\.faltering","event"/, 30_000, from);
    await node.hasLogged(/"to":"active\.running/, 30_000, from);
    await node.isSettled();
    return node.log.slice(from);
  }

  test('it names another lineage', async () => {
    const order = { ...goBackTo(past), lineage: 'another.0-0123456789abcdef' };
    await expect(giveOrder(cluster.node(0), order)).rejects.toThrow(
      `the cluster here is of lineage ${past.lineage}`,
    );
    await expectAllAsBefore();
  });

  test('it names a snapshot that does not exist: it is dropped', async () => {
    const snapshotId = '2020-01-01T00:00:00Z-000000000001-abcdef';
    const log = await isTriedInVain(cluster.node(0), { ...goBackTo(past), snapshotId });
    expect(log).toContain(snapshotId);
    expect(log).toContain('E2D_SNAPSHOT_UNKNOWN');
    const report = await cluster.node(0).report();
    expect(report.warnings.join('\n')).toContain(snapshotId);
    await expectAllAsBefore();
  });

  test('the store is down, and nothing of the present could be kept', async () => {
    await store.server.goDown();
    const log = await isTriedInVain(cluster.node(1), goBackTo(past));
    expect(log).toMatch(/secureBeforeRestore.*E2D_STORE_UNREACHABLE/);
    expect(log).not.toContain('restoringFromSnapshot.choosing');
    await store.server.comeUp();
    await expectAllAsBefore();
  });

  test('one node of three is down', async () => {
    const [first, , third] = cluster.nodes as [TestNode, TestNode, TestNode];
    await third.killBoth();
    await waitUntil(
      async () => (await first.report()).peers.some(({ liveness }) => liveness === 'failed'),
      { what: 'the node is known to be dead', withinMs: 30_000 },
    );
    await expect(giveOrder(first, goBackTo(past))).rejects.toThrow(/2 of 3 nodes run/);
    third.start();
    await expectAllAsBefore(etcdPids.slice(0, 2));
  });

  test.each(['killed', 'stopped in order'])(
    'a participant cannot get at the snapshot, and the coordinator is %s: the order is withdrawn',
    async (how) => {
      const empty = mkdtempSync(join(tmpdir(), 'e2d-empty-store-'));
      const [first, second, third] = cluster.nodes as [TestNode, TestNode, TestNode];
      await third.killE2d();
      third.start('--snapshot-backup-url', `file://${empty}`);
      await third.isSettled();
      await waitUntil(
        async () => (await first.report()).peers.every(({ status }) => status === 'running'),
        { what: 'the others see it run', withinMs: 30_000 },
      );
      const from = third.log.length;
      await giveOrder(first, goBackTo(past));
      await third.hasLogged(/stageSnapshot.*E2D_SNAPSHOT_UNKNOWN/, 30_000, from);
      await waitUntil(async () => (await identityOf(second)).plan?.stage === 'acknowledged', {
        what: 'the other participant is bound',
        withinMs: 30_000,
      });
      await writer.hasWritten(20);
      expect(cluster.nodes.map((node) => node.etcdPid)).toEqual(etcdPids);
      if (how === 'killed') await first.killE2d();
      else await first.stop();
      await staysTrue(() => expectStillOld(second), { forMs: 1_500 });
      first.start();
      await expectAllAsBefore(how === 'killed' ? etcdPids : []);
      await third.killE2d();
      third.start();
      rmSync(empty, { recursive: true });
    },
  );

  async function expectStillOld(node: TestNode): Promise<void> {
    expect((await node.gateway.status()).revision).toBeLessThan(1_000_000_000);
  }

  test('and once nothing is in the way any more, it is carried out', async () => {
    await giveOrder(cluster.node(0), goBackTo(past));
    const lineage = await hasLeft(cluster, past.lineage);
    await expectGoneBack(cluster, past, lineage);
  });
});
