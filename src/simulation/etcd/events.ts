import type { ClusterId, Member, MemberId } from '../../../machines/facts.ts';
import type { Revision } from '../../etcd/client/endpoint.ts';

/** A change of the member list, at the instant the leader appends it to its log. */
export interface ConfigChangeEvent {
  readonly clusterId: ClusterId;
  readonly atMs: number;
  readonly kind: 'add' | 'addLearner' | 'promote' | 'remove';
  readonly memberId: MemberId;
  /** The member as it is to be, or was. */
  readonly member: Member;
  readonly leaderId: MemberId;
  readonly term: number;
  readonly index: number;
  /** As the leader has applied them. */
  readonly votersBefore: readonly MemberId[];
  readonly learnersBefore: readonly MemberId[];
  /** The voters that the leader reaches and hears, itself included. */
  readonly healthyBefore: readonly MemberId[];
  /** Entries that the leader does not know the member to hold; of promotions. */
  readonly lagEntries: number | null;
}

/** A write whose success was told to its caller. `value` is null where the key was deleted. */
export interface AcknowledgedWrite {
  readonly clusterId: ClusterId;
  readonly revision: Revision;
  readonly key: string;
  readonly value: string | null;
  readonly atMs: number;
}
