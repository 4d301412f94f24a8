import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import type { Fault } from '../../support/s3-server/s3-server.ts';
import { fillBucket, s3Shelf } from '../../support/shelf.ts';
import { type Library, makeLibrary } from '../../support/snapshot-library.ts';
import { expectOwnSnapshot, expectSameKeys, newLineage } from '../../support/total-loss.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

const data = { operation: 'GetObject', key: /etcd\.backup\.gz$/ } as const;

describe('empty disks, a snapshot in S3, and trouble on the way', () => {
  let library: Library;

  beforeAll(async () => {
    library = await makeLibrary();
  });

  afterAll(() => library.remove());

  async function prepare(size: number) {
    const source = library.copy();
    const { server, shelf } = await s3Shelf();
    onTestFinished(() => server.close());
    await fillBucket(server, source.shelf);
    source.remove();
    const cluster = new TestCluster({ size, flags: shelf.flags });
    onTestFinished(() => cluster.destroy());
    const fingerprints = await shelf.fingerprints();
    const comesBack = async () => {
      await cluster.isHealthy();
      const lineage = await newLineage(cluster, library.lineage);
      await expectSameKeys(cluster, library.newer);
      await expectOwnSnapshot(shelf, lineage, { fingerprints });
    };
    return { server, cluster, comesBack };
  }

  function expectEmpty(cluster: TestCluster): void {
    for (const node of cluster.nodes) {
      expect(node.etcdPids).toEqual([]);
      expect(readdirSync(node.dataDir)).not.toContain('member');
      expect(node.e2dPid, node.log).not.toBeNull();
    }
  }

  const starting: readonly { readonly what: string; readonly fault: Fault }[] = [
    { what: 'refuses (403)', fault: { status: 403 } },
    { what: 'has no such bucket (404)', fault: { status: 404, code: 'NoSuchBucket' } },
    { what: 'fails (500)', fault: { status: 500 } },
    { what: 'is busy (503)', fault: { status: 503 } },
    { what: 'hangs', fault: { delayMs: 120_000 } },
  ];

  test.each(starting)('the store $what at the start, then not any more', async ({ fault }) => {
    const { server, cluster, comesBack } = await prepare(1);
    const heal = server.faults.add(fault);
    cluster.start();
    const node = cluster.node(0);
    await node.isInState(/deciding/);
    await staysTrue(() => expectEmpty(cluster), { forMs: 3_000 });
    expect((await node.report()).waitingFor).toMatchObject({ rule: 'S1' });
    heal();
    await comesBack();
  });

  test('the store is down at the start of 3, and comes up', async () => {
    const { server, cluster, comesBack } = await prepare(3);
    await server.goDown();
    cluster.start();
    await cluster.node(0).isInState(/deciding/);
    await staysTrue(() => expectEmpty(cluster), { forMs: 3_000 });
    for (const node of cluster.nodes) {
      expect((await node.report()).waitingFor).toMatchObject({ rule: 'S1' });
    }
    await server.comeUp();
    await comesBack();
  });

  const cuts: readonly { readonly what: string; readonly fault: Fault }[] = [
    { what: 'resets the connection', fault: { ...data, times: 12, cutDownloadAfterBytes: 5_000 } },
    { what: 'ends too early', fault: { ...data, times: 12, endDownloadAfterBytes: 5_000 } },
    { what: 'gives too little', fault: { ...data, times: 2, truncateToBytes: 5_000 } },
    { what: 'fails in mid-download', fault: { ...data, times: 8, status: 500 } },
  ];

  test.each(cuts)('the store $what, a few times', async ({ fault }) => {
    const { server, cluster, comesBack } = await prepare(1);
    server.faults.add(fault);
    cluster.start();
    await comesBack();
    const asked = server.requests.filter(({ key, operation }) => {
      return (
        operation === 'GetObject' && key.endsWith(`${library.newer.snapshot.id}/etcd.backup.gz`)
      );
    });
    expect(asked.length, 'it was asked again').toBeGreaterThan(1);
  });

  test('the store goes down in mid-download for 3, and comes up again', async () => {
    const { server, cluster, comesBack } = await prepare(3);
    const hurry = server.faults.add({ ...data, bytesPerSecond: 10_000 });
    cluster.start();
    await waitUntil(
      () => cluster.nodes.some(({ log }) => log.includes('restoringFromSnapshot.choosing')),
      { what: 'a node downloads', withinMs: 20_000, explain: () => cluster.explain() },
    );
    await server.goDown();
    await staysTrue(() => expectEmpty(cluster), { forMs: 3_000 });
    hurry();
    await server.comeUp();
    await comesBack();
  });

  test.skipIf(process.getuid?.() !== 0)(
    'the disk is full while it is restored: e2d waits, says so, and goes on when there is room',
    async () => {
      const { cluster, comesBack } = await prepare(1);
      const node = cluster.node(0);
      mkdirSync(node.dataDir, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', node.dataDir]);
      onTestFinished(() => {
        node.destroy();
        execFileSync('umount', ['--lazy', node.dataDir]);
      });
      mkdirSync(join(node.dataDir, 'e2d'));
      const ballast = join(node.dataDir, 'e2d', 'ballast');
      writeFileSync(ballast, Buffer.alloc(380 * 2 ** 20));
      node.start();
      await node.hasLogged(/restoringFromSnapshot\.faltering/, 20_000);
      await staysTrue(() => expectEmpty(cluster), { forMs: 2_000 });
      const { waitingFor, warnings } = await node.report();
      expect(JSON.stringify([waitingFor, warnings])).toMatch(/disk|space/i);
      rmSync(ballast);
      await comesBack();
    },
  );
});
