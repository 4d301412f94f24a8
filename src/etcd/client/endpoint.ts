import type { MemberId, MemberList, MemberStatus, RaftProgress } from '../../../machines/facts.ts';

/** How one call is bounded. Every call has a deadline; `signal` ends it earlier. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** An alarm that is raised in the cluster, against one member. */
export interface Alarm {
  readonly memberId: MemberId;
  /** `nospace` or `corrupt`. */
  readonly kind: string;
}

/** A member's status, and the alarms it knows of: asking for them by themselves costs a write. */
export interface StatusAnswer extends MemberStatus {
  readonly alarms: readonly Alarm[];
}

/** Revisions and lease ids are decimal strings: they may exceed what a number holds exactly. */
export type Revision = string;
export type LeaseId = string;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
}

/** Holds while the key's revision is exactly this; `0` means that the key does not exist. */
export type Condition =
  | { readonly key: string; readonly createRevision: Revision }
  | { readonly key: string; readonly modRevision: Revision };

export type Operation =
  | { readonly kind: 'get'; readonly key: string; readonly prefix?: boolean }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly leaseId?: LeaseId;
    }
  /** With `end` all keys from `key` up to it, itself apart. */
  | { readonly kind: 'delete'; readonly key: string; readonly end?: string };

export interface Transaction {
  /** All of them must hold for `success` to run; else `failure` does. */
  readonly conditions: readonly Condition[];
  readonly success: readonly Operation[];
  readonly failure?: readonly Operation[];
}

interface TransactionResult {
  readonly succeeded: boolean;
  /** What each operation that ran found, in order; empty for writes. */
  readonly found: readonly (readonly KeyValue[])[];
  readonly revision: Revision;
}

/** etcd's hash of all keys with their versions, as they were at `revision`. */
export interface KeyspaceHash {
  readonly revision: number;
  /** What was compacted when the hash was made, which the hash depends on; -1: nothing yet. */
  readonly compactRevision: number;
  readonly hash: number;
}

export interface SnapshotOptions {
  /** Ends the stream, and with it the connection: the owner of one that is not read to its end. */
  readonly signal: AbortSignal;
  /** How long etcd may be silent while its bytes are waited for; half a minute by default. */
  readonly silenceMs?: number;
}

export interface SnapshotStream {
  /** Of all chunks together: the database, and 32 bytes of SHA-256 behind it. */
  readonly totalBytes: number;
  /**
   * Read once. It throws an `EtcdFault` where it is cut short, and ends only when all has come. At
   * most some megabytes are in flight, however slowly it is read.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * One etcd member's client endpoint, over one connection. Every method rejects with an `EtcdFault`
 * and retries nothing: what a caller sees is what happened.
 */
export interface EtcdEndpoint {
  readonly url: string;

  /**
   * The member list. Linearizable by default: it contains every change that was acknowledged before
   * the call, and proves that the endpoint reaches a quorum.
   */
  memberList(options?: CallOptions & { readonly linearizable?: boolean }): Promise<MemberList>;
  /** From the member's own state, quorum or not. */
  status(options?: CallOptions): Promise<StatusAnswer>;
  /** How far each member's log reaches; from the leader only, else `not-leader`. */
  raftProgress(options?: CallOptions): Promise<RaftProgress>;
  /** Reads a key through the quorum. */
  linearizableRead(options?: CallOptions): Promise<void>;
  /** Reads a key from the member's own store, quorum or not. */
  serializableRead(options?: CallOptions): Promise<void>;

  /**
   * Resolves to the new member's id and the list that holds it. `not-found` means that a member of
   * the same URLs was added and removed within this second, for etcd makes ids of both: try again.
   */
  addLearner(peerUrls: readonly string[], options?: CallOptions): Promise<AddedMember>;
  addMember(peerUrls: readonly string[], options?: CallOptions): Promise<AddedMember>;
  promote(id: MemberId, options?: CallOptions): Promise<MemberList>;
  remove(id: MemberId, options?: CallOptions): Promise<MemberList>;
  /** Where the other members find this one from now on. */
  setPeerUrls(id: MemberId, peerUrls: readonly string[], options?: CallOptions): Promise<void>;
  /** Must be asked of the leader. */
  moveLeader(toId: MemberId, options?: CallOptions): Promise<void>;

  get(key: string, options?: CallOptions): Promise<KeyValue | null>;
  put(key: string, value: string, options?: CallOptions): Promise<Revision>;
  transact(transaction: Transaction, options?: CallOptions): Promise<TransactionResult>;
  grantLease(ttlSeconds: number, options?: CallOptions): Promise<LeaseId>;
  /** Ends a lease and deletes the keys that are attached to it. */
  revokeLease(id: LeaseId, options?: CallOptions): Promise<void>;

  /** At a revision that exists and is not compacted; reads every key, so it may take seconds. */
  hashKv(revision: number, options?: CallOptions): Promise<KeyspaceHash>;
  /** The member's own database as it is now, over a connection of its own. */
  snapshot(options: SnapshotOptions): Promise<SnapshotStream>;

  /** Ends the connection and every call that is under way. */
  close(): void;
}

export interface AddedMember extends MemberList {
  readonly memberId: MemberId;
}
