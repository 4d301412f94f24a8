import type { Member, MemberId, MemberStatus } from './facts.ts';

/** The smallest majority of `voters`. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** How many more voters may fail before quorum is lost; negative when it is lost already. */
export function quorumMargin(healthy: number, voters: number): number {
  return healthy - quorumOf(voters);
}

export function votersOf(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => !member.learner);
}

export function learnersOf(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => member.learner);
}

/** The voters whose own endpoint answered and knows a leader. */
export function healthyVoters(
  members: readonly Member[],
  statuses: Readonly<Record<MemberId, { readonly leaderId: MemberId | null }>>,
): readonly Member[] {
  return votersOf(members).filter((member) => (statuses[member.id]?.leaderId ?? null) !== null);
}

export function memberAt(members: readonly Member[], peerUrl: string): Member | undefined {
  return members.find((member) => member.peerUrls.includes(peerUrl));
}

/** What the leader says of itself; undefined while no member that answered leads. */
export function leaderStatus(
  statuses: Readonly<Record<MemberId, MemberStatus>>,
): MemberStatus | undefined {
  return Object.values(statuses).find(({ leaderId, memberId }) => leaderId === memberId);
}
