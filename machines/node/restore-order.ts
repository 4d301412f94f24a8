import type { RestoreOrder } from '../facts.ts';
import type { NodeContext } from './context.ts';
import { isSettled, isVoter, quorumHeld } from './guards.ts';

/** Why an operator's order cannot be carried out now, as a sentence; null when it can. */
export function refuseOrder(context: NodeContext, order: RestoreOrder): string | null {
  if (order.kind === 'callOff') return refuseCallingOff(context, order);
  if (context.identity.plan !== null) {
    return `this node is bound by plan ${context.identity.plan.plan.id} already`;
  }
  switch (order.kind) {
    case 'approve':
      return refuseApproval(context, order);
    case 'goBack':
      return refuseGoingBack(context, order);
    case 'rebuild':
      return refuseRebuilding(context, order);
  }
}

/** Only the coordinator can have committed; while it is alive, it is the one to ask. */
function refuseCallingOff(context: NodeContext, order: RestoreOrder): string | null {
  const unnamed = refuseLineage(context, order);
  if (unnamed !== null) return unnamed;
  const { identity, peers } = context;
  const pinned = identity.plan;
  if (pinned?.stage !== 'acknowledged' || pinned.plan.snapshot?.replaces === undefined) {
    return 'this node has not acknowledged that the cluster goes back';
  }
  const coordinator = peers.find(({ nodeId }) => nodeId === pinned.plan.coordinator);
  if (coordinator?.liveness === 'alive' || pinned.plan.coordinator === identity.nodeId) {
    return 'the coordinator of the plan is here: stop its e2d, which withdraws the order';
  }
  const launched = peers.find(({ lineage }) => lineage === pinned.plan.id);
  return launched === undefined ? null : `${launched.name} has carried the plan out already`;
}

function refuseApproval(
  { data, store, storeSentence, settings, decision }: NodeContext,
  order: RestoreOrder,
): string | null {
  if (data.kind !== 'none') {
    return 'this node has data, and data outranks every snapshot (S2)';
  }
  if (store === 'snapshot' && settings.restorePolicy === 'auto' && decision?.kind !== 'ask') {
    return 'the restore policy is auto: as soon as all nodes are here, the newest snapshot is restored';
  }
  if (store === 'snapshot' || store === 'ambiguous') return null;
  if (store === 'unreadable' && order.snapshotId !== null) return null;
  return `the store holds no snapshot that could be restored (${storeSentence ?? store})`;
}

function refuseGoingBack(context: NodeContext, order: RestoreOrder): string | null {
  const { identity, peers, settings } = context;
  const unnamed = refuseLineage(context, order);
  if (unnamed !== null) return unnamed;
  if (!quorumHeld(context) || !isVoter(context) || !isSettled(context)) {
    return 'this node is no settled voter of a cluster with quorum';
  }
  const mates = peers.filter(
    ({ liveness, lineage, status }) =>
      liveness === 'alive' && lineage === identity.lineage && status === 'running',
  );
  const present = mates.length + 1;
  if (present === settings.requiredSize) return null;
  return `${present} of ${settings.requiredSize} nodes run: to go back, every one of them must`;
}

function refuseRebuilding(context: NodeContext, order: RestoreOrder): string | null {
  const unnamed = refuseLineage(context, order);
  if (unnamed !== null) return unnamed;
  if (quorumHeld(context)) {
    return 'the cluster has quorum, and needs no rebuilding; "e2d restore" has it go back';
  }
  const running = context.peers.filter(
    ({ liveness, status }) => liveness === 'alive' && status === 'running',
  );
  if (running.length === 0) return null;
  return `${running.map(({ name }) => name).join(', ')} says that the cluster has quorum`;
}

function refuseLineage({ identity }: NodeContext, { lineage }: RestoreOrder): string | null {
  if (identity.lineage === null) return 'this node belongs to no cluster yet';
  if (identity.lineage === lineage) return null;
  return `the cluster here is of lineage ${identity.lineage}, and the order gives up ${lineage}`;
}
