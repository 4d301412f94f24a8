import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { fileShelf, type Shelf, s3Shelf } from '../../support/shelf.ts';
import { expectRestored, fillAndShelve, loseAll } from '../../support/total-loss.ts';

function clusterOn(shelf: Shelf, size: number): TestCluster {
  const cluster = new TestCluster({ size, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  return cluster;
}

function folderShelf(flags: readonly string[] = []) {
  const shelf = fileShelf(flags);
  onTestFinished(shelf.remove);
  return shelf;
}

describe('a cluster that loses every process and every disk comes back by itself', () => {
  test.each([1, 3, 5])('of size %i, from a folder', async (size) => {
    const { shelf } = folderShelf();
    const cluster = clusterOn(shelf, size);
    await cluster.startHealthy();
    const lost = await loseAll(cluster, shelf, await fillAndShelve(cluster, shelf));
    cluster.start();
    await expectRestored(cluster, shelf, lost);
  });

  test.each([1, 3])('of size %i, from S3, encrypted with a key file', async (size) => {
    const { folder } = folderShelf();
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
    const encrypted = ['--snapshot-encryption', '--snapshot-encryption-key-file', keyFile];
    const { server, shelf } = await s3Shelf(encrypted);
    onTestFinished(() => server.close());
    const cluster = clusterOn(shelf, size);
    await cluster.startHealthy();
    const lost = await loseAll(cluster, shelf, await fillAndShelve(cluster, shelf));
    expect(lost.snapshot.encryptionKeyId).not.toBeNull();
    const asked = server.requests.length;
    cluster.start();
    await expectRestored(cluster, shelf, lost);
    const fetches = server.requests
      .slice(asked)
      .filter(({ key }) => key.endsWith(`${lost.snapshot.id}/etcd.backup.gz`));
    expect(fetches, 'each node fetched it once').toHaveLength(size);
  });

  test.each([
    { from: 1, to: 3 },
    { from: 3, to: 1 },
  ])('of $from nodes, and comes back as a cluster of $to', async ({ from, to }) => {
    const { shelf } = folderShelf(['--snapshot-compression']);
    const before = clusterOn(shelf, from);
    await before.startHealthy();
    const lost = await loseAll(before, shelf, await fillAndShelve(before, shelf));
    const after = clusterOn(shelf, to);
    after.start();
    await expectRestored(after, shelf, lost);
  });

  test('twice, and the second time from what the restored one wrote', async () => {
    const { shelf } = folderShelf();
    const cluster = clusterOn(shelf, 3);
    await cluster.startHealthy();
    const first = await loseAll(cluster, shelf, await fillAndShelve(cluster, shelf));
    cluster.start();
    const lineage = await expectRestored(cluster, shelf, first);
    const more = await fillAndShelve(cluster, shelf, 60);
    expect(more.snapshot.lineage).toBe(lineage);
    const second = await loseAll(cluster, shelf, more);
    cluster.start();
    await expectRestored(cluster, shelf, second);
  });
});
