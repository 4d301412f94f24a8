import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { expectNothingLost, type Witnesses } from '../../support/cluster-assertions.ts';
import type { HealthyView } from '../../support/healthy-view.ts';
import type { TestNode } from '../../support/test-node.ts';

/** No time-out can have a hand in this, nor is the hourly cap on removals reached. */
const flags = ['--health-check-timeout', '5m', '--max-removals-per-hour', '100'];

describe('three nodes, one of which loses its disk and comes back at the same address', () => {
  let cluster: TestCluster;
  let witnesses: Witnesses;
  let before: HealthyView;

  beforeAll(async () => {
    cluster = new TestCluster({ size: 3, flags });
    await cluster.startHealthy();
    witnesses = { writer: cluster.writer(), recorder: cluster.recorder() };
    await witnesses.writer.hasWritten(50);
  });

  afterAll(() => cluster.destroy());

  beforeEach(async () => {
    before = await cluster.isHealthy();
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  });

  /** The lost member has a successor at its peer URL; the other two are the same as before. */
  async function expectReplaced(lost: TestNode): Promise<void> {
    const view = await expectNothingLost(cluster, witnesses);
    const others = (of: HealthyView) =>
      of.members.filter((member) => !member.peerUrls.includes(lost.peerUrl));
    expect(others(view)).toEqual(others(before));
    const ids = (of: HealthyView) => of.members.map((member) => member.id);
    expect(ids(view)).not.toEqual(ids(before));
    const everSeen = new Set([...ids(before), ...ids(view)]);
    const unexpected = [...witnesses.recorder.memberIds].filter((id) => !everSeen.has(id));
    expect(
      unexpected.filter((id) => !earlierIds.has(id)),
      'one addition is enough',
    ).toEqual([]);
    for (const id of everSeen) earlierIds.add(id);
  }
  const earlierIds = new Set<string>();

  test.each([
    { role: 'follower', name: 'its name' },
    { role: 'follower', name: 'a blank name' },
    { role: 'leader', name: 'its name' },
    { role: 'leader', name: 'a blank name' },
  ] as const)('the $role, with $name', async ({ role, name }) => {
    const lost = await cluster[role]();
    await lost.killBoth();
    await lost.loseDisk();
    if (name === 'a blank name') lost.name = null;
    lost.start();
    await expectReplaced(lost);
    lost.name = (await lost.report()).node.name;
  });

  test.each(['follower', 'leader'] as const)(
    "the %s loses etcd's folder only and knows from its identity that a disk was lost",
    async (role) => {
      const lost = await cluster[role]();
      await lost.killBoth();
      await lost.loseMemberFolder();
      lost.start();
      await expectReplaced(lost);
    },
  );

  test('a follower whose disk went away while nobody else was there waits for them', async () => {
    const lost = await cluster.follower();
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    await lost.loseDisk();
    lost.start();
    await lost.isInState(/surveying/);
    for (const node of cluster.nodes) if (node !== lost) node.start();
    await expectReplaced(lost);
  });
});
