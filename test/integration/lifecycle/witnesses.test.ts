import { afterEach, describe, expect, test } from 'vitest';
import { PlainCluster } from '../../../bench/plain-cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { ContinuousWriter } from '../../support/continuous-writer.ts';
import { MembershipRecorder } from '../../support/membership-recorder.ts';

/**
 * The other tests here are only as good as their witnesses, so these are shown what they must see.
 */
describe('the witnesses of the lifecycle tests', () => {
  let cluster: PlainCluster;
  const witnesses: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    await Promise.all(witnesses.splice(0).map((witness) => witness.stop()));
    await cluster.destroy();
  });

  function endpoints(): string[] {
    return cluster.nodes.map((node) => node.gateway.endpoint);
  }

  test('the writer notices a changed and a missing write', async () => {
    cluster = new PlainCluster(1, []);
    await cluster.startHealthy();
    const [node] = cluster.nodes;
    const writer = new ContinuousWriter(endpoints());
    witnesses.push(writer);
    await writer.hasWritten(20);
    expect(await writer.assertAllAcknowledged(node!.gateway)).toBeGreaterThanOrEqual(20);
    const key = (await node!.gateway.list('/written/'))[3]!;
    await node!.gateway.put(key.key, key.value);
    await expect(writer.assertAllAcknowledged(node!.gateway)).rejects.toThrow(/^1 of \d+ acknow/);
    await node!.kill();
    node!.loseDisk();
    node!.start({ state: 'new', initialCluster: cluster.initialCluster });
    await cluster.isHealthy();
    await expect(writer.assertAllAcknowledged(node!.gateway)).rejects.toThrow(/lost or changed/);
  });

  test('the recorder notices another cluster at the same address', async () => {
    cluster = new PlainCluster(1, []);
    const before = await cluster.startHealthy();
    const recorder = new MembershipRecorder(endpoints(), 20);
    witnesses.push(recorder);
    const [node] = cluster.nodes;
    await node!.kill();
    node!.loseDisk();
    const token = ['--initial-cluster-token', 'another'];
    cluster.nodes[0]!.start({ state: 'new', initialCluster: cluster.initialCluster }, token);
    const after = await cluster.isHealthy();
    expect(after.clusterId).not.toBe(before.clusterId);
    await expect.poll(() => recorder.clusterIds).toContain(after.clusterId);
    await expect.poll(() => recorder.memberIds).toContain(after.members[0]!.id);
  });

  test('unequal data is noticed', async () => {
    cluster = new PlainCluster(1, []);
    const other = new PlainCluster(1, []);
    witnesses.push({ stop: () => other.destroy() });
    await Promise.all([cluster.startHealthy(), other.startHealthy()]);
    await cluster.nodes[0]!.gateway.put('a', '1');
    await other.nodes[0]!.gateway.put('a', '2');
    const nodes = [...cluster.nodes, ...other.nodes];
    await expect(expectEqualData(nodes)).rejects.toThrow(/HashKV/);
  });
});
