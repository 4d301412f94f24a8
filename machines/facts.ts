/**
 * What a node can know: the shapes of facts, shared by the charts and by the rooms of `src/` that
 * observe them. Plain JSON data only. `atMs` is the observing node's monotonic clock, never wall
 * time.
 */

/**
 * An etcd member id or cluster id: lower-case hexadecimal without leading zeros, as etcd logs it.
 */
export type MemberId = string;
export type ClusterId = string;

/** An entry in etcd's member list. A member that has not started yet has an empty `name`. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
}

/** A member list as one endpoint gave it. */
export interface MemberList {
  readonly clusterId: ClusterId;
  readonly members: readonly Member[];
}

/** What one member says of itself (`Maintenance.Status`). */
export interface MemberStatus {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  /** Null while the member knows no leader. */
  readonly leaderId: MemberId | null;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly revision: number;
  readonly dbSizeBytes: number;
  readonly version: string;
  readonly learner: boolean;
}

/** What the files of this node's certificates say, as far as something follows from it. */
export interface CertificateReading {
  /** Roles (`server`, `peer`, `client`) whose certificates are to be renewed here and now. */
  readonly due: readonly string[];
  /** A digest of the authorities that the files name. */
  readonly inFiles: string;
  /** The same of those that the running etcd started with; null while that is not known. */
  readonly inEtcd: string | null;
}

/** A failure as data: crosses from an adapter into a chart. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** The state of the data dir as read before etcd starts. */
export type OwnData =
  | { readonly kind: 'none' }
  | { readonly kind: 'readable' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/**
 * What a node tells of its data: `lost` is an identity that belongs to a cluster, without data
 * (S8).
 */
export type DataClaim = OwnData['kind'] | 'lost';

/** How a node stands in its life, as it tells its peers. */
export type NodeStatus =
  | 'surveying'
  | 'planning'
  | 'restoring'
  | 'starting'
  | 'running'
  | 'stopping';

/** Another node as gossip shows it: liveness from the protocol, the rest from its metadata. */
export interface Peer {
  readonly nodeId: string;
  readonly name: string;
  readonly liveness: 'alive' | 'suspect' | 'failed' | 'left';
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly requiredSize: number;
  readonly status: NodeStatus;
  readonly data: DataClaim;
  readonly clusterId: ClusterId | null;
  readonly lineage: string | null;
  readonly plan: PlanVote | null;
  /** Members whose endpoints did not answer this peer for its latest probes. */
  readonly unreachable: readonly MemberId[];
  readonly etcdVersion: string;
  readonly e2dVersion: string;
}

/**
 * How far a node went with a bootstrap plan (S7). `committed` is the coordinator's word that all
 * have acknowledged; `launched` is pinned before etcd is first started, and means that data may
 * exist.
 */
export type PlanStage = 'acknowledged' | 'committed' | 'launched';

/**
 * One node's say on a bootstrap plan (S7). `proposal` is present in the coordinator's own vote
 * only.
 */
export interface PlanVote {
  readonly id: string;
  readonly stage: PlanStage;
  readonly proposal?: PlanProposal;
}

/**
 * The nodes a coordinator proposes to form the cluster, by node id, and the nonce of the proposal.
 * With a snapshot they restore it, every one of them that very file (S4).
 */
export interface PlanProposal {
  readonly nonce: string;
  readonly nodeIds: readonly string[];
  readonly snapshot?: PinnedSnapshot;
}

/**
 * A bootstrap plan in full, as it is pinned on disk. `id` is also the cluster token and the
 * lineage.
 */
export interface BootstrapPlan {
  readonly id: string;
  readonly coordinator: string;
  readonly members: readonly PlannedMember[];
  /** Present in a plan that restores: its members start from this snapshot, and from no other. */
  readonly snapshot?: PinnedSnapshot;
}

/** The one snapshot that a restore is bound to (S4). */
export interface PinnedSnapshot {
  readonly id: string;
  /** Of what etcd gave when it was taken, in hexadecimal. */
  readonly sha256: string;
  readonly revision: number;
  /** The lineage whose running cluster an operator has go back with it; absent for a lost one. */
  readonly replaces?: string;
}

/**
 * An operator's word on a restore.
 * - `approve`: of a lost cluster, where the policy is to ask
 * - `goBack`: of a running cluster
 * - `rebuild`: of a cluster that lost its quorum for good, from one node on (S15)
 * - `callOff`: none, where one was acknowledged whose coordinator is gone before it committed
 */
export interface RestoreOrder {
  readonly kind: 'approve' | 'goBack' | 'rebuild' | 'callOff';
  /** Of the store; null for the newest that verifies, or, to rebuild, for what this node has. */
  readonly snapshotId: string | null;
  /** The lineage whose later writes the operator gives up; null where none is known. */
  readonly lineage: string | null;
}

export interface PlannedMember {
  readonly nodeId: string;
  readonly name: string;
  readonly peerUrl: string;
}

/** How etcd is to be started: what the lifecycle paths differ in. */
export interface EtcdLaunch {
  readonly clusterState: 'new' | 'existing';
  /** `name=peerURL` pairs joined by commas. */
  readonly initialCluster: string;
  readonly clusterToken: string;
  /** The first start after a restore: every member's data is known to be the same. */
  readonly isRestored?: true;
}

/** What e2d keeps in its state dir about its own node. */
export interface Identity {
  readonly nodeId: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly requiredSize: number;
  readonly memberId: MemberId | null;
  readonly clusterId: ClusterId | null;
  readonly lineage: string | null;
  /**
   * The lineage that ours was restored from: until it has a snapshot of its own, that one's count.
   */
  readonly parentLineage?: string;
  /** The bootstrap plan this node acknowledged, kept until the cluster is known to exist. */
  readonly plan: PinnedPlan | null;
}

export interface PinnedPlan {
  readonly stage: PlanStage;
  readonly plan: BootstrapPlan;
}

/** What `/_e2d/cluster` in etcd says of the cluster. */
export interface ClusterRecord {
  readonly lineage: string;
  readonly requiredSize: number;
  /** What the lineage was restored from; absent for one that was bootstrapped. */
  readonly parent?: LineageParent;
}

export interface LineageParent {
  readonly lineage: string | null;
  readonly snapshotId: string;
  readonly revision: number;
}

/** What the other nodes' endpoints answer to one that has no etcd of its own. */
export type ClusterAnswer =
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'answers';
      readonly clusterId: ClusterId;
      /** From a linearizable read. */
      readonly members: readonly Member[];
      /** Members whose own endpoint answered with their own member id. */
      readonly answering: readonly MemberId[];
      readonly record: ClusterRecord | null;
    };

/**
 * What is known of the snapshot store. `unread` until its listing was tried; `ambiguous` when it
 * holds snapshots of several lineages, none of which continues the other (S6).
 */
export type StoreFact = 'none' | 'unread' | 'unreadable' | 'empty' | 'snapshot' | 'ambiguous';

/** A store as it was read, with the sentence that goes with it. */
export interface StoreReading {
  readonly fact: Exclude<StoreFact, 'none' | 'unread'>;
  readonly sentence: string;
  /** Of the snapshot that would be restored; absent where it does not tell. */
  readonly origin?: SnapshotOrigin;
}

/** The cluster that a snapshot is of, as it was when the snapshot was taken. */
export interface SnapshotOrigin {
  readonly requiredSize: number;
  readonly voters: readonly { readonly name: string; readonly peerUrls: readonly string[] }[];
}

/** A snapshot that was taken; `skipped` when the store holds one of this very revision. */
export interface TakenSnapshot {
  readonly kind: 'taken' | 'skipped';
  readonly id: string;
  readonly revision: number;
  readonly storedBytes: number;
  /** On the monotonic clock of the node that took it. */
  readonly atMs: number;
}

/** The latest proof of a snapshot of the lineage: restored into a scratch etcd and compared. */
export interface SnapshotProof {
  readonly snapshotId: string;
  readonly outcome: 'proven' | 'failed';
  readonly sentence: string;
  /** UTC, by the clock of the node that made it. */
  readonly provenAt: string;
  readonly rtoMs: number | null;
}

/** One probe of the node's own etcd. A field that failed holds its fault. */
export interface OwnProbe {
  readonly status: MemberStatus | Fault;
  readonly linearizable: 'ok' | Fault;
  readonly serializable: 'ok' | Fault;
  readonly alarms: readonly string[];
}

/** One sweep over all members, made by a node through its own etcd and every member's endpoints. */
export interface MembersObservation {
  readonly members: readonly Member[];
  readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
  /** Asked for while there is a learner; null when there is none, or the leader did not say. */
  readonly progress: RaftProgress | null;
}

/** How far the leader knows each member's log to reach, as raft indexes. */
export interface RaftProgress {
  readonly commit: number;
  readonly match: Readonly<Record<MemberId, number>>;
}

/** Why an etcd process ended, as read from its exit and its log. */
export interface EtcdExitReason {
  readonly kind: EtcdExitKind;
  readonly sentence: string;
}

export type EtcdExitKind =
  | 'stopped'
  | 'crashed'
  | 'killed'
  | 'corrupt-data'
  | 'bad-flags'
  | 'port-taken'
  | 'disk-full'
  | 'removed-from-cluster'
  | 'peers-unreachable'
  | 'cluster-id-mismatch'
  | 'member-mismatch'
  | 'newer-data'
  | 'data-dir-permissions';
