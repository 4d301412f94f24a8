import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Identity, RestoreOrder } from '../../machines/facts.ts';
import { askNode } from '../../src/cli/control-client.ts';
import { readIdentity } from '../../src/etcd/data-dir/identity-file.ts';
import type { SnapshotRecord } from '../../src/snapshots/catalogue/snapshot-record.ts';
import type { TestCluster } from './cluster.ts';
import { expectEqualData } from './cluster-assertions.ts';
import type { ContinuousWriter } from './continuous-writer.ts';
import { EtcdGateway } from './etcd-gateway.ts';
import { allPairs, fill, ownKeys, type Pair, watchFrom } from './keyspace.ts';
import { LoopbackBlock } from './loopback.ts';
import type { Shelf } from './shelf.ts';
import type { TestNode } from './test-node.ts';
import { waitUntil } from './wait-until.ts';

/** Revisions of a restored cluster are beyond this one, and those of the first one before it. */
export const jump = 1_000_000_000;

/** Gives a node an operator's order; rejects with its refusal. */
export async function giveOrder(node: TestNode, order: RestoreOrder): Promise<void> {
  await askNode(
    join(node.dataDir, 'e2d', 'e2d.sock'),
    { method: 'restore', order },
    { timeoutMs: 5_000 },
  );
}

export async function identityOf(node: TestNode): Promise<Identity> {
  const identity = await readIdentity(join(node.dataDir, 'e2d'));
  if (identity === null) throw new Error(`${node.host} has no identity`);
  return identity;
}

/** All nodes are settled members of one lineage, which is not `of`; gives it. */
export async function hasLeft(
  cluster: TestCluster,
  of: string,
  { nodes = cluster.nodes, withinMs = 60_000 } = {},
): Promise<string> {
  return waitUntil(
    async () => {
      const identities = await Promise.all(nodes.map(identityOf));
      const lineages = new Set(identities.map(({ lineage }) => lineage));
      const [lineage] = lineages;
      const isSettled = identities.every(({ plan, memberId }) => plan === null && memberId);
      return lineages.size === 1 && isSettled && lineage !== of ? lineage : null;
    },
    { what: `every node has left lineage ${of}`, withinMs, explain: () => cluster.explain() },
  );
}

/** A cluster with a snapshot, and with writes that came after it. */
export interface Past {
  readonly lineage: string;
  readonly snapshot: SnapshotRecord;
  /** What the clients had written by then. */
  readonly pairs: readonly Pair[];
  readonly seenRevision: number;
  /** Of the last write that the snapshot does not hold. */
  readonly laterRevision: number;
}

/** Has a healthy cluster hold keys that are in a snapshot, and others that are not. */
export async function makePast(cluster: TestCluster, shelf: Shelf): Promise<Past> {
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  const { gateway, endpoint } = cluster.node(0);
  const { lineage } = await identityOf(cluster.node(0));
  const seenRevision = await fill(gateway, 30);
  const snapshot = await shelf.hasSnapshot(seenRevision, lineage ?? '');
  const pairs = await appPairs(endpoint);
  await gateway.put('/app/key-0001', 'written over', 5_000);
  const laterRevision = await gateway.put('/app/later', 'too late', 5_000);
  return { lineage: lineage ?? '', snapshot, pairs, seenRevision, laterRevision };
}

export async function appPairs(endpoint: string): Promise<Pair[]> {
  return (await allPairs(endpoint)).filter(([key]) => key.startsWith('/app/'));
}

export function goBackTo({ snapshot, lineage }: Past): RestoreOrder {
  return { kind: 'goBack', snapshotId: snapshot.id, lineage };
}

/** The cluster is what its snapshot makes of it: on all nodes, and for every client. */
export async function expectGoneBack(
  cluster: TestCluster,
  past: Past,
  lineage: string,
): Promise<void> {
  await cluster.isHealthy();
  const { id: snapshotId, revision, content } = past.snapshot;
  for (const node of cluster.nodes) {
    expect(await appPairs(node.endpoint)).toEqual(past.pairs);
    const written = await node.gateway.list('/written/');
    expect(written.filter(({ modRevision }) => modRevision < jump)).toEqual([]);
    expect(node.etcdPids).toHaveLength(1);
    const moved = (await node.movedAside()).filter((name) => name.includes('restored'));
    expect(moved.length, `${node.host} moved its data aside`).toBeGreaterThan(0);
    await expectIdentity(node, lineage);
  }
  expect(await ownKeys(cluster.node(0).endpoint)).toEqual({
    '/_e2d/cluster': {
      ...{ lineage, requiredSize: cluster.nodes.length },
      parent: { lineage: past.lineage, snapshotId, revision },
    },
    '/_e2d/snapshot': {
      ...{ lineage, snapshotId, revision, from: past.lineage, sha256: content.sha256 },
    },
  });
  expect(await watchFrom(cluster.node(0).endpoint, past.seenRevision)).toMatch(/compacted/);
  await expectEqualData(cluster.nodes);
}

/** What the node remembers of itself is what its etcd says. */
export async function expectIdentity(node: TestNode, lineage: string): Promise<void> {
  const { memberId, clusterId } = await node.gateway.status();
  expect(await identityOf(node)).toMatchObject({
    ...{ name: node.name, peerUrl: node.peerUrl, memberId, clusterId, lineage, plan: null },
  });
}

/** The state that was left behind was taken at the last moment, under its own lineage. */
export async function expectSecured(shelf: Shelf, past: Past): Promise<SnapshotRecord> {
  const snapshots = await shelf.snapshots();
  const fresh = snapshots.find(
    ({ trigger, lineage }) => trigger === 'before-change' && lineage === past.lineage,
  );
  expect(fresh, 'a snapshot was taken before the cluster went back').toBeDefined();
  expect(fresh?.revision).toBeGreaterThanOrEqual(past.laterRevision);
  return fresh as SnapshotRecord;
}

/** No write of the old cluster was acknowledged once the new one had acknowledged any. */
export function expectOneAtATime(writers: readonly ContinuousWriter[]): {
  readonly lastRevisionBefore: number;
} {
  const all = writers.flatMap(({ acknowledged }) => acknowledged);
  const [before, after] = [
    all.filter(({ revision }) => revision < jump),
    all.filter(({ revision }) => revision >= jump),
  ];
  expect(before.length).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  const lastMs = Math.max(...before.map(({ atMs }) => atMs));
  const firstMs = Math.min(...after.map(({ atMs }) => atMs));
  expect(lastMs, 'the old cluster and the new one never serve at once').toBeLessThan(firstMs);
  return { lastRevisionBefore: Math.max(...before.map(({ revision }) => revision)) };
}

/** The last revision in data that was moved aside: a copy of it is opened by an etcd of its own. */
export async function revisionAside(node: TestNode, folder: string): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'e2d-aside-'));
  cpSync(join(node.dataDir, folder), join(scratch, 'member'), { recursive: true });
  const host = new LoopbackBlock().next();
  const [client, peer] = [`http://${host}:2379`, `http://${host}:2380`];
  const etcd = spawn(
    join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcd'),
    [
      ...['--data-dir', scratch, '--force-new-cluster', '--log-level', 'error'],
      ...['--name', node.name ?? '', '--listen-client-urls', client],
      ...['--advertise-client-urls', client, '--listen-peer-urls', peer],
    ],
    { stdio: 'ignore', env: {} },
  );
  const gateway = new EtcdGateway(`${host}:2379`);
  try {
    return await waitUntil(
      async () => {
        await gateway.readLinearizably();
        return (await gateway.status()).revision;
      },
      { what: `etcd opens ${folder}`, withinMs: 20_000 },
    );
  } finally {
    gateway.close();
    const ended = new Promise((done) => etcd.once('exit', done));
    etcd.kill('SIGKILL');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  }
}
