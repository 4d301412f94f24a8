import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { expectNoMembershipChange, expectNothingLost } from '../../support/cluster-assertions.ts';
import type { TestNode } from '../../support/test-node.ts';
import { staysTrue } from '../../support/wait-until.ts';

describe('data dirs and peers that do not belong', () => {
  const clusters: TestCluster[] = [];

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.destroy()));
  });

  function create(...args: ConstructorParameters<typeof TestCluster>): TestCluster {
    const cluster = new TestCluster(...args);
    clusters.push(cluster);
    return cluster;
  }

  /** Overwrites etcd's log and database with what is neither. */
  async function spoil(node: TestNode): Promise<void> {
    const member = join(node.dataDir, 'member');
    for (const folder of ['wal', 'snap']) {
      for (const file of await readdir(join(member, folder))) {
        await writeFile(join(member, folder, file), 'this is no etcd file\n'.repeat(1_000));
      }
    }
  }

  test('a single node with an unreadable data dir waits for an operator and touches nothing', async () => {
    const cluster = create({ size: 1 });
    const node = cluster.node(0);
    await cluster.startHealthy();
    await node.isSettled();
    await node.killBoth();
    await spoil(node);
    node.start();
    const report = await node.isInState(/awaitingOperator/);
    expect(report.waitingFor?.sentence).toMatch(/data|unreadable/);
    expect(report.waitingFor?.command).not.toBeNull();
    await staysTrue(() => expect(node.etcdPids).toEqual([]), { forMs: 2_000 });
    expect(await node.movedAside()).toEqual([]);
    const database = await readFile(join(node.dataDir, 'member', 'snap', 'db'), 'utf8');
    expect(database).toMatch(/^this is no etcd file/);
  });

  test('one of three with an unreadable data dir moves it aside and is replaced', async () => {
    const cluster = create({ size: 3, flags: ['--health-check-timeout', '5m'] });
    const before = await cluster.startHealthy();
    const witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    const node = await cluster.leader();
    await node.isSettled();
    await node.killBoth();
    await spoil(node);
    node.start();
    const view = await expectNothingLost(cluster, witnesses);
    const kept = view.members.filter((one) => before.members.some(({ id }) => id === one.id));
    expect(kept).toHaveLength(2);
    expect(await node.movedAside()).toHaveLength(1);
  });

  test('a node with the data of another cluster changes neither, and keeps its data', async () => {
    const other = create({ size: 1 });
    await other.startHealthy();
    await other.node(0).gateway.put('of the other', 'cluster');
    await other.node(0).isSettled();
    await other.node(0).stop();

    const cluster = create({ size: 3, flags: ['--health-check-timeout', '5m'] });
    const before = await cluster.startHealthy();
    const witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await Promise.all(cluster.nodes.map((one) => one.isSettled()));
    const node = await cluster.follower();
    await node.killBoth();
    await node.loseDisk();
    await cp(other.node(0).dataDir, node.dataDir, { recursive: true });
    const log = node.log.length;
    node.start();
    await node.hasLogged(/cluster/, 20_000, log);
    const rest = cluster.nodes.filter((one) => one !== node);
    await staysTrue(
      async () => {
        const { clusterId } = await rest[0]!.gateway.members({ linearizable: true });
        expect(clusterId).toBe(before.clusterId);
      },
      { forMs: 6_000 },
    );
    expect(await readdir(node.dataDir)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^member/)]),
    );
    const survivors = before.members.filter((member) => !member.peerUrls.includes(node.peerUrl));
    const { members } = await rest[0]!.gateway.members({ linearizable: true });
    expect(members).toEqual(expect.arrayContaining([...survivors]));
    await witnesses.writer.hasWritten(50);
    for (const one of rest) await witnesses.writer.assertAllAcknowledged(one.gateway);
  });

  test('a peer that belongs to another cluster is left alone, and leaves alone', async () => {
    const ours = create({ size: 3, flags: ['--health-check-timeout', '5s'] });
    const before = await ours.startHealthy();
    const witnesses = { writer: ours.writer(), recorder: ours.recorder() };
    const theirs = create({ size: 1 });
    const theirsBefore = await theirs.startHealthy();
    const seeds = ours.nodes.map((one) => `${one.host}:7980`).join(',');
    const stranger = theirs.node(0);
    await stranger.isSettled();
    const theirWitnesses = { writer: theirs.writer(), recorder: theirs.recorder() };
    await Promise.all([witnesses, theirWitnesses].map(({ recorder }) => recorder.hasLooked()));
    await stranger.killE2d();
    stranger.start('--bootstrap-addrs', seeds);
    await staysTrue(
      () => {
        expectNoMembershipChange(before, witnesses.recorder);
        expectNoMembershipChange(theirsBefore, theirWitnesses.recorder);
      },
      { forMs: 10_000 },
    );
    expect((await expectNothingLost(ours, witnesses)).members).toEqual(before.members);
    expect(stranger.etcdPids).toHaveLength(1);
  });
});
