import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InspectReport } from '../../../machines/inspect-report.ts';
import type { StatusReport } from '../../../machines/status-report.ts';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';
import type { ControlParameters } from '../../../src/control/requests.ts';
import { renderBackupMeta } from '../../../src/snapshots/catalogue/backup-meta.ts';
import { suspectingRun } from '../../support/inspect-example.ts';
import { entry, record } from '../../unit/cli/restore-example.ts';
import { degraded, surveying } from '../../unit/cli/status-example.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
const running = 'active.running.(etcd.up.healthy quorum.held standing.voting)';
let folder = '';
let node: ScriptedNode;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-restore-'));
  node = await ScriptedNode.start(join(folder, 'data', 'e2d'));
});
afterEach(async () => {
  await node.close();
  await rm(folder, { recursive: true });
});

/** Answers as a test says; an order is taken unless there is a refusal, and is carried out. */
class ScriptedNode {
  status: StatusReport = degraded;
  refusal: string | null = null;
  /** What inspections show after the order, one after the other, the last one for good. */
  after: readonly Partial<InspectReport>[] = [];
  readonly orders: ControlParameters['order'][] = [];
  onOrder: () => void = () => undefined;
  #server: ControlServer | null = null;
  #shown = 0;

  static async start(stateDir: string): Promise<ScriptedNode> {
    const node = new ScriptedNode();
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    node.#server = await serveControl(join(stateDir, 'e2d.sock'), {
      status: () => node.status,
      inspect: () => node.#inspect(),
      restore: ({ order }) => node.#take(order),
    });
    return node;
  }

  #take(order: ControlParameters['order']) {
    this.orders.push(order);
    if (this.refusal !== null) throw new Error(this.refusal);
    this.onOrder();
    return { accepted: true };
  }

  #inspect(): InspectReport {
    const { node: own, cluster, quorum } = this.status;
    const report = { ...suspectingRun().report(), node: own, path: own.path, cluster, quorum };
    if (this.orders.length === 0) return report;
    const change = this.after[Math.min(this.#shown, this.after.length - 1)];
    this.#shown += 1;
    return { ...report, recent: [], ...change };
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}

/** What a node shows once the new lineage runs. */
const restored: Partial<InspectReport> = {
  node: { ...degraded.node, state: running, path: 'restore-from-snapshot' },
  cluster: { id: 'c2', lineage: 'l-2', requiredSize: 3 },
  quorum: { state: 'held', sinceMs: 1 },
};

async function e2d(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said.err += String(chunk);
  });
  const [exit] = await once(child, 'close');
  return { exit, ...said };
}

/** A store with the snapshot of the example in it. */
async function store(): Promise<string> {
  const at = join(folder, 'store', record.id);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'etcd.backup.gz'), 'content');
  await writeFile(join(at, 'e2d.json'), JSON.stringify(record));
  const meta = { etcdVersion: '3.6.6', takenAtSeconds: 0, clusterSpec: null };
  await writeFile(join(at, '_etcd_backup.meta'), renderBackupMeta(meta));
  return `--snapshot-backup-url=file://${join(folder, 'store')}`;
}

const receipts = () => readdir(join(folder, 'data', 'e2d', 'receipts'));

describe('e2d restore', () => {
  test('calls off what a coordinator that is gone has left unfinished', async () => {
    node.status = { ...degraded, cluster: { ...degraded.cluster, lineage: 'l-1' } };
    const { exit, out } = await e2d('restore', '--call-off', '--yes', '--lineage', 'l-1');
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringContaining('let go of') });
    expect(node.orders).toEqual([{ kind: 'callOff', snapshotId: null, lineage: 'l-1' }]);
  });

  test('has a running cluster go back, and leaves a receipt', async () => {
    const url = await store();
    await mkdir(join(folder, 'data', 'member.20261120T000000Z.removed'));
    const aside = join(folder, 'data', 'member.20261121T100000Z.restored');
    node.after = [
      { node: { ...degraded.node, state: 'active.restoringFromSnapshot.staging' } },
      restored,
    ];
    node.onOrder = () => mkdirSync(aside);
    const found = await e2d('restore', '2026-11-21T07', '--yes', '--lineage=l-1', url);
    expect(found).toMatchObject({ exit: 0 });
    expect(node.orders).toEqual([{ kind: 'goBack', snapshotId: record.id, lineage: 'l-1' }]);
    expect(found.out).toContain('THE CLUSTER');
    expect(found.out).toContain(`kept            ${record.id} (revision 4650)`);
    expect(found.err).toContain('The node has taken the order');
    expect(await receipts()).toEqual(['l-2.json']);
    const path = join(folder, 'data', 'e2d', 'receipts', 'l-2.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      kind: 'goBack',
      before: { lineage: 'l-1' },
      after: { lineage: 'l-2', clusterId: 'c2' },
      freshSnapshot: entry.id,
      movedAside: [aside],
    });
  });

  test.each([
    ['no word on a terminal or in flags', [], /no terminal on which to ask/, 2],
    ['--yes alone', ['--yes'], /no terminal on which to ask/, 2],
    ['another lineage', ['--yes', '--lineage=l-9'], /--lineage l-9 .* of lineage l-1/, 1],
  ] as const)('orders nothing with %s', async (_, flags, why, exit) => {
    const found = await e2d('restore', 'latest', ...flags, await store());
    expect(found.exit).toBe(exit);
    expect(found.err).toMatch(why);
    expect(node.orders).toEqual([]);
  });

  test('shows and orders nothing with --dry-run', async () => {
    const found = await e2d('restore', 'latest', '--dry-run', await store());
    expect(found).toMatchObject({ exit: 0, err: '' });
    expect(found.out).toContain('First e2d takes a fresh snapshot');
    expect(node.orders).toEqual([]);
  });

  test('approves the restore of a lost cluster, with nobody asked', async () => {
    node.status = {
      ...surveying,
      node: { ...surveying.node, state: 'active.deciding.awaitingOperator' },
      waitingFor: { rule: 'S6', sentence: 'several lineages', command: null },
    };
    node.after = [restored];
    const found = await e2d('restore', 'latest', await store());
    expect(found).toMatchObject({ exit: 0 });
    expect(node.orders).toEqual([{ kind: 'approve', snapshotId: record.id, lineage: 'l-1' }]);
    expect(found.out).toContain('no snapshot was taken of it');
  });

  test('wants the lineage where a machine that is away may have the data', async () => {
    node.status = {
      ...surveying,
      node: { ...surveying.node, state: 'active.deciding.awaitingOperator' },
      waitingFor: { rule: 'S2', sentence: 'm3 may still have its data', command: null },
    };
    node.after = [restored];
    const url = await store();
    expect((await e2d('restore', 'latest', url)).err).toContain('no terminal on which to ask');
    expect(node.orders).toEqual([]);
    expect(await e2d('restore', 'latest', '--yes', '--lineage=l-1', url)).toMatchObject({
      exit: 0,
    });
    expect(node.orders).toHaveLength(1);
  });

  test('passes on why the node refuses', async () => {
    node.refusal = '2 of 3 nodes run: to go back, every one of them must';
    const found = await e2d('restore', 'latest', '--yes', '--lineage=l-1', await store());
    expect(found.exit).toBe(1);
    expect(found.err).toContain('2 of 3 nodes run: to go back, every one of them must');
  });

  test('tells of a restore that came to nothing, and leaves no receipt', async () => {
    const summary = 'takeSnapshot failed: the store is full';
    const [step] = suspectingRun().report().recent;
    if (step === undefined) throw new Error('there are steps');
    const failing = { ...step, seq: 900, lastSeq: 900, event: 'xstate.error.actor.x', summary };
    const to = 'active.restoringFromSnapshot.faltering';
    node.after = [
      { recent: [{ ...failing, to }] },
      { node: { ...degraded.node, state: running, path: 'restart-existing' } },
    ];
    const found = await e2d('restore', 'latest', '--yes', '--lineage=l-1', await store());
    expect(found.exit).toBe(1);
    expect(found.err).toContain('The restore came to nothing: takeSnapshot failed: the store is');
    await expect(receipts()).rejects.toThrow('ENOENT');
  });

  test('knows no snapshot, or no store', async () => {
    const unknown = await e2d('restore', '1999', '--yes', '--lineage=l-1', await store());
    expect(unknown).toMatchObject({ exit: 2 });
    expect(unknown.err).toContain('There is no snapshot "1999"');
    expect((await e2d('restore', 'latest')).err).toContain('No --snapshot-backup-url says');
  });
});

describe('e2d recover', () => {
  const lost = (): StatusReport => ({
    ...degraded,
    quorum: { state: 'lost', sinceMs: 1 },
    // Nothing listens there: no etcd is left.
    etcd: { ...degraded.etcd, clientUrl: 'http://127.0.0.1:1', version: '3.6.6' },
    peers: degraded.peers.map((peer) => ({ ...peer, clientUrl: 'http://127.0.0.1:1' })),
  });

  test('is refused while quorum is held', async () => {
    const found = await e2d('recover');
    expect(found).toMatchObject({ exit: 1, out: '' });
    expect(found.err).toContain('use "e2d restore ID"');
  });

  test('shows what is left, and orders nothing, with --dry-run', async () => {
    node.status = lost();
    const found = await e2d('recover', '--dry-run', await store());
    expect(found).toMatchObject({ exit: 0 });
    expect(found.out).toMatch(/data of m1 \(this node\) .* not proposed: no answer/);
    expect(found.out).toContain(`Proposed: ${record.id}`);
    expect(node.orders).toEqual([]);
  });

  test('rebuilds from the store where no survivor answers', async () => {
    node.status = lost();
    node.after = [restored];
    const found = await e2d('recover', '--yes', '--lineage=l-1', await store());
    expect(found).toMatchObject({ exit: 0 });
    expect(node.orders).toEqual([{ kind: 'rebuild', snapshotId: record.id, lineage: 'l-1' }]);
    expect(found.out).toContain(`The cluster is built anew from ${record.id}, with m1`);
    expect(await receipts()).toEqual(['l-2.json']);
  });

  test('refuses data that it cannot see, and goes on without a store', async () => {
    node.status = lost();
    const found = await e2d('recover', '--source=this-node', '--yes', '--lineage=l-1');
    expect(found.exit).toBe(1);
    expect(found.out).toContain('The store is not in this list: no --snapshot-backup-url is given');
    expect(found.err).toContain('The data of this node cannot be taken: no answer');
    expect(node.orders).toEqual([]);
  });
});

describe('e2d metrics', () => {
  test('prints them, or writes them as a whole', async () => {
    const printed = await e2d('metrics');
    expect(printed).toMatchObject({ exit: 0, err: '' });
    expect(printed.out).toContain('\ne2d_up 1\n');
    expect(await e2d('metrics', '--output=e2d.prom')).toMatchObject({ exit: 0, out: '' });
    const path = join(folder, 'e2d.prom');
    expect(await readFile(path, 'utf8')).toContain('e2d_snapshot_last_revision 4700');
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect((await readdir(folder)).sort()).toEqual(['data', 'e2d.prom']);
  });

  test('say that e2d is down', async () => {
    const found = await e2d('metrics', '--state-dir=nowhere');
    expect(found).toMatchObject({ exit: 0 });
    expect(found.out).toContain('\ne2d_up 0\n');
    expect(found.err).toContain('No e2d runs with this state dir');
  });

  test('that cannot be written are a failure', async () => {
    const found = await e2d('metrics', '--output=nowhere/e2d.prom');
    expect(found.exit).toBe(1);
    expect(found.err).toContain('The metrics cannot be written to');
  });
});
