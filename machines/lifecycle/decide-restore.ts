import type { ClusterAnswer, Identity, Peer } from '../facts.ts';
import type { Decision } from './decision.ts';
import { cite, foundingPeers, type LifecycleFacts, presentNodes } from './lifecycle-facts.ts';

/** S4: a node that acknowledged a restore is bound by it, whatever lies in its data dir. */
export function resumeRestore(facts: LifecycleFacts): Decision | null {
  const { plan } = facts.identity;
  if (plan === null || plan.stage === 'launched' || plan.plan.snapshot === undefined) return null;
  return {
    kind: 'act',
    path: 'restore-from-snapshot',
    rule: 'S4',
    reason: `this node has ${plan.stage} plan ${plan.plan.id} to restore snapshot ${plan.plan.snapshot.id}, and goes on with it`,
    facts: cite(facts, { planId: plan.plan.id, snapshot: plan.plan.snapshot.id }),
  };
}

/** An operator gave up a lineage by its name: here, or on the node that proposes the restore. */
export function obeyOrder(facts: LifecycleFacts): Decision | null {
  const { order } = facts;
  const orderer = facts.peers.find((peer) => proposesToReplace(peer, facts.identity));
  if (order === null || order.kind === 'approve' || order.kind === 'callOff') {
    return orderer === undefined
      ? null
      : restoreOnOrder(facts, 'S2', `${orderer.name} was told to have the cluster go back`);
  }
  return order.kind === 'goBack'
    ? restoreOnOrder(facts, 'S2', 'an operator has the cluster go back')
    : restoreOnOrder(facts, 'S15', 'an operator has the cluster built anew from this node');
}

function restoreOnOrder(facts: LifecycleFacts, rule: 'S2' | 'S15', told: string): Decision {
  return {
    kind: 'act',
    path: 'restore-from-snapshot',
    rule,
    reason: `${told}, and gives up what lineage ${facts.order?.lineage ?? facts.identity.lineage} wrote after the snapshot`,
    facts: cite(facts, { lineage: facts.identity.lineage }),
  };
}

/** S15: another cluster answers, and says that it continues the lineage that this node is of. */
export function isRebuiltFrom(
  { lineage, clusterId }: Pick<Identity, 'lineage' | 'clusterId'>,
  answer: ClusterAnswer,
): boolean {
  return (
    answer.kind === 'answers' &&
    lineage !== null &&
    answer.clusterId !== clusterId &&
    answer.record?.parent?.lineage === lineage
  );
}

/** Whether a peer coordinates a restore in place of the running cluster that this node is in. */
export function proposesToReplace(
  { liveness, plan }: Peer,
  { lineage, nodeId }: Pick<Identity, 'lineage' | 'nodeId'>,
): boolean {
  const proposal = plan?.proposal;
  return (
    liveness === 'alive' &&
    lineage !== null &&
    proposal?.snapshot?.replaces === lineage &&
    proposal.nodeIds.includes(nodeId)
  );
}

/** All disks are lost, and the store holds a snapshot (S4). */
export function decideRestore(facts: LifecycleFacts, everyone: string): Decision {
  const { store, order, restorePolicy } = facts;
  const cited = cite(facts, { present: presentNodes(facts) });
  const host = facts.peers.find((peer) => invites(peer, facts));
  const told = order?.kind === 'approve' ? 'an operator approved it' : `${host?.name} proposes it`;
  const isTold = order?.kind === 'approve' || host !== undefined;
  const missing = isTold ? [] : votersElsewhere(facts);
  if (missing.length > 0) {
    return {
      kind: 'ask',
      rule: 'S2',
      reason: `${everyone} and none has data, but ${missing.join(', ')} of the cluster that the snapshot is of may still have its data`,
      command: 'bring that machine back, or run "e2d restore latest" if its data is gone for good',
      facts: cited,
    };
  }
  if (isTold || (store === 'snapshot' && restorePolicy === 'auto')) {
    return {
      kind: 'act',
      path: 'restore-from-snapshot',
      rule: 'S4',
      reason: `${everyone}, none has data, and the store holds a snapshot${isTold ? `; ${told}` : ' of the cluster'}`,
      facts: cited,
    };
  }
  if (store === 'ambiguous') {
    return {
      kind: 'ask',
      rule: 'S6',
      reason: `${everyone}, none has data, and the store holds snapshots of several lineages, of which none continues the other`,
      command: 'look at "e2d snapshot list", and run "e2d restore ID" with the one you want',
      facts: cited,
    };
  }
  return {
    kind: 'ask',
    rule: 'S4',
    reason: `${everyone}, none has data, and the store holds a snapshot; the restore policy is manual`,
    command: 'look at "e2d snapshot list", and run "e2d restore ID" with the one you want',
    facts: cited,
  };
}

/**
 * S2: voters of the snapshot's cluster that are none of the nodes here, while others of them are: a
 * machine that is only away, and not lost with the rest.
 */
function votersElsewhere(facts: LifecycleFacts): readonly string[] {
  const { origin, identity } = facts;
  if (origin === null || origin.requiredSize !== identity.requiredSize) return [];
  const here = [identity.peerUrl, ...foundingPeers(facts).map(({ peerUrl }) => peerUrl)];
  const isHere = ({ peerUrls }: (typeof origin.voters)[number]) =>
    peerUrls.some((url) => here.includes(url));
  const elsewhere = origin.voters.filter((voter) => !isHere(voter));
  return elsewhere.length < origin.voters.length ? elsewhere.map(({ name }) => name) : [];
}

/** Another node coordinates a restore, and names this one as a part of it. */
function invites({ liveness, plan }: Peer, { identity }: LifecycleFacts): boolean {
  const proposal = plan?.proposal;
  return (
    liveness === 'alive' &&
    proposal?.snapshot !== undefined &&
    proposal.nodeIds.includes(identity.nodeId)
  );
}
