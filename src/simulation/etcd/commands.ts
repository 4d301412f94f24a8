import type { Member, MemberId } from '../../../machines/facts.ts';
import type { LeaseId, Transaction } from '../../etcd/client/endpoint.ts';
import type { Keyspace } from './keyspace.ts';

/** A change of the member list, as raft's log holds it. */
export type ConfigChange =
  | { readonly kind: 'add' | 'addLearner'; readonly member: Member }
  | { readonly kind: 'promote' | 'remove'; readonly memberId: MemberId };

/** What an entry of the log does when it is applied. */
export type Command =
  /** Begins a leader's term. */
  | { readonly kind: 'noop' }
  | { readonly kind: 'config'; readonly change: ConfigChange }
  /** A started member tells its name and client URL. */
  | {
      readonly kind: 'publish';
      readonly memberId: MemberId;
      readonly name: string;
      readonly clientUrl: string;
    }
  /** Begins the log of a restored member: its keys, and the revision that they were raised to. */
  | {
      readonly kind: 'restored';
      readonly keyspace: Keyspace;
      readonly revision: number;
      /** The cluster token of the restore. */
      readonly planId: string;
    }
  | { readonly kind: 'transaction'; readonly transaction: Transaction }
  | { readonly kind: 'grantLease'; readonly leaseId: LeaseId; readonly ttlSeconds: number }
  | { readonly kind: 'revokeLease'; readonly leaseId: LeaseId };

export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly command: Command;
  /** Whoever proposed it waits for this; null for what nobody waits for. */
  readonly proposalId: number | null;
}

export function memberOf(change: ConfigChange): MemberId {
  return 'member' in change ? change.member.id : change.memberId;
}
