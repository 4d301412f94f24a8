import { describe, expect, test } from 'vitest';
import type { BootstrapPlan, Peer } from '../../../../machines/facts.ts';
import { proposalOf } from '../../../../machines/lifecycle/plan.ts';
import { refuseOrder } from '../../../../machines/node/restore-order.ts';
import { identity, peer } from '../../../support/builders.ts';
import { ChartRun, prepared } from '../../../support/chart-run.ts';

const member = (name: string) => {
  const { nodeId, peerUrl } = identity(name);
  return { nodeId, name, peerUrl };
};

/** By it a cluster of lineage `l1` is to go back, as `c` coordinates it. */
const plan: BootstrapPlan = {
  id: 'nonce-c.0-digest',
  coordinator: member('c').nodeId,
  members: [member('a'), member('b'), member('c')],
  snapshot: { id: 's1', sha256: 'f'.repeat(64), revision: 7, replaces: 'l1' },
};

const callOff = { kind: 'callOff', snapshotId: null, lineage: 'l1' } as const;

/** `a` has acknowledged the plan, and its e2d was started anew; its etcd is still running. */
function bound(coordinator: Partial<Peer>): ChartRun {
  const known = identity('a', {
    memberId: 'ma',
    clusterId: 'c1',
    lineage: 'l1',
    plan: { stage: 'acknowledged', plan },
  });
  const vote = { id: plan.id, stage: 'acknowledged' as const };
  const peers = [
    peer('b', { data: 'readable', lineage: 'l1', plan: vote }),
    peer('c', {
      data: 'readable',
      lineage: 'l1',
      plan: { ...vote, proposal: proposalOf(plan) },
      ...coordinator,
    }),
  ];
  return new ChartRun()
    .done('prepare', prepared({ identity: known, data: { kind: 'readable' }, adoptedPid: 7 }))
    .send({ type: 'gossip.changed', atMs: 0, peers });
}

describe('a plan to go back whose coordinator is gone', () => {
  test('is called off by an operator: the node lets go of it, and its etcd runs on', () => {
    const run = bound({ liveness: 'failed' });
    expect(run.state).toBe('active.restoringFromSnapshot.agreeing');
    run.send({ type: 'operator.restore.requested', order: callOff });
    expect(run.state).toBe('active.restoringFromSnapshot.pinning');
    const { identity: written } = run.input('writeIdentity', 'pinRestore');
    expect(written.plan).toBeNull();
    run.done('writeIdentity', written, 'pinRestore');
    expect(run.context).toMatchObject({ path: 'restart-existing', pid: 7, order: null });
    expect(run.running).not.toContain('stopReplacedEtcd');
  });

  test.each<[string, Partial<Peer>, string]>([
    ['its coordinator is here', {}, 'the coordinator of the plan is here'],
    ['it was carried out', { liveness: 'failed', lineage: plan.id }, 'carried the plan out'],
  ])('is not called off while %s', (_, coordinator, refusal) => {
    const run = bound(coordinator);
    expect(refuseOrder(run.context, callOff)).toContain(refusal);
    run.send({ type: 'operator.restore.requested', order: callOff });
    expect(run.context.identity.plan).not.toBeNull();
  });

  test('is called off for its own lineage only', () => {
    const run = bound({ liveness: 'failed' });
    expect(refuseOrder(run.context, { ...callOff, lineage: 'l2' })).toContain('lineage l1');
  });
});
