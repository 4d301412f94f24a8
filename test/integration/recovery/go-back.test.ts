import { expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import {
  appPairs,
  expectGoneBack,
  expectIdentity,
  expectOneAtATime,
  expectSecured,
  giveOrder,
  goBackTo,
  hasLeft,
  identityOf,
  jump,
  makePast,
  revisionAside,
} from '../../support/recovery.ts';
import { fileShelf } from '../../support/shelf.ts';
import { runE2d } from '../../support/test-node.ts';

async function healthyCluster(size: number) {
  const { shelf, folder, remove } = fileShelf();
  onTestFinished(remove);
  const cluster = new TestCluster({ size, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  return { shelf, folder, cluster };
}

test.each([1, 3])(
  'a cluster of %i goes back, and no client is told of two clusters',
  async (size) => {
    const { cluster, shelf } = await healthyCluster(size);
    const past = await makePast(cluster, shelf);
    const writers = cluster.nodes.map((node) => cluster.writer([node]));
    await Promise.all(writers.map((writer) => writer.hasWritten(20)));
    await giveOrder(cluster.node(size - 1), goBackTo(past));
    const lineage = await hasLeft(cluster, past.lineage);
    await cluster.isHealthy();
    await Promise.all(writers.map((writer) => writer.hasWritten(10)));
    await Promise.all(writers.map((writer) => writer.stop()));
    await expectGoneBack(cluster, past, lineage);
    const secured = await expectSecured(shelf, past);
    const { lastRevisionBefore } = expectOneAtATime(writers);
    expect(lastRevisionBefore).toBeGreaterThanOrEqual(secured.revision);
    const aside = await Promise.all(
      cluster.nodes.map(async (node) => {
        const [folder] = await node.movedAside();
        return revisionAside(node, folder ?? '');
      }),
    );
    expect(
      Math.max(...aside),
      'what was acknowledged is in the data that was moved aside',
    ).toBeGreaterThanOrEqual(lastRevisionBefore);
    const own = await shelf.hasSnapshot(jump, lineage);
    expect(own.parent?.lineage).toBe(past.lineage);
  },
);

test('with "e2d restore", to before the last time too; and then a lost disk is replaced', async () => {
  const { cluster, shelf, folder } = await healthyCluster(3);
  const first = await makePast(cluster, shelf);
  const restored = await restore(first.snapshot.id, first.lineage);
  expect(restored.code, restored.stderr).toBe(0);
  const lineage = await hasLeft(cluster, first.lineage);
  await expectGoneBack(cluster, first, lineage);
  const fresh = await expectSecured(shelf, first);
  expect(restored.stdout).toContain(fresh.id);

  const forward = await restore(fresh.id, lineage);
  expect(forward.code, forward.stderr).toBe(0);
  const again = await hasLeft(cluster, lineage);
  await cluster.isHealthy();
  const pairs = new Map(await appPairs(cluster.node(0).endpoint));
  expect(pairs.get('/app/later')).toBe('too late');
  expect(pairs.get('/app/key-0001')).toBe('written over');

  const node = cluster.node(2);
  const { memberId } = await identityOf(node);
  await node.killBoth();
  await node.loseDisk();
  node.start();
  await cluster.isHealthy();
  await node.isSettled();
  await expectIdentity(node, again);
  expect((await identityOf(node)).memberId).not.toBe(memberId);
  expect(await appPairs(node.endpoint)).toEqual(await appPairs(cluster.node(0).endpoint));

  function restore(id: string, of: string) {
    const { dataDir } = cluster.node(1);
    const where = ['--data-dir', dataDir, '--snapshot-backup-url', `file://${folder}`];
    return runE2d('restore', id, '--yes', '--lineage', of, ...where);
  }
});
