import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { ownKeys } from '../../support/keyspace.ts';
import { momentsToTry } from '../../support/moments.ts';
import { type Library, makeLibrary } from '../../support/snapshot-library.ts';
import type { TestNode } from '../../support/test-node.ts';
import { expectOwnSnapshot, expectSameKeys, newLineage } from '../../support/total-loss.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** In the order in which a restore passes through them. */
const steps = [
  'restoringFromSnapshot.choosing',
  'restoringFromSnapshot.staging',
  'restoringFromSnapshot.pinning',
  'restoringFromSnapshot.installing',
  'etcd.launching',
  'etcd.up.starting',
  'standing.settling.recording',
] as const;

describe('e2d is killed in the middle of a restore, and started again', () => {
  let library: Library;

  beforeAll(async () => {
    library = await makeLibrary();
  });

  afterAll(() => library.remove());

  test.each(momentsToTry([1, 3].flatMap((size) => steps.map((step) => ({ size, step })))))(
    'one of $size, at $step',
    async ({ size, step }) => {
      const { cluster, shelf, fingerprints, node } = await killedAt(step, size);
      node.start();
      await expectWhole(cluster, shelf, await fingerprints);
    },
  );

  test.each([1, 3])('all of %i, at one moment after the other', async (size) => {
    const { cluster, shelf, fingerprints } = begin(size);
    cluster.start();
    for (const step of steps) {
      const reached = await Promise.race([
        firstAt(cluster, step).then(() => true),
        cluster.isHealthy().then(() => false),
      ]);
      if (!reached) break;
      await Promise.all(cluster.nodes.map((node) => node.killE2d()));
      cluster.start();
    }
    await expectWhole(cluster, shelf, await fingerprints);
  });

  test('the power goes everywhere, etcd and all, as each node of 3 has installed it', async () => {
    const { cluster, shelf, fingerprints } = begin(3);
    cluster.start();
    await firstAt(cluster, 'etcd.up.starting');
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    cluster.start();
    await expectWhole(cluster, shelf, await fingerprints);
  });

  function begin(size: number) {
    const { shelf, remove } = library.copy();
    onTestFinished(remove);
    const cluster = new TestCluster({ size, flags: shelf.flags });
    onTestFinished(() => cluster.destroy());
    return { cluster, shelf, fingerprints: shelf.fingerprints() };
  }

  /** A step may be over before the signal comes: then it is tried with another cluster. */
  async function killedAt(step: string, size: number) {
    for (let attempt = 0; attempt < 4; attempt++) {
      const begun = begin(size);
      begun.cluster.start();
      const node = await firstAt(begun.cluster, step);
      await node.killE2d();
      if (!/"to":"[^"]*standing\.voting/.test(node.log)) return { ...begun, node };
      await begun.cluster.destroy();
    }
    throw new Error(`e2d was never killed before it was through with ${step}`);
  }

  /** The first node whose log shows it to enter the state. */
  async function firstAt(cluster: TestCluster, step: string): Promise<TestNode> {
    const entered = new RegExp(`"to":"[^"]*${step.replaceAll('.', '\\.')}`);
    const from = new Map(cluster.nodes.map((node) => [node, node.log.length]));
    return waitUntil(
      () => cluster.nodes.find((node) => entered.test(node.log.slice(from.get(node)))),
      {
        what: `a node is at ${step}`,
        withinMs: 30_000,
        everyMs: 2,
        explain: () => cluster.explain(),
      },
    );
  }

  /** All of the snapshot, one new lineage, and the store as it was but for what that wrote. */
  async function expectWhole(
    cluster: TestCluster,
    shelf: ReturnType<typeof begin>['shelf'],
    fingerprints: ReadonlyMap<string, string>,
  ): Promise<void> {
    await cluster.isHealthy();
    const lineage = await newLineage(cluster, library.lineage);
    await expectSameKeys(cluster, library.newer);
    await expectOwnSnapshot(shelf, lineage, { fingerprints });
    const lineages = new Set((await shelf.snapshots()).map((one) => one.lineage));
    expect(lineages).toEqual(new Set([library.lineage, lineage]));
    const own = await ownKeys(cluster.node(0).endpoint);
    const { id: snapshotId, revision } = library.newer.snapshot;
    expect(own['/_e2d/cluster']).toMatchObject({ parent: { snapshotId, revision } });
    for (const node of cluster.nodes) expect(node.etcdPids).toHaveLength(1);
  }
});
