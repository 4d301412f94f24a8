/**
 * 3 nodes that lost every disk, from their start until 3 voters are healthy again with the data of
 * a snapshot: e2d by itself, against `etcdutl snapshot restore` on each node and a static start.
 * `--megabytes N` measures one size instead of 2 and 1,000.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestCluster } from '../test/support/cluster.ts';
import { healthyView } from '../test/support/healthy-view.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import { alternate, megabytesOf, printTable, type Row, runsOf } from './compare.ts';
import { settleDisk } from './disk.ts';
import { withDatabase } from './filled-etcd.ts';
import { PlainCluster } from './plain-cluster.ts';
import { tuningOfE2d } from './tuning.ts';

const run = promisify(execFile);
const binDir = process.env['E2D_ETCD_BIN_DIR'] ?? '';
const flags = await tuningOfE2d();
const largeQuota = '--quota-backend-bytes=4294967296';

async function compare(megabytes: number, runs: number): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-bench-loss-'));
  const [store, file] = [join(folder, 'store'), join(folder, 'snapshot.db')];
  await mkdir(store);
  try {
    await withDatabase(megabytes, async (url) => {
      const saver = ['--import', 'tsx', 'bench/snapshot-saver.ts', url, `file://${store}`];
      await run(process.execPath, saver);
      await run(join(binDir, 'etcdctl'), ['--endpoints', url, 'snapshot', 'save', file]);
    });
    if ((await readdir(store)).length !== 1) throw new Error('the store holds no snapshot');
    const figures = await alternate(runs, {
      e2d: () => restoreByE2d(store),
      reference: () => restoreByHand(file),
      before: settleDisk,
    });
    return {
      measure: `total loss of 3 nodes, ${megabytes} MB, until 3 healthy voters`,
      unit: 's',
      ...figures,
      goal: 'at most 1.5 times it plus 2 s',
      met: (e2d, reference) => e2d <= 1.5 * reference + 2,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function restoreByE2d(store: string): Promise<number> {
  const cluster = new TestCluster({
    size: 3,
    defaultTimeouts: true,
    // What the new lineage takes of itself is not a part of what is measured, and would fill the
    // disk.
    flags: [
      ...['--snapshot-backup-url', `file://${store}`, '--snapshot-interval', '1h'],
      ...['--etcd-extra-args', largeQuota],
    ],
  });
  try {
    const startedAt = performance.now();
    cluster.start();
    await healthy(cluster);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await cluster.destroy();
    await removeNewLineages(store);
  }
}

async function restoreByHand(file: string): Promise<number> {
  const cluster = new PlainCluster(3, [...flags, largeQuota]);
  try {
    const startedAt = performance.now();
    await Promise.all(cluster.nodes.map((node) => node.restore(file, cluster.initialCluster)));
    cluster.start();
    await healthy(cluster);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await cluster.destroy();
  }
}

function healthy({ nodes }: Pick<PlainCluster, 'nodes'> | Pick<TestCluster, 'nodes'>) {
  const what = 'three voters are healthy again';
  return waitUntil(() => healthyView(nodes), { what, withinMs: 300_000, everyMs: 20 });
}

/** The next run is to find the same store. */
async function removeNewLineages(store: string): Promise<void> {
  const [, ...later] = (await readdir(store)).sort();
  for (const name of later) await rm(join(store, name), { recursive: true });
}

const runs = runsOf(process.argv, 5);
const size = megabytesOf(process.argv, null);
const rows: Row[] = [];
for (const megabytes of size === null ? [2, 1_000] : [size])
  rows.push(await compare(megabytes, runs));
printTable(rows);
