import type { Member, MemberId, MemberStatus, Peer } from '../facts.ts';
import type { MembershipChange, MembershipPolicy } from './evidence.ts';
import { aliveInGossip, unreachableForAll } from './refuse-change.ts';

/** A member that may have to go, and for how long the evidence has held without interruption. */
export interface Suspicion {
  readonly memberId: MemberId;
  readonly ground: 'gone' | 'staleLearner';
  readonly sinceMs: number;
  readonly lastMs: number;
}

export interface SuspicionFacts {
  readonly atMs: number;
  readonly ownMemberId: MemberId;
  readonly members: readonly Member[];
  readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
  readonly peers: readonly Peer[];
  /** Evidence with a longer gap between two observations has not held: it starts anew. */
  readonly maxGapMs: number;
}

/**
 * Carries suspicions on to a new observation: kept while evidence holds, dropped when it breaks.
 */
export function updateSuspicions(
  previous: readonly Suspicion[],
  facts: SuspicionFacts,
): readonly Suspicion[] {
  return facts.members.flatMap((member) => {
    const ground = groundAgainst(member, facts);
    if (ground === null) return [];
    const before = previous.find((one) => one.memberId === member.id && one.ground === ground);
    const held = before !== undefined && facts.atMs - before.lastMs <= facts.maxGapMs;
    const sinceMs = held ? before.sinceMs : facts.atMs;
    return [{ memberId: member.id, ground, sinceMs, lastMs: facts.atMs }];
  });
}

function groundAgainst(member: Member, facts: SuspicionFacts): Suspicion['ground'] | null {
  if (member.id === facts.ownMemberId) return null;
  if (member.learner) return 'staleLearner';
  return !aliveInGossip(member, facts) && unreachableForAll(member, facts) ? 'gone' : null;
}

/** The first removal that suspicions have become ripe for, or null. */
export function dueRemoval(
  suspicions: readonly Suspicion[],
  policy: MembershipPolicy,
): MembershipChange | null {
  const ripe = suspicions.find(
    ({ ground, sinceMs, lastMs }) =>
      lastMs - sinceMs >=
      (ground === 'gone' ? policy.healthCheckTimeoutMs : policy.learnerTimeoutMs),
  );
  if (!ripe) return null;
  const heldMs = ripe.lastMs - ripe.sinceMs;
  return { kind: 'remove', memberId: ripe.memberId, ground: { kind: ripe.ground, heldMs } };
}

/**
 * Whether this node is the one to tend the member list: the leader, if its e2d lives, and else the
 * running node with the smallest name. Two stewards at once are harmless (S10), only noisy.
 */
export function isSteward(facts: {
  readonly own: { readonly name: string; readonly memberId: MemberId };
  readonly leaderId: MemberId | null;
  readonly members: readonly Member[];
  readonly peers: readonly Peer[];
}): boolean {
  const { own, leaderId, members, peers } = facts;
  if (leaderId === own.memberId) return true;
  const running = peers.filter((peer) => peer.liveness === 'alive' && peer.status === 'running');
  const leader = members.find(({ id }) => id === leaderId);
  if (leader && running.some((peer) => leader.peerUrls.includes(peer.peerUrl))) return false;
  return running.every((peer) => own.name < peer.name);
}
