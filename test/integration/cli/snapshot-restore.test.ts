import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { TestCluster } from '../../support/cluster.ts';
import type { TestNode } from '../../support/test-node.ts';

let cluster: TestCluster;
/** The flags that lead to the store. */
let store: readonly string[];

async function start(size: number): Promise<void> {
  cluster = new TestCluster({ size });
  const folder = join(cluster.folder, 'store');
  await mkdir(folder);
  store = ['--snapshot-backup-url', `file://${folder}`];
  await cluster.startHealthy();
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
}

afterEach(() => cluster.destroy());

function etcdctl(node: TestNode, ...args: readonly string[]): string {
  const tool = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcdctl');
  const all = ['--endpoints', node.endpoint, ...args];
  const { stdout, stderr, status } = spawnSync(tool, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const storedAt = (node: TestNode, key: string) =>
  etcdctl(node, 'get', key, '--print-value-only').trim();

/** As `run` gets them of the test cluster. */
function flagsOf(node: TestNode, size: number): readonly string[] {
  return [
    ...['--host', node.host, '--name', node.name ?? '', '-n', String(size)],
    ...['--data-dir', node.dataDir],
  ];
}

async function save(node: TestNode): Promise<{ readonly id: string; readonly lineage: string }> {
  const own = ['--host', node.host, '-n', String(cluster.nodes.length)];
  const { record } = await askE2d('snapshot', 'save', ...own, ...store);
  return record as { id: string; lineage: string };
}

const restore = (...args: readonly string[]) => callE2d('snapshot', 'restore', ...args);

describe('a restore by hand into one node', () => {
  let node: TestNode;
  let flags: readonly string[];
  let saved: Awaited<ReturnType<typeof save>>;

  beforeEach(async () => {
    await start(1);
    node = cluster.node(0);
    flags = flagsOf(node, 1);
    etcdctl(node, 'put', '/app', 'saved');
    saved = await save(node);
    etcdctl(node, 'put', '/app', 'later');
  });

  test('goes back, as a new lineage that begins where the old one was', async () => {
    await node.stop();
    const before = JSON.parse(await readFile(join(node.dataDir, 'e2d/identity.json'), 'utf8'));
    const { exit, out, err } = await restore('latest', ...flags, ...store, '--yes');
    expect(exit).toBe(0);
    expect(err).toMatch(/^lineage +\S+\ncontains +revision \d+, \d+ rows,/m);
    expect(err).toMatch(/^there now +data of a member: it is moved aside, not deleted \(S3\)$/m);
    expect(err).toMatch(
      new RegExp(`^this node was +n1, member ${before.memberId} of lineage`, 'm'),
    );
    const [aside = ''] = await node.movedAside();
    expect(out).toMatch(new RegExp(`^old data +${join(node.dataDir, aside)}$`, 'm'));
    const receipts = join(node.dataDir, 'e2d', 'receipts');
    const [name = ''] = await readdir(receipts);
    expect((await stat(join(receipts, name))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(receipts, name), 'utf8'))).toMatchObject({
      snapshot: { id: saved.id, lineage: saved.lineage },
      movedTo: join(node.dataDir, aside),
      replacedIdentity: before,
      installedAt: expect.any(String),
    });
    node.start();
    await cluster.isHealthy();
    await node.isSettled();
    expect(storedAt(node, '/app')).toBe('saved');
    expect(JSON.parse(storedAt(node, '/_e2d/cluster'))).toEqual({
      lineage: name.replace('.json', ''),
      requiredSize: 1,
      parent: expect.objectContaining({ lineage: saved.lineage, snapshotId: saved.id }),
    });
    expect(JSON.parse(storedAt(node, '/_e2d/snapshot'))).toMatchObject({ snapshotId: saved.id });
    expect(existsSync(join(node.dataDir, 'restoring'))).toBe(false);
  });

  test('is refused while e2d or its etcd runs, and without a word; nothing changes', async () => {
    const refused = await restore('latest', ...flags, ...store, '--yes');
    expect(refused).toMatchObject({ exit: 1, out: '' });
    expect(refused.err).toMatch(/is in use by another e2d: process \d+\./);
    await node.killE2d();
    const again = await restore('latest', ...flags, ...store, '--yes');
    expect(again).toMatchObject({ exit: 1, out: '' });
    expect(again.err).toContain(`(process ${node.etcdPid}), so nothing was restored.`);
    await node.killEtcd();
    const unasked = await restore('latest', ...flags, ...store);
    expect(unasked).toMatchObject({ exit: 2, out: '' });
    expect(await node.movedAside()).toEqual([]);
    expect(existsSync(join(node.dataDir, 'restoring'))).toBe(false);
    node.start();
    await cluster.isHealthy();
    expect(storedAt(node, '/app')).toBe('later');
  });

  test('takes a file in place of a store, into a folder that does not exist', async () => {
    const file = join(cluster.folder, 'plain.db');
    const own = ['--host', node.host, '--output', file];
    expect((await callE2d('snapshot', 'save', ...own)).exit).toBe(0);
    await node.stop();
    await node.loseDisk();
    const receipt = await askE2d('snapshot', 'restore', file, ...flags, '--yes');
    expect(receipt).toMatchObject({ from: file, movedTo: null, replacedIdentity: null });
    node.start();
    await cluster.isHealthy();
    expect(storedAt(node, '/app')).toBe('later');
  });

  test('that was cut short after its pin is finished by the next start', async () => {
    await node.stop();
    const { plan } = (await askE2d(
      'snapshot',
      'restore',
      'latest',
      ...flags,
      ...store,
      '--yes',
    )) as {
      plan: { id: string };
    };
    // As it was between the two: the restored data is still beside, and the old in its place.
    const [aside = ''] = await node.movedAside();
    const staged = join(node.dataDir, 'restoring', plan.id);
    await mkdir(staged, { recursive: true });
    spawnSync('mv', [join(node.dataDir, 'member'), join(staged, 'member')]);
    spawnSync('mv', [join(node.dataDir, aside), join(node.dataDir, 'member')]);
    node.start();
    await cluster.isHealthy();
    await node.isSettled();
    expect(storedAt(node, '/app')).toBe('saved');
    expect(await node.movedAside()).toHaveLength(1);
  });
});

describe('a restore by hand into three nodes', () => {
  beforeEach(() => start(3));

  const members = () => cluster.nodes.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');

  async function loseAll(): Promise<string> {
    etcdctl(cluster.node(0), 'put', '/app', 'saved');
    const { id } = await save(cluster.node(0));
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    await Promise.all(cluster.nodes.map((node) => node.loseDisk()));
    return id;
  }

  test('brings all of them back as one cluster', async () => {
    const id = await loseAll();
    const together = ['--initial-cluster', members(), '--initial-cluster-token', 'again-1'];
    for (const node of cluster.nodes) {
      const { err, exit } = await restore(id, ...flagsOf(node, 3), ...store, ...together, '--yes');
      expect({ exit, err: exit === 0 ? '' : err }).toEqual({ exit: 0, err: '' });
    }
    cluster.start();
    await cluster.isHealthy();
    for (const node of cluster.nodes) {
      await node.isSettled();
      expect(storedAt(node, '/app')).toBe('saved');
    }
    const records = cluster.nodes.map((node) => storedAt(node, '/_e2d/cluster'));
    expect(new Set(records).size).toBe(1);
    expect(records[0]).toMatch(/"lineage":"again-1-[0-9a-f]{12}"/);
  });

  test('may be made of one, which the others then join empty', async () => {
    const id = await loseAll();
    const first = cluster.node(0);
    expect((await restore(id, ...flagsOf(first, 3), ...store, '--yes')).exit).toBe(0);
    cluster.start();
    await cluster.isHealthy();
    expect(storedAt(cluster.node(2), '/app')).toBe('saved');
  });

  test('needs a token, an ID and a list that fits', async () => {
    const [first] = [cluster.node(0)];
    const wanted = ['--initial-cluster', members(), ...store, '--yes'];
    const { exit, err } = await restore('latest', ...flagsOf(first, 3), ...wanted);
    expect(exit).toBe(2);
    expect(err).toMatch(/needs an --initial-cluster-token .* such as restored-[0-9a-f]{10}\./);
    expect(err).toContain('"latest" may be another one on the next node');
    const other = ['--initial-cluster', 'x=http://10.1.1.1:2380', ...store, '--yes'];
    const misfit = await restore('latest', ...flagsOf(first, 3), ...other);
    expect(misfit.err).toContain('names 1 members, and -n is 3.');
    expect(misfit.err).toContain('names no member at http://');
  });
});
