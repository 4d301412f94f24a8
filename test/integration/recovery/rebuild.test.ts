import { expect, onTestFinished, test } from 'vitest';
import { signal } from '../../../src/playground/processes.ts';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { ownKeys } from '../../support/keyspace.ts';
import {
  appPairs,
  expectIdentity,
  giveOrder,
  hasLeft,
  identityOf,
  makePast,
} from '../../support/recovery.ts';
import { fileShelf } from '../../support/shelf.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

async function healthyCluster(size: number) {
  const { shelf, remove, folder } = fileShelf();
  onTestFinished(remove);
  const cluster = new TestCluster({ size, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  return { cluster, shelf, folder, past: await makePast(cluster, shelf) };
}

/** The machines are gone for good, and those that are left have noticed. */
async function loseForGood(lost: readonly TestNode[], left: readonly TestNode[]): Promise<void> {
  await Promise.all(lost.map((node) => node.killBoth()));
  await Promise.all(lost.map((node) => node.loseDisk()));
  for (const node of left) {
    await waitUntil(
      async () => {
        const { quorum, peers } = await node.report();
        const running = peers.filter(
          (peer) => peer.liveness === 'alive' && peer.status === 'running',
        );
        return quorum.state === 'lost' && running.length === 0;
      },
      { what: `${node.host} knows that quorum is lost`, withinMs: 30_000, everyMs: 300 },
    );
  }
}

/** One voter, in a lineage of its own. */
async function servesAlone(node: TestNode, of: string): Promise<string> {
  const lineage = await waitUntil(
    async () => {
      const { lineage, plan, memberId } = await identityOf(node);
      const isNew = lineage !== of && plan === null && memberId !== null;
      if (isNew) await node.gateway.readLinearizably();
      return isNew ? lineage : null;
    },
    { what: 'the rebuilt cluster serves', withinMs: 30_000, explain: () => node.explain() },
  );
  expect((await node.gateway.members()).members).toHaveLength(1);
  return lineage;
}

test('of three nodes two are lost for good: "e2d recover" rebuilds from the third', async () => {
  const { cluster, past, folder } = await healthyCluster(3);
  const [first, survivor, third] = cluster.nodes as [TestNode, TestNode, TestNode];
  const rebuild = { kind: 'rebuild', snapshotId: null, lineage: past.lineage } as const;
  await expect(giveOrder(survivor, rebuild)).rejects.toThrow(/the cluster has quorum/);
  const writer = cluster.writer([survivor]);
  await writer.hasWritten(100);
  await loseForGood([first, third], [survivor]);
  await writer.stop();

  const where = ['--data-dir', survivor.dataDir, '--snapshot-backup-url', `file://${folder}`];
  const refused = await runE2d('recover', '--yes', '--lineage', 'another', ...where);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(past.lineage);
  const { code, stdout, stderr } = await runE2d(
    'recover',
    '--yes',
    '--lineage',
    past.lineage,
    ...where,
  );
  expect(code, stderr).toBe(0);
  const lineage = await servesAlone(survivor, past.lineage);
  expect(stdout).toContain(lineage);
  expect(await writer.assertAllAcknowledged(survivor.gateway)).toBeGreaterThanOrEqual(100);
  expect((await survivor.movedAside()).join()).toContain('restored');

  first.start();
  third.start();
  await cluster.isHealthy();
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  for (const node of cluster.nodes) {
    await writer.assertAllAcknowledged(node.gateway);
    expect(await appPairs(node.endpoint)).toContainEqual(['/app/later', 'too late']);
    await expectIdentity(node, lineage);
  }
  expect((await ownKeys(first.endpoint))['/_e2d/cluster']).toMatchObject({
    ...{ lineage, requiredSize: 3, parent: { lineage: past.lineage } },
  });
  await expectEqualData(cluster.nodes);
});

test('of five nodes three are lost for good: the other survivor joins what was rebuilt', async () => {
  const { cluster, past } = await healthyCluster(5);
  const [survivor, other, ...lost] = cluster.nodes as [TestNode, TestNode, ...TestNode[]];
  const writer = cluster.writer([survivor]);
  await writer.hasWritten(50);
  await loseForGood(lost, [survivor, other]);
  await writer.stop();
  await giveOrder(survivor, { kind: 'rebuild', snapshotId: null, lineage: past.lineage });
  await servesAlone(survivor, past.lineage);
  const [third, ...more] = lost;
  third?.start();
  const lineage = await hasLeft(cluster, past.lineage, { nodes: [survivor, other] });
  expect((await other.movedAside()).join()).toContain('superseded');
  for (const node of more) node.start();
  await cluster.isHealthy(cluster.nodes, 90_000);
  for (const node of cluster.nodes) {
    await node.isSettled();
    await writer.assertAllAcknowledged(node.gateway);
    await expectIdentity(node, lineage);
  }
  await expectEqualData(cluster.nodes);
});

test('from a snapshot of the store; but not while others have quorum', async () => {
  const { cluster, past } = await healthyCluster(3);
  const [first, survivor, third] = cluster.nodes as [TestNode, TestNode, TestNode];
  const rebuild = { kind: 'rebuild', snapshotId: past.snapshot.id, lineage: past.lineage } as const;
  signal(survivor.etcdPid, 'SIGSTOP');
  await waitUntil(async () => (await survivor.report()).quorum.state === 'lost', {
    what: 'the frozen etcd does not answer',
    withinMs: 30_000,
  });
  await expect(giveOrder(survivor, rebuild)).rejects.toThrow(
    /n[13].* says that the cluster has quorum/,
  );

  await loseForGood([first, third], [survivor]);
  const from = survivor.log.length;
  await giveOrder(survivor, { ...rebuild, snapshotId: null });
  await survivor.hasLogged(
    /"effect":"chooseSnapshot","fault".*etcd of this node does not answer/,
    30_000,
    from,
  );
  await survivor.hasLogged(/"to":"active\.running/, 30_000, from);
  expect(await identityOf(survivor)).toMatchObject({ lineage: past.lineage, plan: null });
  expect(await survivor.movedAside()).toEqual([]);

  await waitUntil(() => giveOrder(survivor, rebuild).then(() => true), {
    what: 'the order is taken',
    withinMs: 10_000,
  });
  await servesAlone(survivor, past.lineage);
  expect(await appPairs(survivor.endpoint)).toEqual(past.pairs);
});
