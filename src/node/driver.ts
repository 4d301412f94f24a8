import type { Observable, Subscription } from 'rxjs';
import type { AnyEventObject } from 'xstate';
import type { Fault } from '../../machines/facts.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeEffects, NodeObservers } from '../../machines/node/effects.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import {
  firstEvent,
  firstStep,
  type NodeSnapshot,
  nextStep,
  type Step,
  type StepEffect,
} from '../../machines/node/step.ts';
import type { Clock } from './clock.ts';

/**
 * What each effect does. The signal is aborted when the chart leaves the state that asked for it.
 */
export type Effects = {
  readonly [Name in keyof NodeEffects]: (
    input: NodeEffects[Name]['input'],
    signal: AbortSignal,
  ) => Promise<NodeEffects[Name]['output']>;
};

/**
 * What each observer sees. It is unsubscribed from when the chart leaves the state that listens.
 */
export type Observers = {
  readonly [Name in keyof NodeObservers]: (input: NodeObservers[Name]) => Observable<NodeEvent>;
};

/** One step of the chart: what came in, and what followed from it. */
export interface DriverEntry extends Step {
  readonly seq: number;
  readonly atMs: number;
  readonly event: AnyEventObject;
}

/** A delay of the chart that is running, as `inspect` shows it. */
export interface PendingTimer {
  readonly id: string;
  /** Until it fires. */
  readonly leftMs: number;
}

export interface DriverOptions {
  readonly settings: NodeSettings;
  readonly effects: Effects;
  readonly observers: Observers;
  readonly clock: Clock;
  /** Maps anything an effect threw to plain data: an `Error` does not survive a recording. */
  readonly toFault: (thrown: unknown) => Fault;
  /** Called with every step before any of its effects begins. Must not throw. */
  readonly record: (entry: DriverEntry) => void;
  /** Called after every step, once its effects have begun. */
  readonly settled: (snapshot: NodeSnapshot) => void;
}

interface Timer {
  readonly handle: unknown;
  readonly dueMs: number;
}

/**
 * Runs one node's chart: folds events through the pure `transition()`, records each step, and only
 * then lets the effects of the step begin. Results come back as events, like every other fact.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #running = new Map<string, AbortController | Subscription>();
  readonly #timers = new Map<string, Timer>();
  readonly #queue: AnyEventObject[] = [];
  #snapshot: NodeSnapshot;
  #seq = 0;
  #busy = false;
  #settle: (snapshot: NodeSnapshot) => void = () => {};
  /** Resolves with the final snapshot once the chart has ended, and nothing of it runs any more. */
  readonly ended: Promise<NodeSnapshot>;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#snapshot = firstStep(options.settings).snapshot;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get snapshot(): NodeSnapshot {
    return this.#snapshot;
  }

  start(): void {
    this.#step(firstEvent, firstStep(this.#options.settings));
  }

  /** The delays of the chart that run now. */
  timers(): readonly PendingTimer[] {
    const nowMs = this.#options.clock.nowMs();
    return [...this.#timers].map(([id, { dueMs }]) => ({ id, leftMs: Math.max(0, dueMs - nowMs) }));
  }

  /** Takes a fact in. Facts that arrive while one is worked on wait for their turn. */
  send(event: NodeEvent): void {
    this.#enqueue(event);
  }

  #enqueue(event: AnyEventObject): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (this.#snapshot.status !== 'active') continue;
        this.#step(next, nextStep(this.#snapshot, next));
      }
    } finally {
      this.#busy = false;
    }
  }

  #step(event: AnyEventObject, step: Step): void {
    const { snapshot, effects } = step;
    this.#snapshot = snapshot;
    this.#seq += 1;
    const { record, settled, clock } = this.#options;
    record({ ...step, seq: this.#seq, atMs: clock.nowMs(), event });
    for (const effect of effects) this.#perform(effect);
    settled(snapshot);
    if (snapshot.status !== 'active') this.#end(snapshot);
  }

  #perform(effect: StepEffect): void {
    switch (effect.kind) {
      case 'start':
        this.#begin(effect.id, effect.src, effect.input);
        break;
      case 'stop':
        this.#halt(effect.id);
        break;
      case 'schedule':
        this.#schedule(effect.id, effect.event, effect.delayMs);
        break;
      case 'cancel':
        this.#cancel(effect.id);
        break;
    }
  }

  #begin(id: string, src: string, input: unknown): void {
    const { effects, observers } = this.#options;
    if (src in observers) {
      const observe = observers[src as keyof Observers] as (
        input: unknown,
      ) => Observable<NodeEvent>;
      this.#running.set(id, this.#listen(id, observe(input)));
      return;
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    const perform = effects[src as keyof Effects] as (
      input: unknown,
      signal: AbortSignal,
    ) => Promise<unknown>;
    const answer = (event: AnyEventObject) => {
      if (controller.signal.aborted || this.#running.get(id) !== controller) return;
      this.#enqueue({ ...event, actorId: id });
    };
    perform(input, controller.signal).then(
      (output) => answer({ type: `xstate.done.actor.${id}`, output }),
      (thrown) =>
        answer({ type: `xstate.error.actor.${id}`, error: this.#options.toFault(thrown) }),
    );
  }

  #listen(id: string, facts: Observable<NodeEvent>): Subscription {
    return facts.subscribe({
      next: (event) => this.#enqueue(event),
      error: (thrown) => {
        const error = this.#options.toFault(thrown);
        this.#enqueue({ type: `xstate.error.actor.${id}`, error, actorId: id });
      },
    });
  }

  #halt(id: string): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    if (running instanceof AbortController) running.abort();
    else running?.unsubscribe();
  }

  #schedule(id: string, event: AnyEventObject, delayMs: number): void {
    this.#cancel(id);
    const { clock } = this.#options;
    const fire = () => {
      this.#timers.delete(id);
      this.#enqueue(event);
    };
    const dueMs = clock.nowMs() + delayMs;
    this.#timers.set(id, { handle: clock.setTimeout(fire, delayMs), dueMs });
  }

  #cancel(id: string): void {
    this.#options.clock.clearTimeout(this.#timers.get(id)?.handle);
    this.#timers.delete(id);
  }

  #end(snapshot: NodeSnapshot): void {
    for (const id of [...this.#timers.keys()]) this.#cancel(id);
    for (const id of [...this.#running.keys()]) this.#halt(id);
    this.#settle(snapshot);
  }
}
