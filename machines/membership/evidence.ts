import type { ClusterId, Member, MemberId, MemberStatus, Peer } from '../facts.ts';

/**
 * A change to etcd's member list, as data. Removal says on what ground (S11, S12, S13, or a spare).
 */
export type MembershipChange =
  | { readonly kind: 'addLearner'; readonly peerUrl: string }
  | { readonly kind: 'promote'; readonly memberId: MemberId }
  | {
      readonly kind: 'remove';
      readonly memberId: MemberId;
      readonly ground: RemovalGround;
    };

export type RemovalGround =
  /**
   * Gone for the whole time-out by two kinds of evidence (S11); `heldMs` is how long it has held.
   */
  | { readonly kind: 'gone'; readonly heldMs: number }
  /** The caller owns the member's peer URL, and has lost its data (S12). */
  | { readonly kind: 'sameAddress'; readonly peerUrl: string }
  /** A learner that did not catch up, or never started, within its time-out (S13). */
  | { readonly kind: 'staleLearner'; readonly heldMs: number };

/** The cluster as freshly observed by the node that is about to change it (S10). */
export interface ClusterEvidence {
  readonly clusterId: ClusterId;
  /** From a linearizable read, made after the change lock was taken. */
  readonly members: readonly Member[];
  /**
   * What each member's own endpoints answered just now; a member that did not answer is missing.
   */
  readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
  /** The other nodes as gossip shows them now, left and failed ones included. */
  readonly peers: readonly Peer[];
  readonly requiredSize: number;
  /** Automatic removals of the last hour, as the cluster itself counts them. */
  readonly removalsLastHour: number;
}

/** The limits that an operator may set. */
export interface MembershipPolicy {
  readonly healthCheckTimeoutMs: number;
  readonly learnerTimeoutMs: number;
  readonly maxRemovalsPerHour: number;
  /** Entries a learner may be behind its leader when it is promoted. */
  readonly learnerLagMaxEntries: number;
}
