import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import { fileShelf } from '../../support/shelf.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';
import { expectRestored, fillAndShelve, loseAll } from '../../support/total-loss.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** `640 <path>` of all below a folder, itself included, that is not for its owner alone. */
function open(folder: string): readonly string[] {
  const { mode } = lstatSync(folder);
  return [
    ...((mode & 0o077) === 0 ? [] : [`${(mode & 0o777).toString(8)} ${folder}`]),
    ...readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return open(path);
      const own = lstatSync(path, { throwIfNoEntry: false });
      const isOpen = own !== undefined && !own.isSymbolicLink() && (own.mode & 0o077) !== 0;
      return isOpen ? [`${(own.mode & 0o777).toString(8)} ${path}`] : [];
    }),
  ];
}

describe('what lies on disk is for its owner alone (S20)', () => {
  test.each(['000', '022'])('after a full life, under a mask of %s', async (mask) => {
    const { shelf, folder, remove } = fileShelf();
    onTestFinished(remove);
    const commandPrefix = ['/bin/sh', '-c', `umask ${mask}; exec "$@"`, 'sh'];
    const host = new LoopbackBlock().next();
    const cluster = new TestCluster({
      size: 1,
      tls: {},
      flags: [...shelf.flags, '--control-addr', `${host}:7981`],
      places: [{ host, commandPrefix }],
    });
    onTestFinished(() => cluster.destroy());
    const node = cluster.node(0);
    const expectPrivate = () => {
      expect([...open(node.dataDir), ...open(folder)]).toEqual([]);
    };

    await cluster.startHealthy();
    expectPrivate();
    const lost = await loseAll(cluster, shelf, await fillAndShelve(cluster, shelf));
    cluster.start();
    const lineage = await expectRestored(cluster, shelf, lost);
    expectPrivate();

    const newest = await shelf.hasSnapshot(0, lineage);
    const order = ['--yes', '--lineage', lineage, '--snapshot-backup-url', `file://${folder}`];
    await goBack(node, newest.id, order);
    expect(await node.movedAside()).toHaveLength(1);
    await node.stop();
    node.start();
    await node.isInState(/standing\.voting/);
    await waitUntil(() => readdirSync(node.eventsFolder).some((name) => name.endsWith('.gz')), {
      what: 'an event log is archived',
      withinMs: 10_000,
    });
    expectPrivate();
    const there = readdirSync(join(node.dataDir, 'e2d'));
    expect(there).toEqual(expect.arrayContaining(['e2d.sock', 'control.token', 'receipts']));
  });
});

async function goBack(node: TestNode, id: string, order: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runE2d(
    'restore',
    id,
    ...order,
    '--data-dir',
    node.dataDir,
  );
  expect({ code, stdout, stderr }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Done'),
  });
}
