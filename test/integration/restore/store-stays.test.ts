import { describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { clientPairs, fill } from '../../support/keyspace.ts';
import { fileShelf, s3Shelf } from '../../support/shelf.ts';
import { makeLibrary } from '../../support/snapshot-library.ts';
import { expectSameKeys, expectUntouched, fillAndShelve } from '../../support/total-loss.ts';

describe('a loss of power with intact disks and an older snapshot in the store', () => {
  test.each([1, 3])('%i nodes: nothing is restored, and the store is not asked', async (size) => {
    const { server, shelf } = await s3Shelf();
    onTestFinished(() => server.close());
    const cluster = new TestCluster({ size, flags: shelf.flags });
    onTestFinished(() => cluster.destroy());
    await cluster.startHealthy();
    const { lineage } = await fillAndShelve(cluster, shelf);
    server.faults.add({ method: 'PUT', status: 403 });
    const writer = cluster.writer();
    await writer.hasWritten(50);
    const before = await cluster.isHealthy();
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    const settled = await shelf.fingerprints();
    await server.goDown();
    cluster.start();
    const after = await cluster.isHealthy();
    expect(after.members).toEqual(before.members);
    expect(after.clusterId).toBe(before.clusterId);
    await writer.hasWritten(5);
    for (const { gateway } of cluster.nodes) await writer.assertAllAcknowledged(gateway);
    for (const node of cluster.nodes) {
      const states = node.log.match(/"to":"[^"]*/g) ?? [];
      expect(states.filter((state) => state.includes('restoringFromSnapshot'))).toEqual([]);
      expect(await node.movedAside()).toEqual([]);
    }
    const [asked] = [server.requests.length];
    server.faults.clear();
    await server.comeUp();
    const { revision } = await cluster.node(0).gateway.status();
    expect((await shelf.hasSnapshot(revision)).lineage).toBe(lineage);
    const later = server.requests.slice(asked);
    const data = (key: string) => settled.has(key) && key.endsWith('etcd.backup.gz');
    expect(later.filter(({ key }) => data(key.replace('prod/etcd/', '')))).toEqual([]);
    await expectUntouched(shelf, settled);
  });
});

describe('a new cluster with data of its own that is pointed at the store of an old one', () => {
  /** As little as may be is kept, so that retention takes what it can get. */
  const greedy = [
    ...['--snapshot-keep-all', '1s', '--snapshot-keep-hourly', '1s'],
    ...['--snapshot-keep-daily', '1s', '--snapshot-keep-count', '2'],
  ];

  test('writes into its own lineage only, and lets only its own go', async () => {
    const library = await makeLibrary();
    onTestFinished(library.remove);
    const { shelf, remove } = library.copy(undefined, greedy);
    onTestFinished(remove);
    const old = await shelf.fingerprints();
    const cluster = new TestCluster({ size: 1 });
    onTestFinished(() => cluster.destroy());
    await cluster.startHealthy();
    const node = cluster.node(0);
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      await node.killE2d();
      node.start(...shelf.flags);
      for (let time = 0; time < 3; time++) {
        const revision = await fill(node.gateway, 10, `round ${round} ${time}`);
        seen.add((await shelf.hasSnapshot(revision)).id);
        await expectUntouched(shelf, old);
      }
    }
    const snapshots = await shelf.snapshots();
    const own = snapshots.filter((one) => one.lineage !== library.lineage);
    expect(new Set(own.map((one) => one.lineage)).size).toBe(1);
    expect(own[0]?.parent).toBeNull();
    expect(seen.size).toBeGreaterThan(6);
    expect([...seen].filter((id) => !own.some((one) => one.id === id)).length).toBeGreaterThan(0);
    await expectSameKeys(cluster, { pairs: await clientPairs(node.endpoint) });
    await expectUntouched(shelf, old);

    await node.killBoth();
    await node.loseDisk();
    node.start(...shelf.flags);
    await node.hasLogged(/several lineages/, 20_000);
    const { waitingFor } = await node.report();
    expect(waitingFor).toMatchObject({ rule: 'S6', command: expect.stringContaining('restore') });
    expect(node.etcdPids).toEqual([]);
  });

  test('an empty folder is a store: the first cluster on it is bootstrapped', async () => {
    const { shelf, remove } = fileShelf();
    onTestFinished(remove);
    const cluster = new TestCluster({ size: 1, flags: shelf.flags });
    onTestFinished(() => cluster.destroy());
    await cluster.startHealthy();
    const { snapshot } = await fillAndShelve(cluster, shelf);
    expect(snapshot).toMatchObject({ parent: null, requiredSize: 1 });
  });
});
