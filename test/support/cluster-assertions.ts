import { expect } from 'vitest';
import type { TestCluster } from './cluster.ts';
import type { ContinuousWriter } from './continuous-writer.ts';
import type { EtcdGateway } from './etcd-gateway.ts';
import type { HealthyView } from './healthy-view.ts';
import type { MembershipRecorder } from './membership-recorder.ts';
import type { TestNode } from './test-node.ts';

export interface Witnesses {
  readonly writer: ContinuousWriter;
  readonly recorder: MembershipRecorder;
}

/** What must hold after every fault, however it was healed. */
export async function expectNothingLost(
  cluster: TestCluster,
  witnesses: Witnesses,
  nodes: readonly TestNode[] = cluster.nodes,
): Promise<HealthyView> {
  const view = await cluster.isHealthy(nodes);
  await witnesses.writer.hasWritten(5);
  for (const node of nodes) {
    expect(await witnesses.writer.assertAllAcknowledged(node.gateway)).toBeGreaterThan(0);
    expect(node.etcdPids).toHaveLength(1);
  }
  expect([...witnesses.recorder.clusterIds], 'there was never a second cluster').toEqual([
    view.clusterId,
  ]);
  expect(witnesses.recorder.mostLearners, 'never more than one learner').toBeLessThanOrEqual(1);
  await expectEqualData(nodes);
  return view;
}

/** Asserts that no member was removed or added since the recorder was started. */
export function expectNoMembershipChange(before: HealthyView, recorder: MembershipRecorder): void {
  const ids = before.members.map((member) => member.id);
  expect([...recorder.memberIds].sort(), 'no member was removed or added').toEqual(ids.sort());
}

/** Asserts that all members hold the same keys, by hash, at one revision that all have reached. */
export async function expectEqualData(
  nodes: readonly { readonly gateway: EtcdGateway }[],
): Promise<void> {
  const statuses = await Promise.all(nodes.map((node) => node.gateway.status()));
  const revision = Math.min(...statuses.map((status) => status.revision));
  const hashes = await Promise.all(nodes.map((node) => node.gateway.hashKeys(revision)));
  const distinct = new Set(hashes.map((hash) => JSON.stringify(hash)));
  expect(distinct.size, `HashKV at revision ${revision}: ${[...distinct].join(' ')}`).toBe(1);
}
