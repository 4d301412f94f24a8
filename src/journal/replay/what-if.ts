import type { NodeSettings } from '../../../machines/node/context.ts';
import {
  firstStep,
  type NodeSnapshot,
  nextStep,
  type Step,
  snapshotOf,
} from '../../../machines/node/step.ts';
import type { Entry, Header } from '../entry.ts';
import { areAlike, type Conduct, conductOf } from './conduct.ts';
import { RemovalCap } from './removal-cap.ts';
import type { Folded } from './run-fold.ts';
import { isContext, isSettings } from './settings-shape.ts';

/** The first moment at which a node would have done something else. */
export interface ConductDifference {
  /** Of the entry at which it shows. */
  readonly seq: number;
  readonly atMs: number;
  readonly event: Entry['event'];
  /** Where something would have come at another time or otherwise: what. */
  readonly because: string | null;
  readonly recorded: Conduct;
  readonly instead: Conduct;
}

/** A timer that runs for another time than the recorded one of the same id. */
interface OwnTimer {
  readonly dueMs: number;
  readonly event: Entry['event'];
  readonly hasFired: boolean;
}

/**
 * Folds a run's inputs once more under other settings, beside the fold of the recorded ones, up to
 * the first difference in conduct. The cluster size is everybody's: wherever an input says the old
 * one, the new one stands. Timers of another length fire by the log's clock.
 */
export class WhatIf {
  readonly #change: (settings: NodeSettings) => NodeSettings;
  readonly #timers = new Map<string, OwnTimer>();
  readonly #cap = new RemovalCap();
  #header: Header | null = null;
  /** Of the entry taken in last. */
  #seq = 0;
  #settings: NodeSettings | null = null;
  #changed: NodeSettings | null = null;
  #snapshot: NodeSnapshot | null = null;

  constructor(change: (settings: NodeSettings) => NodeSettings) {
    this.#change = change;
  }

  /** Takes in what the recorded settings led to, and says whether these would lead elsewhere. */
  take(header: Header, folded: Folded): ConductDifference | null {
    if (header !== this.#header) this.#begin(header);
    this.#seq = folded.entry.seq;
    return this.#fireTimers(folded) ?? this.#follow(folded);
  }

  #begin(header: Header): void {
    const { settings, checkpoint } = header;
    const goesOn = checkpoint !== null && checkpoint.seq === this.#seq;
    this.#header = header;
    if (goesOn || !isSettings(settings)) return;
    this.#settings = settings;
    this.#changed = this.#change(settings);
    this.#timers.clear();
    if (checkpoint === null || !isContext(checkpoint.context)) return;
    const context = { ...this.#resize(checkpoint.context), settings: this.#changed };
    this.#snapshot = snapshotOf({ ...checkpoint, context });
  }

  #fireTimers({ entry, before }: Folded): ConductDifference | null {
    for (const [id, timer] of this.#timers) {
      const isDue = !timer.hasFired && timer.dueMs <= entry.atMs;
      if (!isDue || this.#snapshot === null || before === null) continue;
      this.#timers.set(id, { ...timer, hasFired: true });
      const step = nextStep(this.#snapshot, timer.event);
      const recorded = conductOf({ snapshot: before, effects: [] });
      const instead = conductOf(step);
      if (!areAlike(recorded, instead)) {
        const because = `${delayOf(id)} would have run out by then`;
        const { seq } = entry;
        return { seq, atMs: timer.dueMs, event: timer.event, because, recorded, instead };
      }
      this.#snapshot = step.snapshot;
    }
    return null;
  }

  #follow(folded: Folded): ConductDifference | null {
    const { entry } = folded;
    const recorded = conductOf(folded);
    const differing = (instead: Conduct, because: string | null): ConductDifference | null => {
      const { seq, atMs, event } = entry;
      return areAlike(recorded, instead) ? null : { seq, atMs, event, because, recorded, instead };
    };
    const before = this.#snapshot;
    if (before !== null && this.#timers.has(entry.event.type)) {
      // It fires by the log's clock, and has its own turn.
      const stays = conductOf({ snapshot: before, effects: [] });
      return differing(stays, `${delayOf(entry.event.type)} would have run out at another time`);
    }
    const recordedCap = this.#settings?.policy.maxRemovalsPerHour ?? 0;
    const other = before === null ? null : this.#cap.judge(entry, before, recordedCap);
    const event = this.#resize(
      other === null ? entry.event : { ...entry.event, output: other.outcome },
    );
    const step = this.#step(event);
    if (step === null) return null;
    this.#takeTimers(folded, step);
    this.#snapshot = step.snapshot;
    return differing(conductOf(step), other?.because ?? null);
  }

  #step(event: Entry['event']): Step | null {
    if (this.#snapshot !== null) return nextStep(this.#snapshot, event);
    return this.#changed === null ? null : firstStep(this.#changed);
  }

  #resize<T>(value: T): T {
    const from = this.#settings?.requiredSize;
    const to = this.#changed?.requiredSize;
    return from === undefined || to === undefined || from === to
      ? value
      : (resized(value, { from, to }) as T);
  }

  #takeTimers({ entry, effects }: Folded, step: Step): void {
    for (const effect of step.effects) {
      if (effect.kind === 'cancel') this.#timers.delete(effect.id);
      if (effect.kind !== 'schedule') continue;
      const { id, delayMs, event } = effect;
      const isShared = effects.some(
        (one) => one.kind === 'schedule' && one.id === id && one.delayMs === delayMs,
      );
      if (isShared) this.#timers.delete(id);
      else this.#timers.set(id, { dueMs: entry.atMs + delayMs, event, hasFired: false });
    }
  }
}

/** The chart's name of a delay, out of the timer's id. */
function delayOf(timerId: string): string {
  return `the delay ${/^xstate\.after\.([^.]+)/.exec(timerId)?.[1] ?? timerId}`;
}

function resized(value: unknown, sizes: { readonly from: number; readonly to: number }): unknown {
  if (Array.isArray(value)) return value.map((item) => resized(item, sizes));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'requiredSize' && inner === sizes.from ? sizes.to : resized(inner, sizes),
    ]),
  );
}
