import type { InspectedDecision, InspectedStep } from '../../machines/inspect-report.ts';
import type { Decision } from '../../machines/lifecycle/decision.ts';
import { ownReasonOf } from '../../machines/node/reason-of.ts';
import { statePath } from '../../machines/state-path.ts';
import type { DriverEntry } from './driver.ts';
import { summaryOf } from './inspect-summary.ts';

export interface StepBounds {
  /** How many steps are kept at most. */
  readonly steps: number;
  /** How many of them may have changed nothing: probes must not push out what happened. */
  readonly quiet: number;
}

/** The latest steps of a node, in memory. */
export class InspectSteps {
  readonly #bounds: StepBounds;
  #steps: InspectedStep[] = [];
  #state = '';
  #decision = '';

  constructor(bounds: StepBounds) {
    this.#bounds = bounds;
  }

  note(entry: DriverEntry): void {
    const step = this.#stepOf(entry);
    if (isQuiet(step) && this.#fold(step)) return;
    this.#steps.push(step);
    this.#forget();
  }

  /** The steps that happened, or had others folded into them, after the one with this number. */
  after(seq: number): readonly InspectedStep[] {
    return this.#steps.filter(({ lastSeq }) => lastSeq > seq);
  }

  #stepOf({ seq, atMs, event, snapshot, effects }: DriverEntry): InspectedStep {
    const { decision } = snapshot.context;
    const from = this.#state;
    const to = statePath(snapshot.value);
    const decided = JSON.stringify(decision);
    const isNew = decision !== null && decided !== this.#decision;
    this.#state = to;
    this.#decision = decided;
    return {
      seq,
      atMs,
      lastSeq: seq,
      lastAtMs: atMs,
      times: 1,
      event: event.type,
      summary: summaryOf(event),
      from: from === '' ? to : from,
      to,
      effects: effects.flatMap((effect) =>
        effect.kind === 'start' ? [{ id: effect.id, reason: ownReasonOf(effect) }] : [],
      ),
      decision: isNew ? inspectedDecision(decision) : null,
    };
  }

  /** Into the step that says the same, if nothing has happened since. */
  #fold({ event, summary, lastSeq, lastAtMs }: InspectedStep): boolean {
    for (let index = this.#steps.length - 1; index >= 0; index -= 1) {
      const earlier = this.#steps[index];
      if (earlier === undefined || !isQuiet(earlier)) return false;
      if (earlier.event !== event || earlier.summary !== summary) continue;
      this.#steps[index] = { ...earlier, lastSeq, lastAtMs, times: earlier.times + 1 };
      return true;
    }
    return false;
  }

  #forget(): void {
    const { steps, quiet } = this.#bounds;
    if (this.#steps.filter(isQuiet).length > quiet) {
      this.#steps.splice(this.#steps.findIndex(isQuiet), 1);
    }
    if (this.#steps.length > steps) this.#steps.shift();
  }
}

/** It moved nothing, began nothing and decided nothing. */
function isQuiet({ from, to, effects, decision }: InspectedStep): boolean {
  return from === to && effects.length === 0 && decision === null;
}

export function inspectedDecision({ kind, rule, reason, facts }: Decision): InspectedDecision {
  return { kind, rule, reason, facts };
}
