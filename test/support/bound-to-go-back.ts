import type { BootstrapPlan, Peer } from '../../machines/facts.ts';
import { proposalOf } from '../../machines/lifecycle/plan.ts';
import { identity, peer } from './builders.ts';
import { ChartRun, prepared } from './chart-run.ts';

const member = (name: string) => {
  const { nodeId, peerUrl } = identity(name);
  return { nodeId, name, peerUrl };
};

/** By it a cluster of lineage `l1` is to go back, as `c` coordinates it. */
export const plan: BootstrapPlan = {
  id: 'nonce-c.0-digest',
  coordinator: member('c').nodeId,
  members: [member('a'), member('b'), member('c')],
  snapshot: { id: 's1', sha256: 'f'.repeat(64), revision: 7, replaces: 'l1' },
};

export const callOff = { kind: 'callOff', snapshotId: null, lineage: 'l1' } as const;

/** `a` has acknowledged the plan, and its e2d was started anew; its etcd is still running. */
export function bound(coordinator: Partial<Peer>): ChartRun {
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
