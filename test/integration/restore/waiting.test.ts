import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import type { FileShelf, Shelf } from '../../support/shelf.ts';
import {
  type Damage,
  damages,
  type Library,
  makeLibrary,
  type Volume,
} from '../../support/snapshot-library.ts';
import { runE2d } from '../../support/test-node.ts';
import { expectOwnSnapshot, expectSameKeys, newLineage } from '../../support/total-loss.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

/** Longer than a store is left alone between two readings. */
const longEnoughMs = 3_000;

describe('with empty disks and a store that does not give a snapshot', () => {
  let library: Library;
  let stranger: Library;

  beforeAll(async () => {
    [library, stranger] = await Promise.all([makeLibrary(), makeLibrary()]);
  });

  afterAll(() => {
    library.remove();
    stranger.remove();
  });

  function copyOf(of: Library, volumes?: readonly Volume[], flags?: readonly string[]): FileShelf {
    const copy = of.copy(volumes, flags);
    onTestFinished(copy.remove);
    return copy;
  }

  function started(shelf: Shelf, size = 1, flags: readonly string[] = []): TestCluster {
    const cluster = new TestCluster({ size, flags: [...shelf.flags, ...flags] });
    onTestFinished(() => cluster.destroy());
    cluster.start();
    return cluster;
  }

  /** No etcd, no data: for as long as the store says nothing new. */
  async function staysEmpty(cluster: TestCluster): Promise<void> {
    const check = () => {
      for (const node of cluster.nodes) {
        expect(node.etcdPids).toEqual([]);
        expect(folderOf(node.dataDir).filter((name) => name.startsWith('member'))).toEqual([]);
        expect(node.e2dPid, node.log).not.toBeNull();
      }
    };
    await staysTrue(check, { forMs: longEnoughMs });
  }

  /** The node does nothing, and says why and what would help. */
  async function waits(cluster: TestCluster, rule: string) {
    const [node] = [cluster.node(0)];
    await node.isInState(/deciding/);
    await staysEmpty(cluster);
    const { waitingFor } = await node.report();
    expect(waitingFor?.rule, JSON.stringify(waitingFor)).toBe(rule);
    return waitingFor;
  }

  async function comesBack(cluster: TestCluster, shelf: Shelf, volume: Volume): Promise<void> {
    const fingerprints = await shelf.fingerprints();
    await cluster.isHealthy();
    const lineage = await newLineage(cluster, library.lineage);
    await expectSameKeys(cluster, volume);
    await expectOwnSnapshot(shelf, lineage, { fingerprints });
  }

  test('a folder that is not there: e2d waits by S1, and restores once it is', async () => {
    const { folder, shelf } = copyOf(library);
    renameSync(folder, `${folder}.away`);
    const cluster = started(shelf);
    await waits(cluster, 'S1');
    renameSync(`${folder}.away`, folder);
    await comesBack(cluster, shelf, library.newer);
  });

  test.each([1, 3])(
    'restore policy manual, %i nodes: waits by S4 for the command',
    async (size) => {
      const { shelf } = copyOf(library);
      const cluster = started(shelf, size, ['--restore-policy', 'manual']);
      await cluster.node(0).hasLogged(/restore policy is manual/, 10_000);
      const waiting = await waits(cluster, 'S4');
      expect(waiting?.command).toContain('e2d restore');
      const { dataDir } = cluster.node(0);
      const { id } = library.older.snapshot;
      const approved = await runE2d(
        ...['restore', id, '--yes', '--lineage', library.lineage, '--data-dir', dataDir],
        ...shelf.flags.slice(0, 2),
      );
      expect(approved, approved.stderr).toMatchObject({ code: 0 });
      await comesBack(cluster, shelf, library.older);
    },
  );

  test('snapshots of two lineages: asks by S6 which it is', async () => {
    const { folder, shelf } = copyOf(library);
    const other = copyOf(stranger, [stranger.older]);
    cpSync(other.folder, folder, { recursive: true });
    const waiting = await waits(started(shelf), 'S6');
    expect(waiting?.sentence).toContain('several lineages');
    expect(waiting?.command).toContain('e2d restore ID');
  });

  test.each(Object.keys(damages) as Damage[])(
    'only a snapshot that is %s: no empty cluster, ever',
    async (damage) => {
      const { folder, shelf } = copyOf(library, [library.newer]);
      damages[damage](join(folder, library.newer.snapshot.id));
      const before = await shelf.fingerprints();
      const cluster = started(shelf);
      await cluster.node(0).isInState(/deciding|restoring/);
      await staysEmpty(cluster);
      const { node, waitingFor } = await waitUntil(
        async () => {
          const report = await cluster.node(0).report();
          return report.waitingFor === null ? null : report;
        },
        { what: 'e2d says what it waits for', withinMs: 10_000, explain: () => cluster.explain() },
      );
      expect(node.state).toMatch(/deciding|restoring/);
      expect(waitingFor?.sentence).toContain(library.newer.snapshot.id);
      expect(await shelf.fingerprints()).toEqual(before);
    },
  );

  test.each(Object.keys(damages) as Damage[])(
    'the newest is %s: the one before it comes back, and the log says why',
    async (damage) => {
      const { folder, shelf } = copyOf(library);
      const { id } = library.newer.snapshot;
      damages[damage](join(folder, id));
      const cluster = started(shelf);
      await comesBack(cluster, shelf, library.older);
      expect(cluster.node(0).log).toMatch(new RegExp(`${id}[^"]*(passed over|left out)[^"]+`));
    },
  );

  test('only snapshots of another key: no empty cluster, until the key is there', async () => {
    const keyFile = (name: string, folder: string) => {
      writeFileSync(join(folder, name), randomBytes(32).toString('hex'), { mode: 0o600 });
      return ['--snapshot-encryption', '--snapshot-encryption-key-file', join(folder, name)];
    };
    const { folder } = copyOf(stranger, []);
    const secret = await makeLibrary(keyFile('right', folder));
    onTestFinished(secret.remove);
    const { shelf } = copyOf(secret, undefined, keyFile('wrong', folder));
    const cluster = started(shelf);
    const waiting = await waits(cluster, 'S1');
    expect(JSON.stringify([waiting, cluster.node(0).log])).toMatch(/key/);
    await cluster.node(0).stop();
    cpSync(join(folder, 'right'), join(folder, 'wrong'));
    cluster.start();
    await cluster.isHealthy();
    await newLineage(cluster, secret.lineage);
    await expectSameKeys(cluster, secret.newer);
  });
});

function folderOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
