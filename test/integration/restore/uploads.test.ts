import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { fill, revisionInFile } from '../../support/keyspace.ts';
import { type Shelf, s3Shelf } from '../../support/shelf.ts';
import { waitUntil } from '../../support/wait-until.ts';

async function prepare(size: number) {
  const { server, shelf } = await s3Shelf();
  onTestFinished(() => server.close());
  const cluster = new TestCluster({ size, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  return { server, shelf, cluster };
}

/** Every snapshot that shows is what its record says, and etcd's own tool opens it. */
async function expectAllWhole(shelf: Shelf): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2d-whole-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const objects = await shelf.objects();
  const snapshots = await shelf.snapshots();
  expect(snapshots.length).toBeGreaterThan(1);
  for (const { id, stored, content, revision } of snapshots) {
    const packed = objects.get(`${id}/etcd.backup.gz`) ?? Buffer.alloc(0);
    expect(packed.length, id).toBe(stored.sizeBytes);
    const database = gunzipSync(packed);
    expect(createHash('sha256').update(database).digest('hex'), id).toBe(content.sha256);
    const file = join(folder, `${id}.db`);
    writeFileSync(file, database);
    expect(await revisionInFile(file), id).toBeGreaterThanOrEqual(revision);
  }
}

describe('snapshots while something goes wrong', () => {
  test('the leader is frozen in mid-upload, another one takes over, and the first wakes up', async () => {
    const { server, shelf, cluster } = await prepare(3);
    await cluster.startHealthy();
    const { gateway } = cluster.node(0);
    await shelf.hasSnapshot(await fill(gateway));
    const leader = await cluster.leader();
    const slow = server.faults.add({
      method: 'PUT',
      key: /etcd\.backup\.gz$/,
      bytesPerSecond: 8_000,
    });
    await fill(leader.gateway, 40, 'again');
    await leader.isInState(/backup\.taking/);
    const begun = new Set((await shelf.snapshots()).map(({ id }) => id));
    leader.freeze();
    slow();
    const others = cluster.nodes.filter((node) => node !== leader);
    const next = await waitUntil(
      async () => {
        for (const node of others) {
          const status = await node.gateway.status().catch(() => null);
          if (status !== null && status.leaderId === status.memberId) return node;
        }
        return null;
      },
      { what: 'another member leads', withinMs: 20_000, explain: () => cluster.explain() },
    );
    const written = await fill(next.gateway, 40, 'by the next one');
    await shelf.hasSnapshot(written);
    leader.thaw();
    await cluster.isHealthy();
    const last = await fill(next.gateway, 40, 'after all');
    await shelf.hasSnapshot(last);
    await expectAllWhole(shelf);
    const snapshots = await shelf.snapshots();
    expect(snapshots.filter(({ id }) => !begun.has(id)).length).toBeGreaterThan(1);
    expect(new Set(snapshots.map(({ lineage }) => lineage)).size).toBe(1);
  });

  test('a store that fails for a while is no event of the cluster (S19)', async () => {
    const { server, shelf, cluster } = await prepare(1);
    await cluster.startHealthy();
    const node = cluster.node(0);
    await shelf.hasSnapshot(await fill(node.gateway));
    await node.isSettled();
    const lifecycle = (state: string) => state.replace(/ (backup|proof)\.\w+/g, '');
    const before = await node.report();
    const from = node.log.length;
    const heal = server.faults.add({ status: 403 });
    const written = await fill(node.gateway, 40, 'meanwhile');
    const failing = await node.isInState(/backup\.failing/);
    expect(failing.snapshots).toMatchObject({ state: 'failing' });
    expect(failing.snapshots?.failures).toBeGreaterThan(0);
    expect(failing.snapshots?.fault).not.toBeNull();
    expect(failing.warnings.join()).toMatch(/S19/);
    expect(lifecycle(failing.node.state)).toBe(lifecycle(before.node.state));
    expect(failing.etcd.pid).toBe(before.etcd.pid);
    heal();
    await shelf.hasSnapshot(written);
    const after = await waitUntil(
      async () => {
        const report = await node.report();
        return report.snapshots?.failures === 0 ? report : null;
      },
      { what: 'the failures are forgotten', withinMs: 10_000, explain: () => node.explain() },
    );
    expect(after.warnings.join()).not.toMatch(/S19/);
    const states = node.log.slice(from).match(/"to":"[^"]*/g) ?? [];
    expect([...new Set(states.map(lifecycle))]).toEqual([`"to":"${lifecycle(before.node.state)}`]);
    await expectAllWhole(shelf);
  });
});
