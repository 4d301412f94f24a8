import { expect } from 'vitest';
import type { SnapshotRecord } from '../../src/snapshots/catalogue/snapshot-record.ts';
import type { TestCluster } from './cluster.ts';
import { expectEqualData } from './cluster-assertions.ts';
import { clientPairs, fill, ownKeys, type Pair, watchFrom } from './keyspace.ts';
import type { Shelf } from './shelf.ts';
import type { TestNode } from './test-node.ts';
import { waitUntil } from './wait-until.ts';

/** How far revisions jump at a restore, at the least. */
const jump = 1_000_000_000;

/** What was there when the disks were lost. */
export interface Lost {
  readonly pairs: readonly Pair[];
  /** The one that holds all of it. */
  readonly snapshot: SnapshotRecord;
  readonly lineage: string;
  readonly fingerprints: ReadonlyMap<string, string>;
  /** One that a client had seen. */
  readonly seenRevision: number;
}

/** Has a healthy cluster hold some keys, and waits until they are all in a snapshot. */
export async function fillAndShelve(cluster: TestCluster, shelf: Shelf, keys = 40): Promise<Lost> {
  const { gateway, endpoint } = cluster.node(0);
  await gateway.put('/_e2d/left-over', '"of an earlier life"');
  const seenRevision = await fill(gateway, keys);
  const snapshot = await shelf.hasSnapshot(seenRevision);
  const { lineage } = snapshot;
  const pairs = await clientPairs(endpoint);
  return { pairs, snapshot, lineage, fingerprints: await shelf.fingerprints(), seenRevision };
}

/** Every process is killed, and every disk lost. What the store held then is the reference. */
export async function loseAll(cluster: TestCluster, shelf: Shelf, lost: Lost): Promise<Lost> {
  await Promise.all(cluster.nodes.map((node) => node.killBoth()));
  await Promise.all(cluster.nodes.map((node) => node.loseDisk()));
  const [snapshot] = await shelf.snapshots();
  return {
    ...lost,
    snapshot: snapshot ?? lost.snapshot,
    fingerprints: await shelf.fingerprints(),
  };
}

/** The cluster is healthy, and is what a restore from the lost one's last snapshot makes of it. */
export async function expectRestored(
  cluster: TestCluster,
  shelf: Shelf,
  lost: Lost,
): Promise<string> {
  await cluster.isHealthy();
  const node = cluster.node(0);
  const lineage = await newLineage(cluster, lost.lineage);
  const { id: snapshotId, revision } = await restoredFrom(node, shelf);
  expect(snapshotId).toBe(lost.snapshot.id);
  expect(withoutUsers(await ownKeys(node.endpoint))).toEqual({
    '/_e2d/cluster': {
      lineage,
      requiredSize: cluster.nodes.length,
      parent: { lineage: lost.lineage, snapshotId, revision },
    },
    '/_e2d/snapshot': {
      ...{ lineage, snapshotId, revision, from: lost.lineage },
      sha256: lost.snapshot.content.sha256,
    },
  });
  await expectSameKeys(cluster, lost);
  await expectJump(node, lost);
  const first = await expectOwnSnapshot(shelf, lineage, lost);
  expect(first.trigger).toBe('after-restore');
  return lineage;
}

/** Each e2d says by itself as whom it asks, where it has a certificate. */
function withoutUsers(own: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(own).filter(([key]) => !key.startsWith('/_e2d/users/')));
}

/** For a moment a restored cluster serves its old record: it resolves when the new one is there. */
export async function newLineage(cluster: TestCluster, old: string | null): Promise<string> {
  return waitUntil(
    async () => {
      const marker = (await ownKeys(cluster.node(0).endpoint))['/_e2d/snapshot'];
      const { lineage } = (marker ?? { lineage: old }) as { readonly lineage: string };
      return lineage === old ? null : lineage;
    },
    {
      what: 'the marker of the restore is set',
      withinMs: 10_000,
      explain: () => cluster.explain(),
    },
  );
}

async function restoredFrom({ endpoint }: TestNode, shelf: Shelf): Promise<SnapshotRecord> {
  const marker = (await ownKeys(endpoint))['/_e2d/snapshot'] as { readonly snapshotId: string };
  const found = (await shelf.snapshots()).find(({ id }) => id === marker.snapshotId);
  if (found === undefined) throw new Error(`the store has no snapshot ${marker.snapshotId}`);
  return found;
}

/** The client's keys are those of the lost cluster, on every member. */
export async function expectSameKeys(
  cluster: TestCluster,
  { pairs }: Pick<Lost, 'pairs'>,
): Promise<void> {
  expect(pairs.length).toBeGreaterThan(0);
  for (const { endpoint } of cluster.nodes) expect(await clientPairs(endpoint)).toEqual(pairs);
  await expectEqualData(cluster.nodes);
}

async function expectJump(node: TestNode, { snapshot, seenRevision }: Lost): Promise<void> {
  const { revision } = await node.gateway.status();
  expect(revision).toBeGreaterThanOrEqual(snapshot.revision + jump);
  expect(await watchFrom(node.endpoint, seenRevision)).toMatch(/compacted/);
}

/** S5, S6: a snapshot of the new lineage comes at once; what there was is as it was. */
export async function expectOwnSnapshot(
  shelf: Shelf,
  lineage: string,
  { fingerprints }: Pick<Lost, 'fingerprints'>,
): Promise<SnapshotRecord> {
  await shelf.hasSnapshot(0, lineage);
  const own = (await shelf.snapshots()).filter((one) => one.lineage === lineage);
  const first = own.at(-1);
  if (first === undefined) throw new Error(`lineage ${lineage} has no snapshot any more`);
  expect(first.parent).not.toBeNull();
  await expectUntouched(shelf, fingerprints);
  return first;
}

/** Every object there was is there, byte for byte. */
export async function expectUntouched(
  shelf: Shelf,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const now = await shelf.fingerprints();
  const same = [...before.keys()].map((key) => [key, now.get(key)] as const);
  expect(new Map(same), 'what the store held is as it was').toEqual(before);
}
