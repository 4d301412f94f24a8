import type {
  ClusterId,
  ClusterRecord,
  EtcdLaunch,
  Fault,
  Identity,
  Member,
  MemberId,
  OwnData,
  StoreFact,
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
    input: { readonly cause: 'removed' | 'unreadable'; readonly reason: Reason };
    output: { readonly movedTo: string | null };
  };
  restoreSnapshot: { input: { readonly reason: Reason }; output: OwnData };
  launchEtcd: {
    input: { readonly launch: EtcdLaunch; readonly name: string; readonly reason: Reason };
    output: { readonly pid: number };
  };
  /** Creates the cluster's record in etcd if it is missing, and returns the one that stands. */
  recordCluster: {
    input: { readonly record: ClusterRecord; readonly reason: Reason };
    output: ClusterRecord;
  };
  handOverLeadership: { input: { readonly reason: Reason }; output: { readonly moved: boolean } };
  stopEtcd: { input: { readonly graceMs: number; readonly reason: Reason }; output: null };
  leaveGossip: { input: { readonly reason: Reason }; output: null };
}

/** The streams of facts the chart listens to, each while a state lasts. */
export interface NodeObservers {
  observePeers: null;
  observeLoop: null;
  surveyCluster: null;
  observeEtcd: null;
  observeMembers: null;
  watchEtcd: { readonly pid: number };
}
