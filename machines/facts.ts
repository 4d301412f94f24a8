/**
 * What a node can know: the shapes of facts, shared by the charts and by the rooms of `src/` that
 * observe them. Plain JSON data only. `atMs` is the observing node's monotonic clock, never wall time.
 */

/** An etcd member id or cluster id: lower-case hexadecimal without leading zeros, as etcd logs it. */
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
  readonly data: OwnData['kind'];
  readonly clusterId: ClusterId | null;
  readonly lineage: string | null;
  readonly plan: PlanVote | null;
  /** Members whose endpoints did not answer this peer for its latest probes. */
  readonly unreachable: readonly MemberId[];
  readonly etcdVersion: string;
  readonly e2dVersion: string;
}

/** One node's say on a bootstrap plan (S7). `proposal` is present in the coordinator's own vote only. */
export interface PlanVote {
  readonly id: string;
  readonly stage: 'acknowledged' | 'committed';
  readonly proposal?: PlanProposal;
}

/** The nodes a coordinator proposes to form the cluster, by node id, and the nonce of the proposal. */
export interface PlanProposal {
  readonly nonce: string;
  readonly nodeIds: readonly string[];
}

/** A bootstrap plan in full, as it is pinned on disk. `id` is also the cluster token and the lineage. */
export interface BootstrapPlan {
  readonly id: string;
  readonly coordinator: string;
  readonly members: readonly PlannedMember[];
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
  /** The bootstrap plan this node acknowledged, kept until the cluster is known to exist. */
  readonly plan: { readonly stage: 'acknowledged' | 'committed'; readonly plan: BootstrapPlan } | null;
}
