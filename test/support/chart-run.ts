import type { AnyEventObject } from 'xstate';
import type { MembersObservation, OwnProbe } from '../../machines/facts.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeEffects, Prepared } from '../../machines/node/effects.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import {
  firstStep,
  type NodeSnapshot,
  nextStep,
  type StepEffect,
} from '../../machines/node/step.ts';
import { statePath } from '../../machines/state-path.ts';
import { identity, settings, status } from './builders.ts';

/** The node's chart folded by hand: facts in, states and asked-for effects out. No time, no I/O. */
export class ChartRun {
  #snapshot: NodeSnapshot;
  /** All that came in, in order. */
  readonly events: AnyEventObject[] = [];
  readonly #asked = new Map<string, unknown>();
  readonly #timers = new Map<string, number>();

  constructor(own: NodeSettings = settings()) {
    const { snapshot, effects } = firstStep(own);
    this.#snapshot = snapshot;
    this.#take(effects);
  }

  get state(): string {
    return statePath(this.#snapshot.value);
  }

  get context(): NodeSnapshot['context'] {
    return this.#snapshot.context;
  }

  get snapshot(): NodeSnapshot {
    return this.#snapshot;
  }

  /** The ids of effects and observers that run now. */
  get running(): readonly string[] {
    return [...this.#asked.keys()];
  }

  /** What a running effect was asked for. */
  input<Name extends keyof NodeEffects>(_: Name, id: string = _): NodeEffects[Name]['input'] {
    if (!this.#asked.has(id)) throw new Error(`${id} does not run; ${this.running.join()} do`);
    return this.#asked.get(id) as NodeEffects[Name]['input'];
  }

  send(event: NodeEvent): this {
    return this.#step(event);
  }

  /** An effect comes back with its output. */
  done<Name extends keyof NodeEffects>(
    _: Name,
    output: NodeEffects[Name]['output'],
    id: string = _,
  ): this {
    this.input(_, id);
    return this.#step({ type: `xstate.done.actor.${id}`, output, actorId: id });
  }

  fails(id: string, code = 'unavailable'): this {
    if (!this.#asked.has(id)) throw new Error(`${id} does not run; ${this.running.join()} do`);
    const error = { code, message: `${id} failed` };
    return this.#step({ type: `xstate.error.actor.${id}`, error, actorId: id });
  }

  /** The delay in milliseconds of the timer whose id holds this name. */
  delayOf(name: string): number | undefined {
    return [...this.#timers].find(([id]) => id.includes(`after.${name}.`))?.[1];
  }

  /** A delay of the chart runs out. */
  elapse(name: string): this {
    const id = [...this.#timers.keys()].find((timer) => timer.includes(`after.${name}.`));
    if (id === undefined) throw new Error(`no timer ${name}; ${[...this.#timers.keys()].join()}`);
    this.#timers.delete(id);
    return this.#step({ type: id });
  }

  #step(event: AnyEventObject): this {
    this.events.push(event);
    const { snapshot, effects } = nextStep(this.#snapshot, event);
    this.#snapshot = snapshot;
    this.#take(effects);
    return this;
  }

  #take(effects: readonly StepEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'start') this.#asked.set(effect.id, effect.input);
      if (effect.kind === 'stop') this.#asked.delete(effect.id);
      if (effect.kind === 'schedule') this.#timers.set(effect.id, effect.delayMs);
      if (effect.kind === 'cancel') this.#timers.delete(effect.id);
    }
  }
}

export function prepared(changes: Partial<Prepared> = {}): Prepared {
  return {
    identity: identity(),
    data: { kind: 'none' },
    adoptedPid: null,
    store: 'none',
    etcdVersion: '3.6.14',
    ...changes,
  };
}

export const healthyProbe: OwnProbe = {
  status: status('a'),
  linearizable: 'ok',
  serializable: 'ok',
  alarms: [],
};

export function probed(probe: Partial<OwnProbe> = {}): NodeEvent {
  return { type: 'etcd.probed', atMs: 0, probe: { ...healthyProbe, ...probe } };
}

export function observed(
  atMs: number,
  { progress = null, ...seen }: Omit<MembersObservation, 'progress'> & Partial<MembersObservation>,
): NodeEvent {
  return { type: 'members.observed', atMs, observation: { ...seen, progress } };
}

/** A settled voter of a 3-node cluster, its etcd healthy. */
export function settledVoter(own: NodeSettings = settings()): ChartRun {
  const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
  return new ChartRun(own)
    .done('prepare', prepared({ identity: known, data: { kind: 'readable' } }))
    .done('launchEtcd', { pid: 7 })
    .send(probed());
}

/** Answers every request to write the identity down, as a disk would. */
export function pinAll(run: ChartRun): ChartRun {
  while (run.running.includes('writeIdentity')) {
    run.done('writeIdentity', run.input('writeIdentity').identity);
  }
  return run;
}

/** A cluster of one, its etcd launched for the first time. */
export function launchedAlone(): ChartRun {
  const own = identity('a', { requiredSize: 1 });
  const run = new ChartRun(settings('a', { requiredSize: 1 }));
  return pinAll(run.done('prepare', prepared({ identity: own }))).done('launchEtcd', { pid: 7 });
}
