import type {
  ActiveState,
  InspectedActor,
  InspectReport,
  RecordingReport,
} from '../../machines/inspect-report.ts';
import type { NodeObservers, Reason } from '../../machines/node/effects.ts';
import { nodeMachine } from '../../machines/node/machine.ts';
import { ownReasonOf } from '../../machines/node/reason-of.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import type { StatusReport } from '../../machines/status-report.ts';
import { type Chart, withDescendants } from '../visualize/chart.ts';
import { definitionHash } from '../visualize/definition-hash.ts';
import { activeStates, readChart } from '../visualize/read-chart.ts';
import type { Clock } from './clock.ts';
import type { DriverEntry, PendingTimer } from './driver.ts';
import { InspectSteps, inspectedDecision, type StepBounds } from './inspect-steps.ts';
import { timerNameOf } from './inspect-summary.ts';
import { StateSince } from './state-since.ts';

/** What a report needs beside the steps. */
export interface InspectSurroundings {
  readonly status: StatusReport;
  /** The driver's. */
  readonly timers: readonly PendingTimer[];
  readonly recording: RecordingReport;
  /** Leaves out of `recent` what ended with this step or before; absent for all that is kept. */
  readonly since?: number | undefined;
}

interface RunningActor {
  readonly src: string;
  readonly atMs: number;
  readonly reason: Reason | null;
}

const observers: Readonly<Record<keyof NodeObservers, true>> = {
  observePeers: true,
  observeLoop: true,
  surveyCluster: true,
  surveySuccessor: true,
  observeStore: true,
  observeCertificates: true,
  observeEtcd: true,
  observeMembers: true,
  watchEtcd: true,
};

const defaultBounds: StepBounds = { steps: 500, quiet: 100 };

/** The live statechart as a projection of the driver's steps: give it each of them, in order. */
export class Inspection {
  readonly #clock: Clock;
  readonly #since: StateSince;
  readonly #steps: InspectSteps;
  readonly #actors = new Map<string, RunningActor>();
  #snapshot: NodeSnapshot | null = null;
  #chart: { readonly chart: Chart; readonly definitionHash: string } | null = null;

  constructor(clock: Clock, bounds: StepBounds = defaultBounds) {
    this.#clock = clock;
    this.#since = new StateSince(() => clock.nowMs());
    this.#steps = new InspectSteps(bounds);
  }

  /** Since when the chart is in its states: a status report wants it too. */
  get since(): StateSince {
    return this.#since;
  }

  note(entry: DriverEntry): void {
    this.#snapshot = entry.snapshot;
    this.#since.note(entry);
    this.#steps.note(entry);
    this.#noteActors(entry);
  }

  /** @throws Error before the first step. */
  report({ status, timers, recording, since = 0 }: InspectSurroundings): InspectReport {
    const snapshot = this.#snapshot;
    if (snapshot === null) throw new Error('the node has not begun yet');
    const { decision } = snapshot.context;
    const { chart, definitionHash } = this.#ownChart();
    return {
      node: status.node,
      chart: { name: 'node', definitionHash },
      atMs: this.#clock.nowMs(),
      askedAt: this.#clock.wallTime().toISOString(),
      state: snapshot.value,
      active: this.#active(chart, snapshot),
      path: status.node.path,
      decision: decision && inspectedDecision(decision),
      waitingFor: status.waitingFor,
      timers: timers.map(({ id, leftMs }) => ({ id, ...timerNameOf(id), leftMs })),
      actors: this.#runningActors(),
      recent: this.#steps.after(since),
      etcd: status.etcd,
      quorum: status.quorum,
      cluster: status.cluster,
      leader: status.leader,
      members: status.members,
      peers: status.peers,
      snapshots: status.snapshots,
      next: status.next,
      safeToStopOne: status.safeToStopOne,
      recording,
      warnings: status.warnings,
    };
  }

  #noteActors({ event, effects, atMs, snapshot }: DriverEntry): void {
    const [, ended] = /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(event.type) ?? [];
    if (ended !== undefined) this.#actors.delete(ended);
    for (const effect of effects) {
      if (effect.kind === 'stop') this.#actors.delete(effect.id);
      if (effect.kind !== 'start') continue;
      this.#actors.set(effect.id, { src: effect.src, atMs, reason: ownReasonOf(effect) });
    }
    if (snapshot.status !== 'active') this.#actors.clear();
  }

  #runningActors(): readonly InspectedActor[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#actors].map(([id, { src, atMs, reason }]) => ({
      id,
      src,
      kind: src in observers ? 'observer' : 'effect',
      sinceMs: Math.max(0, nowMs - atMs),
      reason,
    }));
  }

  /** All active states, parents before children, in the order of the chart. */
  #active(chart: Chart, { value }: NodeSnapshot): readonly ActiveState[] {
    const ids = activeStates(chart, value);
    return withDescendants(chart.root)
      .filter(({ id }) => ids.has(id))
      .map(({ id, description }) => ({
        id,
        description: description ?? '',
        sinceMs: this.#since.activeMs(id.slice(chart.root.id.length + 1)),
      }));
  }

  /** Read when it is first asked for: a node that nobody inspects needs none of it. */
  #ownChart(): { readonly chart: Chart; readonly definitionHash: string } {
    if (this.#chart === null) {
      const chart = readChart('node', nodeMachine);
      this.#chart = { chart, definitionHash: definitionHash(chart) };
    }
    return this.#chart;
  }
}
