import type {
  CertificateReading,
  ClusterAnswer,
  EtcdExitReason,
  EtcdLaunch,
  Fault,
  Identity,
  MembersObservation,
  OwnData,
  OwnProbe,
  Peer,
  PinnedSnapshot,
  RestoreOrder,
  SnapshotOrigin,
  SnapshotProof,
  StoreFact,
  TakenSnapshot,
} from '../facts.ts';
import type { Decision, LifecyclePath } from '../lifecycle/decision.ts';
import type { PlanStep } from '../lifecycle/plan.ts';
import type { MembershipPolicy } from '../membership/evidence.ts';
import type { Suspicion } from '../membership/suspicions.ts';
import type { ChangeOutcome, Thinning, TurnOutcome } from './effects.ts';

/** What the operator set, and what was drawn at start: never changes while the node lives. */
export interface NodeSettings {
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly requiredSize: number;
  readonly policy: MembershipPolicy;
  /** How long a learner must stay within the lag before it is promoted. */
  readonly learnerSteadyMs: number;
  /** How long a learner that has caught up may take to serve before it is started anew. */
  readonly muteGraceMs: number;
  /** The longest gap between two observations of one unbroken suspicion. */
  readonly observationGapMs: number;
  readonly bootstrapTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly keepEtcdOnExit: boolean;
  readonly restorePolicy: 'auto' | 'manual';
  /** Null: no store is configured. */
  readonly snapshots: SnapshotSettings | null;
  /** Random for every start of e2d, 16 hexadecimal digits. */
  readonly nonce: string;
  /** Random in [0, 1), for the jitter of back-offs. */
  readonly jitter: number;
  readonly e2dVersion: string;
}

export interface SnapshotSettings {
  readonly intervalMs: number;
  /** How old the latest proof may become; null: nothing is proven by itself. */
  readonly verifyIntervalMs: number | null;
}

/** What became of the snapshots since this node began to run its etcd. */
export interface BackupFacts {
  /** The latest that this node took, or found to be taken of the same revision. */
  readonly last: TakenSnapshot | null;
  /** Attempts to take one that failed, one after the other. */
  readonly failures: number;
  readonly fault: Fault | null;
  readonly thinnedAtMs: number | null;
  readonly thinning: Thinning | null;
  readonly proof: SnapshotProof | null;
  /** What is to be proven next: the newest in the store; null when a proof is recent enough. */
  readonly toProve: string | null;
  readonly proofFault: Fault | null;
}

/** What this node's certificates ask for, and how far that has come. */
export interface CertificateFacts {
  readonly reading: CertificateReading | null;
  /** This node's turn to restart etcd, while it has one. */
  readonly turn: {
    readonly leaseId: string;
    readonly untilMs: number;
    /** Whether etcd was stopped for it. */
    readonly isUsed: boolean;
  } | null;
  /** What the cluster said when it was last asked for a turn. */
  readonly lastTurn: TurnOutcome | null;
  readonly fault: Fault | null;
}

/** All that the chart remembers: plain JSON, so that it can be recorded, hashed and compared. */
export interface NodeContext {
  readonly settings: NodeSettings;
  readonly identity: Identity;
  readonly data: OwnData;
  readonly store: StoreFact;
  /** What its last reading came to, as a sentence. */
  readonly storeSentence: string | null;
  readonly storeOrigin: SnapshotOrigin | null;
  readonly etcdVersion: string;
  readonly adoptedPid: number | null;
  readonly removedByCluster: boolean;
  readonly peers: readonly Peer[];
  readonly answer: ClusterAnswer;
  readonly decision: Decision | null;
  readonly path: LifecyclePath | null;
  readonly planStep: PlanStep | null;
  /** How many plans this node has proposed since it started: keeps their nonces apart. */
  readonly proposals: number;
  readonly launch: EtcdLaunch | null;
  /** What an operator asked this node to restore. */
  readonly order: RestoreOrder | null;
  /** The snapshot that this node, as a coordinator, has chosen and found to be sound (S4). */
  readonly choice: PinnedSnapshot | null;
  /** Whether this node has tried to fetch what the coordinator is about to choose. */
  readonly hasFetched: boolean;
  /** The plan that the running cluster itself was found to hold the order for (S2). */
  readonly vouchedPlan: string | null;
  /** The plan whose snapshot is restored beside the data dir, ready to take its place. */
  readonly stagedPlan: string | null;
  /** Steps of a restore that failed, one after the other. */
  readonly failedRestores: number;
  readonly backup: BackupFacts;
  readonly certificates: CertificateFacts;
  readonly pid: number | null;
  /** Starts of etcd that failed, one after the other. */
  readonly failedStarts: number;
  readonly lastExit: EtcdExitReason | null;
  readonly probe: OwnProbe | null;
  readonly observation: MembersObservation | null;
  /** Since when this learner has been within the lag, without a break. */
  readonly steadySinceMs: number | null;
  /** Since when our learner's log has caught up while its etcd did not serve. */
  readonly muteSinceMs: number | null;
  /** Whether etcd was started anew for it; once for each admission. */
  readonly wasRoused: boolean;
  readonly suspicions: readonly Suspicion[];
  readonly lastChange: ChangeOutcome | null;
  /** Changes of the member list that came to nothing, one after the other. */
  readonly failedChanges: number;
  readonly fault: Fault | null;
}

/**
 * Named changes of the context: each is a total function from what is known to what is known next.
 */
export type Update = Partial<NodeContext>;

const blankIdentity: Identity = {
  nodeId: '',
  name: '',
  peerUrl: '',
  requiredSize: 0,
  memberId: null,
  clusterId: null,
  lineage: null,
  plan: null,
};

export const noBackup: BackupFacts = {
  last: null,
  failures: 0,
  fault: null,
  thinnedAtMs: null,
  thinning: null,
  proof: null,
  toProve: null,
  proofFault: null,
};

export function initialContext(settings: NodeSettings): NodeContext {
  return {
    settings,
    identity: blankIdentity,
    data: { kind: 'none' },
    store: 'unread',
    storeSentence: null,
    storeOrigin: null,
    etcdVersion: '',
    adoptedPid: null,
    removedByCluster: false,
    peers: [],
    answer: { kind: 'silent' },
    decision: null,
    path: null,
    planStep: null,
    proposals: 0,
    launch: null,
    order: null,
    choice: null,
    hasFetched: false,
    vouchedPlan: null,
    stagedPlan: null,
    failedRestores: 0,
    backup: noBackup,
    certificates: { reading: null, turn: null, lastTurn: null, fault: null },
    pid: null,
    failedStarts: 0,
    lastExit: null,
    probe: null,
    observation: null,
    steadySinceMs: null,
    muteSinceMs: null,
    wasRoused: false,
    suspicions: [],
    lastChange: null,
    failedChanges: 0,
    fault: null,
  };
}
