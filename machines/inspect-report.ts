import type { StateValue } from 'xstate';
import type { CitedFacts, Decision } from './lifecycle/decision.ts';
import type { Reason } from './node/effects.ts';
import type { RuleId } from './rules.ts';
import type { StatusReport } from './status-report.ts';

/**
 * The live statechart of a node, as `e2d inspect --format json` prints it. Durations are counted up
 * to the moment of asking; `atMs` is the node's monotonic clock.
 */
export interface InspectReport {
  readonly node: StatusReport['node'];
  readonly chart: {
    readonly name: 'node';
    /** Tells whether pictures and logs are of the same chart. */
    readonly definitionHash: string;
  };
  /** When it was asked: on the node's monotonic clock, and wall time for people (ISO 8601). */
  readonly atMs: number;
  readonly askedAt: string;
  /** The XState state value. */
  readonly state: StateValue;
  /** Ids of all active states, parents included, and since when each of them is. */
  readonly active: readonly ActiveState[];
  readonly path: StatusReport['node']['path'];
  readonly decision: InspectedDecision | null;
  readonly waitingFor: StatusReport['waitingFor'];
  readonly timers: readonly InspectedTimer[];
  readonly actors: readonly InspectedActor[];
  /**
   * The latest steps of the chart, oldest first. Steps that changed nothing and say the same are
   * folded into the first of them, until something happens: `times` says how many they are.
   */
  readonly recent: readonly InspectedStep[];
  readonly etcd: StatusReport['etcd'];
  readonly quorum: StatusReport['quorum'];
  readonly cluster: StatusReport['cluster'];
  readonly leader: StatusReport['leader'];
  readonly members: StatusReport['members'];
  readonly peers: StatusReport['peers'];
  readonly snapshots: StatusReport['snapshots'];
  readonly next: string;
  readonly safeToStopOne: StatusReport['safeToStopOne'];
  readonly recording: RecordingReport;
  readonly warnings: readonly string[];
}

export interface ActiveState {
  /** Its id in the chart, such as `node.active.running`. */
  readonly id: string;
  readonly description: string;
  readonly sinceMs: number;
}

export interface InspectedDecision {
  readonly kind: Decision['kind'];
  readonly rule: RuleId;
  readonly reason: string;
  readonly facts: CitedFacts;
}

export interface InspectedTimer {
  readonly id: string;
  /** The delay's name in the chart, and the id of the state that waits. */
  readonly name: string;
  readonly state: string;
  readonly leftMs: number;
}

export interface InspectedActor {
  readonly id: string;
  /** What it does: the name of the effect or observer. */
  readonly src: string;
  readonly kind: 'effect' | 'observer';
  readonly sinceMs: number;
  /** Why it was asked for; observers have no reason but their state. */
  readonly reason: Reason | null;
}

export interface InspectedStep {
  /** Of the first of its fold, like `atMs`: it names the step for as long as the node lives. */
  readonly seq: number;
  readonly atMs: number;
  /** Of the latest of its fold; the same as `seq` and `atMs` where nothing was folded. */
  readonly lastSeq: number;
  readonly lastAtMs: number;
  /** How many steps it stands for, at least 1; more than 1 only where nothing moved. */
  readonly times: number;
  /** The event's type. */
  readonly event: string;
  /** One line for a person: what the event says. */
  readonly summary: string;
  /** States as `statePath` writes them; the same where nothing moved. */
  readonly from: string;
  readonly to: string;
  /** Effects that began, each with its reason. */
  readonly effects: readonly { readonly id: string; readonly reason: Reason | null }[];
  /** The decision that was made in this step, if it is another than before. */
  readonly decision: InspectedDecision | null;
}

export interface RecordingReport {
  readonly state: 'recording' | 'not-recording';
  /** The file that is written to; null while nothing is. */
  readonly file: string | null;
  /** Why nothing is recorded. */
  readonly problem: string | null;
}
