import type { Member } from '../facts.ts';
import {
  healthyVoters,
  leaderStatus,
  learnersOf,
  memberAt,
  quorumMargin,
  quorumOf,
  votersOf,
} from '../quorum.ts';
import type { Refusal } from '../rules.ts';
import type { ClusterEvidence, MembershipChange, MembershipPolicy } from './evidence.ts';

type Removal = Extract<MembershipChange, { kind: 'remove' }>;

/**
 * Says which rule forbids a membership change, or null when every rule allows it. The effect that
 * makes the change asks it, under the lock and on evidence gathered afresh: the last word (S10 to
 * S14).
 */
export function refuseChange(
  change: MembershipChange,
  evidence: ClusterEvidence,
  policy: MembershipPolicy,
): Refusal | null {
  return refuseWithoutMajority(evidence) ?? refuseWithoutQuorum(evidence) ?? refuseKind();

  function refuseKind(): Refusal | null {
    switch (change.kind) {
      case 'addLearner':
        return refuseAddition(change.peerUrl, evidence);
      case 'promote':
        return refusePromotion(change.memberId, evidence, policy);
      case 'remove':
        return refuseRemoval(change, evidence, policy);
    }
  }
}

/** S10: more than half of the required nodes, ourselves included, are alive in gossip. */
export function refuseWithoutMajority({ peers, requiredSize }: ClusterEvidence): Refusal | null {
  const alive = 1 + peers.filter((peer) => peer.liveness === 'alive').length;
  if (alive >= quorumOf(requiredSize)) return null;
  return {
    rule: 'S10',
    sentence: `only ${alive} of ${requiredSize} required nodes are alive in gossip, which is no majority`,
  };
}

/** S11: the started, healthy voters are a quorum before anything is changed. */
function refuseWithoutQuorum({ members, statuses }: ClusterEvidence): Refusal | null {
  const voters = votersOf(members).length;
  const healthy = healthyVoters(members, statuses).length;
  if (quorumMargin(healthy, voters) >= 0) return null;
  return {
    rule: 'S11',
    sentence: `only ${healthy} of ${voters} voters are healthy, which is no quorum`,
  };
}

function refuseAddition(
  peerUrl: string,
  { members, requiredSize }: ClusterEvidence,
): Refusal | null {
  const taken = memberAt(members, peerUrl);
  if (taken) {
    return { rule: 'S13', sentence: `member ${taken.id} already has the peer URL ${peerUrl}` };
  }
  if (members.length >= requiredSize) {
    return {
      rule: 'S13',
      sentence: `the cluster has all of its ${requiredSize} members (${members.length} listed)`,
    };
  }
  return refuseSecondLearner(members);
}

/** S13: never more than one learner; it also marks a change in flight (S14). */
function refuseSecondLearner(members: readonly Member[], except?: string): Refusal | null {
  const learner = learnersOf(members).find((member) => member.id !== except);
  if (!learner) return null;
  return {
    rule: 'S13',
    sentence: `member ${learner.id} is a learner still, and there is never a second`,
  };
}

function refusePromotion(
  memberId: string,
  { members, statuses }: ClusterEvidence,
  policy: MembershipPolicy,
): Refusal | null {
  const member = members.find(({ id }) => id === memberId);
  if (!member?.learner) {
    return { rule: 'S13', sentence: `member ${memberId} is not a learner of this cluster` };
  }
  const own = statuses[memberId];
  const leader = leaderStatus(statuses);
  if (!own || !leader) {
    return {
      rule: 'S13',
      sentence: `the lag of learner ${memberId} is unknown: ${own ? 'no leader' : 'it does not'} answer`,
    };
  }
  const lag = leader.raftIndex - own.raftAppliedIndex;
  if (lag <= policy.learnerLagMaxEntries) return null;
  return {
    rule: 'S13',
    sentence: `learner ${memberId} is ${lag} entries behind its leader, more than ${policy.learnerLagMaxEntries}`,
  };
}

function refuseRemoval(
  change: Removal,
  evidence: ClusterEvidence,
  policy: MembershipPolicy,
): Refusal | null {
  const member = evidence.members.find(({ id }) => id === change.memberId);
  if (!member) {
    return { rule: 'S11', sentence: `member ${change.memberId} is not in the member list` };
  }
  return (
    refuseSecondLearner(evidence.members, member.id) ??
    refuseGround(change, member, evidence, policy) ??
    (member.learner ? null : refuseLostMargin(member, evidence)) ??
    (member.learner ? null : refuseCapped(evidence, policy))
  );
}

function refuseGround(
  { ground }: Removal,
  member: Member,
  evidence: ClusterEvidence,
  policy: MembershipPolicy,
): Refusal | null {
  switch (ground.kind) {
    case 'gone':
      return refuseUnprovenGone(member, ground.heldMs, evidence, policy);
    case 'sameAddress':
      return refuseForeignAddress(member, ground.peerUrl, evidence);
    case 'staleLearner':
      return refuseYoungLearner(member, ground.heldMs, policy);
  }
}

/** S11: two independent kinds of evidence, held for the whole time-out. */
function refuseUnprovenGone(
  member: Member,
  heldMs: number,
  evidence: ClusterEvidence,
  policy: MembershipPolicy,
): Refusal | null {
  if (heldMs < policy.healthCheckTimeoutMs) {
    return {
      rule: 'S11',
      sentence: `member ${member.id} is missing for ${heldMs} ms, less than ${policy.healthCheckTimeoutMs} ms`,
    };
  }
  if (aliveInGossip(member, evidence)) {
    return { rule: 'S11', sentence: `the node of member ${member.id} is alive in gossip` };
  }
  if (!unreachableForAll(member, evidence)) {
    return {
      rule: 'S11',
      sentence: `not every node that could tell says that the endpoints of member ${member.id} are silent`,
    };
  }
  return null;
}

/** First kind of evidence: gossip knows no living node at the member's peer URL. */
export function aliveInGossip(member: Member, { peers }: Pick<ClusterEvidence, 'peers'>): boolean {
  return peers.some(
    (peer) =>
      (peer.liveness === 'alive' || peer.liveness === 'suspect') &&
      member.peerUrls.includes(peer.peerUrl),
  );
}

/** Second kind: its endpoints answer nobody: not us, and none of the other running nodes. */
export function unreachableForAll(
  member: Member,
  { peers, statuses }: Pick<ClusterEvidence, 'peers' | 'statuses'>,
): boolean {
  if (statuses[member.id]) return false;
  const witnesses = peers.filter((peer) => peer.liveness === 'alive' && peer.status === 'running');
  return witnesses.every((peer) => peer.unreachable.includes(member.id));
}

/**
 * S12: only the owner of the address may have its own dead member replaced without the time-out.
 */
function refuseForeignAddress(
  member: Member,
  peerUrl: string,
  { statuses }: ClusterEvidence,
): Refusal | null {
  if (!member.peerUrls.includes(peerUrl)) {
    return { rule: 'S12', sentence: `member ${member.id} does not have the peer URL ${peerUrl}` };
  }
  if (statuses[member.id]) {
    return { rule: 'S12', sentence: `member ${member.id} at ${peerUrl} is answering` };
  }
  return null;
}

function refuseYoungLearner(
  member: Member,
  heldMs: number,
  policy: MembershipPolicy,
): Refusal | null {
  if (!member.learner) {
    return { rule: 'S13', sentence: `member ${member.id} is a voter by now` };
  }
  if (heldMs >= policy.learnerTimeoutMs) return null;
  return {
    rule: 'S13',
    sentence: `learner ${member.id} has ${policy.learnerTimeoutMs - heldMs} ms left to catch up`,
  };
}

/**
 * S11: what remains has quorum, with the same margin or better than before. Every ground for
 * removal implies it as they stand; it is asked all the same, because nothing may ever be removed
 * against it.
 */
export function refuseLostMargin(
  member: Member,
  { members, statuses }: Pick<ClusterEvidence, 'members' | 'statuses'>,
): Refusal | null {
  const remaining = members.filter(({ id }) => id !== member.id);
  const before = quorumMargin(healthyVoters(members, statuses).length, votersOf(members).length);
  const after = quorumMargin(healthyVoters(remaining, statuses).length, votersOf(remaining).length);
  if (after >= 0 && after >= before && votersOf(remaining).length > 0) return null;
  return {
    rule: 'S11',
    sentence: `without member ${member.id} the cluster could lose ${Math.max(after, 0)} voters, now ${before}`,
  };
}

/** S14: the automatic removals of an hour are capped. */
function refuseCapped(
  { removalsLastHour }: ClusterEvidence,
  { maxRemovalsPerHour }: MembershipPolicy,
): Refusal | null {
  if (removalsLastHour < maxRemovalsPerHour) return null;
  return {
    rule: 'S14',
    sentence: `${removalsLastHour} members were removed in the last hour, and the cap is ${maxRemovalsPerHour}`,
  };
}
