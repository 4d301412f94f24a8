import type { AnyEventObject } from 'xstate';
import type { Fault } from '../../machines/facts.ts';
import type { InspectReport, RecordingReport } from '../../machines/inspect-report.ts';
import {
  firstEvent,
  firstStep,
  type NodeSnapshot,
  nextStep,
  type Step,
} from '../../machines/node/step.ts';
import type { Clock } from '../../src/node/clock.ts';
import { Inspection } from '../../src/node/inspect.ts';
import type { StepBounds } from '../../src/node/inspect-steps.ts';
import { statusReport } from '../../src/node/status.ts';
import { identity, member, peer, settings, statuses } from './builders.ts';
import { observed, prepared, probed } from './chart-run.ts';

const recording: RecordingReport = {
  state: 'recording',
  file: '/var/lib/e2d/events/000001.jsonl',
  problem: null,
};

/** The node's chart folded by hand and inspected as a driver would have it; time is the test's. */
export class InspectedRun {
  readonly inspection: Inspection;
  readonly #timers = new Map<string, number>();
  readonly #inputs = new Map<string, unknown>();
  #nowMs = 0;
  #seq = 0;
  #snapshot: NodeSnapshot;

  constructor(bounds?: StepBounds, own = settings()) {
    const clock: Clock = {
      nowMs: () => this.#nowMs,
      wallTime: () => new Date(this.#nowMs),
      setTimeout: () => undefined,
      clearTimeout: () => undefined,
    };
    this.inspection = new Inspection(clock, bounds);
    const first = firstStep(own);
    this.#snapshot = first.snapshot;
    this.#note(firstEvent, first);
  }

  after(ms: number): this {
    this.#nowMs += ms;
    return this;
  }

  send(event: AnyEventObject): this {
    this.#timers.delete(event.type);
    this.#note(event, nextStep(this.#snapshot, event));
    return this;
  }

  done(id: string, output: unknown): this {
    return this.send({ type: `xstate.done.actor.${id}`, output, actorId: id });
  }

  fails(id: string, error: Fault): this {
    return this.send({ type: `xstate.error.actor.${id}`, error, actorId: id });
  }

  /** What an effect was asked for, the last time. */
  input(id: string): unknown {
    return this.#inputs.get(id);
  }

  /** The delay of this name runs out. */
  elapse(name: string): this {
    const id = [...this.#timers.keys()].find((timer) => timer.includes(`after.${name}.`));
    if (id === undefined) throw new Error(`no timer ${name}`);
    return this.send({ type: id });
  }

  report(since?: number, warnings: readonly string[] = []): InspectReport {
    const { since: states } = this.inspection;
    return this.inspection.report({
      status: statusReport(this.#snapshot, {
        processId: 4242,
        stateSinceMs: states.stateMs(),
        quorumSinceMs: states.quorumMs(),
        certificates: [],
        warnings,
        clock: { nowMs: () => this.#nowMs, wallTime: () => new Date(this.#nowMs) },
      }),
      timers: [...this.#timers].map(([id, dueMs]) => ({ id, leftMs: dueMs - this.#nowMs })),
      recording,
      since,
    });
  }

  #note(event: AnyEventObject, step: Step): void {
    this.#snapshot = step.snapshot;
    this.#seq += 1;
    for (const effect of step.effects) {
      if (effect.kind === 'start') this.#inputs.set(effect.id, effect.input);
      if (effect.kind === 'schedule') this.#timers.set(effect.id, this.#nowMs + effect.delayMs);
      if (effect.kind === 'cancel') this.#timers.delete(effect.id);
    }
    this.inspection.note({ ...step, seq: this.#seq, atMs: this.#nowMs, event });
  }
}

/** A settled voter and leader, a of three, that suspects c since four seconds. */
export function suspectingRun(): InspectedRun {
  const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
  const members = [member('a'), member('b'), member('c')];
  const probe = probed();
  const b = peer('b', { status: 'running', data: 'readable', unreachable: ['mc'] });
  const c = peer('c', { status: 'running', data: 'readable' });
  return new InspectedRun()
    .after(120)
    .done('prepare', prepared({ identity: known, data: { kind: 'readable' } }))
    .after(80)
    .send({ type: 'gossip.changed', atMs: 200, peers: [b, c] })
    .done('launchEtcd', { pid: 4343 })
    .after(900)
    .send(probe)
    .send(observed(1_100, { members, statuses: statuses('a', 'b', 'c') }))
    .after(3_600_000)
    .send(probe)
    .send(observed(3_601_100, { members, statuses: statuses('a', 'b', 'c') }))
    .after(1_000)
    .send({ type: 'gossip.changed', atMs: 3_602_100, peers: [b, { ...c, liveness: 'failed' }] })
    .after(1_000)
    .send(observed(3_603_100, { members, statuses: statuses('a', 'b') }))
    .after(4_000);
}

/** A node alone that has lost its disk: only a person can go on. */
export function askingRun(): InspectedRun {
  const own = { memberId: 'ma', clusterId: 'c1', lineage: 'l1', requiredSize: 1 };
  const known = identity('a', own);
  return new InspectedRun(undefined, settings('a', { requiredSize: 1 }))
    .after(120)
    .done('prepare', prepared({ identity: known }))
    .send({ type: 'cluster.surveyed', atMs: 130, answer: { kind: 'silent' } })
    .after(5_000);
}
