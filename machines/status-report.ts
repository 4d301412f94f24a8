import type { ClusterId, MemberId, OwnData, Peer, SnapshotProof } from './facts.ts';
import type { RuleId } from './rules.ts';

/**
 * A node's account of itself, as `e2d status --json` prints it: what it sees, what it does and why.
 * `null` means "not known (yet)", never "no". Durations are counted up to the moment of asking.
 */
export interface StatusReport {
  readonly node: NodeReport;
  /** The latest decision about the node's life; null before the first. */
  readonly decision: ReasonReport | null;
  /** What the node cannot go on without; null while it goes on. */
  readonly waitingFor: WaitReport | null;
  readonly etcd: EtcdReport;
  readonly quorum: QuorumReport;
  readonly cluster: ClusterReport;
  /** The leader's name; null while there is none, or none is known. */
  readonly leader: string | null;
  /** etcd's member list, in the order of names; empty while it cannot be read. */
  readonly members: readonly MemberReport[];
  /** The other nodes as gossip shows them. */
  readonly peers: readonly PeerReport[];
  /** What this node does for the cluster's snapshots; null where no store is configured. */
  readonly snapshots: SnapshotReport | null;
  /** The certificate files of this node; empty where it runs without TLS. */
  readonly certificates: readonly CertificateReport[];
  /** What would happen next, as a sentence. */
  readonly next: string;
  readonly safeToStopOne: { readonly safe: boolean; readonly reason: string };
  /** Sentences that an operator should read. */
  readonly warnings: readonly string[];
}

interface NodeReport {
  readonly name: string;
  readonly nodeId: string;
  /** The state of the chart in its own words, e.g. `running` or `joining.catchingUp`. */
  readonly state: string;
  /** The path that led here, e.g. `restart-existing`; null before one was chosen. */
  readonly path: string | null;
  /** For how long it has been in this state. */
  readonly sinceMs: number;
  readonly pid: number;
  readonly version: string;
}

export interface ReasonReport {
  readonly rule: RuleId | null;
  readonly reason: string;
}

export interface WaitReport {
  readonly rule: RuleId | null;
  readonly sentence: string;
  /** What an operator can run to let it go on; null where time or another node must help. */
  readonly command: string | null;
}

interface EtcdReport {
  /** e.g. `healthy`, `unhealthy`, `starting`, `restarting`, `stopped`. */
  readonly state: string;
  readonly version: string | null;
  readonly pid: number | null;
  readonly memberId: MemberId | null;
  /** Where its clients reach it. */
  readonly clientUrl: string;
}

interface QuorumReport {
  readonly state: 'held' | 'lost' | 'unknown';
  readonly sinceMs: number | null;
}

interface ClusterReport {
  readonly id: ClusterId | null;
  readonly lineage: string | null;
  readonly requiredSize: number;
}

export interface MemberReport {
  readonly id: MemberId;
  /** Empty while the member has not started for the first time. */
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string | null;
  readonly learner: boolean;
  readonly leader: boolean;
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  /** Raft entries behind the leader. */
  readonly lagEntries: number | null;
  readonly revision: number | null;
  readonly dbSizeBytes: number | null;
}

export interface PeerReport {
  readonly name: string;
  readonly nodeId: string;
  readonly liveness: Peer['liveness'];
  readonly status: Peer['status'];
  readonly data: OwnData['kind'];
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly clusterId: ClusterId | null;
}

export interface CertificateReport {
  /** `ca`, `server`, `peer`, `client`, and `peer-ca` where that is another. */
  readonly role: string;
  readonly path: string;
  readonly subject: string;
  /** UTC: when the first of the file's certificates runs out. */
  readonly notAfter: string;
  /** By the wall clock of this node; negative once it has run out. */
  readonly leftMs: number;
}

/** Snapshots are the work of the node beside the leader: what the others say of them is old. */
export interface SnapshotReport {
  readonly state: 'idle' | 'resting' | 'taking' | 'taken' | 'thinning' | 'failing';
  readonly last: LastSnapshotReport | null;
  /** Attempts that failed, one after the other, and the latest of their sentences. */
  readonly failures: number;
  readonly fault: string | null;
  readonly retention: RetentionReport | null;
  readonly proof: ProofReport | null;
  /** Why the latest attempt at a proof came to nothing, which says nothing about the snapshot. */
  readonly proofFault: string | null;
  /** How old the latest proof may become; null: nothing is proven by itself. */
  readonly verifyIntervalMs: number | null;
  /** The latest proof is older than twice that. */
  readonly proofOverdue: boolean;
}

export interface LastSnapshotReport {
  readonly id: string;
  readonly revision: number;
  readonly storedBytes: number;
  /** Since it was taken, or was last found to hold all that there is. */
  readonly ageMs: number;
}

export interface RetentionReport {
  readonly kept: number;
  readonly removed: number;
  /** Why nothing was removed although something was due, as a sentence. */
  readonly refusal: string | null;
  readonly ageMs: number;
}

export interface ProofReport {
  readonly snapshotId: string;
  readonly outcome: SnapshotProof['outcome'];
  readonly sentence: string;
  /** UTC, by the clock of the node that made it. */
  readonly provenAt: string;
  /** By the wall clock of this node. */
  readonly ageMs: number;
  /** From the beginning of the download to a serving etcd. */
  readonly rtoSeconds: number | null;
}
