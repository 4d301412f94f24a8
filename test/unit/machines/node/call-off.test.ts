import { describe, expect, test } from 'vitest';
import type { Peer } from '../../../../machines/facts.ts';
import { refuseOrder } from '../../../../machines/node/restore-order.ts';
import { bound, callOff, plan } from '../../../support/bound-to-go-back.ts';

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
