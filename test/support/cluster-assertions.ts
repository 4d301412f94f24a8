import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { etcdctlFlags } from './client-access.ts';
import type { TestCluster } from './cluster.ts';
import type { ContinuousWriter } from './continuous-writer.ts';
import type { EtcdGateway } from './etcd-gateway.ts';
import type { HealthyView } from './healthy-view.ts';
import type { MembershipRecorder } from './membership-recorder.ts';
import type { TestNode } from './test-node.ts';

const run = promisify(execFile);

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
  await witnesses.recorder.hasLooked();
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
  const endpoints = nodes.map((node) => node.gateway.endpoint);
  const hashes = await hashesOf(endpoints, revision);
  expect(hashes).toHaveLength(nodes.length);
  expect(new Set(hashes).size, `HashKV at revision ${revision}: ${hashes.join(' ')}`).toBe(1);
}

/** The gateway has no HashKV up to a revision, so `etcdctl` asks for it. */
async function hashesOf(endpoints: readonly string[], revision: number): Promise<string[]> {
  const folder = process.env['E2D_ETCD_BIN_DIR'];
  const etcdctl = folder === undefined ? 'etcdctl' : join(folder, 'etcdctl');
  const args = ['endpoint', 'hashkv', '--rev', String(revision), '--write-out', 'json'];
  const { stdout } = await run(etcdctl, [...etcdctlFlags(endpoints), ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
  });
  const answers = JSON.parse(stdout) as { readonly HashKV: { readonly hash: number } }[];
  return answers.map((answer) => String(answer.HashKV.hash));
}
