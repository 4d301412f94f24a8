import { initialTransition, transition } from 'xstate';
import { ownReasonOf } from '../../../machines/node/reason-of.ts';
import {
  checkpointOf,
  type NodeSnapshot,
  type StepEffect,
  stepOf,
} from '../../../machines/node/step.ts';
import { statePath } from '../../../machines/state-path.ts';
import { type Coverage, countMarks, markedChart, tally } from '../coverage.ts';
import type { Life } from '../life.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/**
 * What every run of e2d has recorded leads to the same states, effects and context when it is
 * folded again from its plain text. On the way it is counted what the runs have reached.
 */
export class Replay implements Checker {
  readonly violations: Violation[] = [];
  readonly #coverage: Coverage;
  readonly #chart: ReturnType<typeof markedChart>;

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
    this.#chart = markedChart(coverage);
  }

  finish(world: World): void {
    for (const life of world.machines.flatMap(({ lives }) => lives)) {
      const sentence = this.#divergence(life);
      if (sentence !== null) {
        this.violations.push({ rule: 'replay', sentence, atMs: world.time.nowMs() });
      }
    }
  }

  #divergence({ machine, settings, entries }: Life): string | null {
    let current: NodeSnapshot | null = null;
    let value: unknown = null;
    for (const { seq, event, snapshot, effects } of entries) {
      const taken =
        current === null
          ? initialTransition(this.#chart, settings)
          : transition(this.#chart, current, JSON.parse(JSON.stringify(event)));
      countMarks(this.#coverage, taken[1]);
      const step = stepOf(taken);
      current = step.snapshot;
      this.#countReasons(step.effects);
      if (current.value !== value) this.#countStates(current);
      value = current.value;
      const same =
        statePath(current.value) === statePath(snapshot.value) &&
        (effects.length === 0 && step.effects.length === 0
          ? true
          : JSON.stringify(step.effects) === JSON.stringify(effects));
      if (!same) return `${machine.name} diverges at entry ${seq} (${event.type})`;
    }
    const live = entries.at(-1)?.snapshot;
    const isSame = JSON.stringify(current?.context) === JSON.stringify(live?.context);
    return isSame ? null : `${machine.name} ends in another context`;
  }

  #countStates(snapshot: NodeSnapshot): void {
    const { _nodes, context } = snapshot;
    for (const { id } of _nodes) {
      tally(this.#coverage.states, id);
      if (!this.#coverage.samples.has(id)) {
        this.#coverage.samples.set(id, plain(checkpointOf(snapshot)));
      }
    }
    if (context.decision !== null) tally(this.#coverage.rules, context.decision.rule);
    const { lastChange } = context;
    if (lastChange?.kind === 'refused') tally(this.#coverage.rules, lastChange.refusal.rule);
  }

  #countReasons(effects: readonly StepEffect[]): void {
    for (const effect of effects) {
      const reason = ownReasonOf(effect);
      if (reason !== null) tally(this.#coverage.rules, reason.rule);
    }
  }
}

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
