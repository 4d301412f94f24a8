import type {
  BootstrapPlan,
  ClusterId,
  ClusterRecord,
  EtcdLaunch,
  Fault,
  Identity,
  Member,
  MemberId,
  OwnData,
  PinnedSnapshot,
  RestoreOrder,
  RotationWork,
  SnapshotProof,
  StoreFact,
  TakenSnapshot,
} from '../facts.ts';
import type { MembershipChange, MembershipPolicy } from '../membership/evidence.ts';
import type { Refusal, RuleId } from '../rules.ts';

/** Why an effect is asked for: goes into the event log with it. */
export interface Reason {
  readonly rule: RuleId;
  readonly sentence: string;
}

/** What reading the machine tells before anything is decided. */
export interface Prepared {
  readonly identity: Identity;
  readonly data: OwnData;
  readonly adoptedPid: number | null;
  readonly store: StoreFact;
  readonly etcdVersion: string;
}

/** How a membership change came out. Only `done` changed anything for certain. */
export type ChangeOutcome =
  | {
      readonly kind: 'done';
      readonly clusterId: ClusterId;
      readonly members: readonly Member[];
      /** The member that was added, promoted or removed. */
      readonly memberId: MemberId;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'busy'; readonly holder: string }
  | { readonly kind: 'failed'; readonly fault: Fault };

/** Whether this node may restart its etcd now, as the only one of its cluster (S14). */
export type TurnOutcome =
  | {
      readonly kind: 'granted';
      /** Of the lock that is held for it: it ends by itself. */
      readonly leaseId: string;
      /** By this node's monotonic clock: etcd is stopped before it, or not at all. */
      readonly untilMs: number;
    }
  | Extract<ChangeOutcome, { readonly kind: 'refused' | 'busy' | 'failed' }>;

/** What became of the snapshots of the lineage by the rules of retention. */
export interface Thinning {
  readonly atMs: number;
  readonly kept: number;
  readonly removed: number;
  /** Why nothing was removed although something is due, as a sentence. */
  readonly refusal: string | null;
}

/** What is known of the lineage's proofs, and what is to be proven next. */
export interface ProofStanding {
  readonly latest: SnapshotProof | null;
  /** By the wall clock of this node; null when nothing was ever proven. */
  readonly ageMs: number | null;
  readonly newestId: string | null;
}

interface ChangeRequest {
  readonly requiredSize: number;
  readonly policy: MembershipPolicy;
  /** Client URLs to make the change through: members other than the one that is changed. */
  readonly endpoints: readonly string[];
  readonly reason: Reason;
}

/**
 * What the chart can have done: each is an actor that `src/node` provides. It ends with the output,
 * or fails with a `Fault`. It is stopped, and must stop, when the chart leaves the state that
 * asked.
 */
export interface NodeEffects {
  prepare: { input: { readonly reason: Reason }; output: Prepared };
  /** Writes the identity file, durably, before it returns. */
  writeIdentity: {
    input: { readonly identity: Identity; readonly reason: Reason };
    output: Identity;
  };
  addLearner: {
    input: ChangeRequest & { readonly peerUrl: string };
    output: ChangeOutcome;
  };
  /** Removes our own dead member and adds us as a learner, under one lock (S12). */
  replaceMember: {
    input: ChangeRequest & { readonly peerUrl: string; readonly memberId: MemberId };
    output: ChangeOutcome;
  };
  changeMembership: {
    input: ChangeRequest & { readonly change: MembershipChange };
    output: ChangeOutcome;
  };
  moveDataAside: {
    input: { readonly cause: 'removed' | 'unreadable' | 'superseded'; readonly reason: Reason };
    output: { readonly movedTo: string | null };
  };
  /** Finds the snapshot to restore, and sees by restoring nothing yet that it is sound (S4). */
  chooseSnapshot: {
    input: {
      readonly order: RestoreOrder | null;
      /**
       * Of this node's own memory, and the one that it was restored from; none when it has none.
       */
      readonly lineages: readonly string[];
      readonly reason: Reason;
    };
    output: { readonly choice: PinnedSnapshot; readonly passedOver: readonly string[] };
  };
  /** Fetches what another node is likely to choose, so that it lies ready. It decides nothing. */
  fetchAhead: {
    /** As for `chooseSnapshot`. */
    input: { readonly lineages: readonly string[]; readonly reason: Reason };
    output: null;
  };
  /** Restores the plan's snapshot beside the data dir, where it takes no part in anything yet. */
  stageSnapshot: {
    input: { readonly plan: BootstrapPlan; readonly reason: Reason };
    output: { readonly planId: string };
  };
  /**
   * Has the running cluster itself stand for an order to go back: the coordinator writes the plan's
   * id into it, the others find it there, or refuse.
   */
  vouchForOrder: {
    input: { readonly plan: BootstrapPlan; readonly isOwn: boolean; readonly reason: Reason };
    output: { readonly planId: string };
  };
  /** Moves what lies in the data dir aside, and what was staged into its place. */
  installSnapshot: {
    input: { readonly plan: BootstrapPlan; readonly reason: Reason };
    output: { readonly movedTo: string | null };
  };
  takeSnapshot: {
    input: {
      readonly trigger: 'interval' | 'before-change' | 'after-restore';
      readonly lineage: string;
      /** Client URLs to take it from: the first that answers. */
      readonly endpoints: readonly string[];
      readonly requiredSize: number;
      readonly reason: Reason;
    };
    output: TakenSnapshot;
  };
  /** Removes the lineage's snapshots that the rules of retention let go (S6). */
  thinStore: {
    input: { readonly lineage: string; readonly reason: Reason };
    output: Thinning;
  };
  readProofs: {
    input: { readonly lineage: string; readonly reason: Reason };
    output: ProofStanding;
  };
  proveSnapshot: {
    input: { readonly snapshotId: string; readonly reason: Reason };
    output: SnapshotProof;
  };
  launchEtcd: {
    input: { readonly launch: EtcdLaunch; readonly name: string; readonly reason: Reason };
    output: { readonly pid: number };
  };
  /** Creates the cluster's record in etcd if it is missing, and returns the one that stands. */
  recordCluster: {
    input: {
      readonly record: ClusterRecord;
      /** What was restored: e2d's old keys in it are cleared, and the marker is set (S5). */
      readonly restored: PinnedSnapshot | null;
      readonly reason: Reason;
    };
    output: ClusterRecord;
  };
  /** Has the same keys certified anew, by the authority whose key is here. */
  renewCertificates: {
    input: { readonly roles: readonly string[]; readonly reason: Reason };
    output: null;
  };
  /** Changes this node's files of authorities and certificates, and tells the cluster so. */
  followRotation: {
    input: { readonly work: RotationWork; readonly reason: Reason };
    output: null;
  };
  /** Takes the lock on membership for a restart, if all members are well and would stay so. */
  takeTurn: { input: ChangeRequest; output: TurnOutcome };
  yieldTurn: { input: { readonly leaseId: string; readonly reason: Reason }; output: null };
  handOverLeadership: { input: { readonly reason: Reason }; output: { readonly moved: boolean } };
  /** With `untilMs` it fails, and stops nothing, once that time has come. */
  stopEtcd: {
    input: { readonly graceMs: number; readonly untilMs?: number; readonly reason: Reason };
    output: null;
  };
  leaveGossip: { input: { readonly reason: Reason }; output: null };
}

/** The streams of facts the chart listens to, each while a state lasts. */
export interface NodeObservers {
  observePeers: null;
  observeLoop: null;
  surveyCluster: null;
  /** The same, now and then, for a cluster that may have been built anew without us (S15). */
  surveySuccessor: null;
  /** Nothing is read where `isNeeded` is false: whoever has data does not ask the store (S9). */
  observeStore: { readonly isNeeded: boolean; readonly lineages: readonly string[] };
  observeCertificates: null;
  observeEtcd: null;
  observeMembers: null;
  watchEtcd: { readonly pid: number };
}
