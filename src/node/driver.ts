import type { Observable, Subscription } from 'rxjs';
import {
  type AnyEventObject,
  type EventFromLogic,
  initialTransition,
  type SnapshotFrom,
  transition,
} from 'xstate';
import type { Fault } from '../../machines/facts.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeEffects, NodeObservers } from '../../machines/node/effects.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import { type NodeMachine, nodeMachine } from '../../machines/node/machine.ts';
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

export type NodeSnapshot = SnapshotFrom<NodeMachine>;

/** An effect that a transition asked for or called off, as data. */
export interface RecordedEffect {
  readonly kind: 'start' | 'stop' | 'schedule' | 'cancel';
  readonly id: string;
  readonly input?: unknown;
  readonly delayMs?: number;
}

/** One step of the chart: what came in, and what followed from it. */
export interface DriverEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly event: AnyEventObject;
  readonly snapshot: NodeSnapshot;
  readonly effects: readonly RecordedEffect[];
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

type Action = ReturnType<typeof transition<NodeMachine>>[1][number];

/**
 * Runs one node's chart: folds events through the pure `transition()`, records each step, and only
 * then lets the effects of the step begin. Results come back as events, like every other fact.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #running = new Map<string, AbortController | Subscription>();
  readonly #timers = new Map<string, unknown>();
  readonly #queue: AnyEventObject[] = [];
  #snapshot: NodeSnapshot;
  #seq = 0;
  #busy = false;
  #settle: (snapshot: NodeSnapshot) => void = () => {};
  /** Resolves with the final snapshot once the chart has ended, and nothing of it runs any more. */
  readonly ended: Promise<NodeSnapshot>;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#snapshot = initialTransition(nodeMachine, options.settings)[0];
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get snapshot(): NodeSnapshot {
    return this.#snapshot;
  }

  start(): void {
    this.#step({ type: 'xstate.init' }, () =>
      initialTransition(nodeMachine, this.#options.settings),
    );
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
        const current = next as EventFromLogic<NodeMachine>;
        this.#step(next, () => transition(nodeMachine, this.#snapshot, current));
      }
    } finally {
      this.#busy = false;
    }
  }

  #step(event: AnyEventObject, take: () => [NodeSnapshot, Action[]]): void {
    const [snapshot, actions] = take();
    this.#snapshot = snapshot;
    this.#seq += 1;
    this.#options.record({
      seq: this.#seq,
      atMs: this.#options.clock.nowMs(),
      event,
      snapshot,
      effects: actions.flatMap(recordedEffect),
    });
    for (const action of actions) this.#perform(action);
    this.#options.settled(snapshot);
    if (snapshot.status !== 'active') this.#end(snapshot);
  }

  #perform(action: Action): void {
    const effect = recordedEffect(action)[0];
    switch (effect?.kind) {
      case 'start':
        this.#begin(effect.id, String(paramsOf(action)['src']), effect.input);
        break;
      case 'stop':
        this.#halt(effect.id);
        break;
      case 'schedule':
        this.#schedule(effect.id, paramsOf(action)['event'] as AnyEventObject, effect.delayMs ?? 0);
        break;
      case 'cancel':
        this.#cancel(effect.id);
        break;
      case undefined:
        break;
    }
  }

  #begin(id: string, src: string, input: unknown): void {
    const { effects, observers } = this.#options;
    if (src in observers) {
      const observe = observers[src as keyof Observers] as (
        input: unknown,
      ) => Observable<NodeEvent>;
      this.#running.set(id, this.#listen(src, observe(input)));
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

  #listen(observer: string, facts: Observable<NodeEvent>): Subscription {
    return facts.subscribe({
      next: (event) => this.#enqueue(event),
      error: (thrown) =>
        this.#enqueue({
          type: 'observer.failed',
          observer,
          fault: this.#options.toFault(thrown),
        }),
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
    const fire = () => {
      this.#timers.delete(id);
      this.#enqueue(event);
    };
    this.#timers.set(id, this.#options.clock.setTimeout(fire, delayMs));
  }

  #cancel(id: string): void {
    this.#options.clock.clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  #end(snapshot: NodeSnapshot): void {
    for (const id of [...this.#timers.keys()]) this.#cancel(id);
    for (const id of [...this.#running.keys()]) this.#halt(id);
    this.#settle(snapshot);
  }
}

function paramsOf(action: Action): Readonly<Record<string, unknown>> {
  return (action.params ?? {}) as Readonly<Record<string, unknown>>;
}

/** An action of XState's as our own data; context updates are no effects, and are left out. */
function recordedEffect(action: Action): readonly RecordedEffect[] {
  const params = paramsOf(action);
  switch (action.type as string) {
    case 'xstate.spawnChild':
      return [{ kind: 'start', id: String(params['id']), input: params['input'] }];
    case 'xstate.stopChild':
      return [{ kind: 'stop', id: String(params['id']) }];
    case 'xstate.raise':
      return [
        { kind: 'schedule', id: String(params['id']), delayMs: Number(params['delay'] ?? 0) },
      ];
    case 'xstate.cancel':
      return [{ kind: 'cancel', id: String(params['sendId']) }];
    default:
      return [];
  }
}
