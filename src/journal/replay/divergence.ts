import { reasonOf } from '../../../machines/node/reason-of.ts';
import type { StepEffect } from '../../../machines/node/step.ts';
import type { Entry } from '../entry.ts';

type RecordedEffect = Entry['effects'][number];

/** Where a replay and its log part ways. "Expected" is what the log says. */
export interface Divergence {
  readonly seq: number;
  /** On the recording process's monotonic clock. */
  readonly atMs: number;
  readonly expectedState: string;
  /** What this version's chart comes to; null where it could not even take the entry in. */
  readonly actualState: string | null;
  /** Empty where the entry could not be taken in. */
  readonly differs: readonly ('state' | 'context' | 'effects')[];
  /** The first effect that differs; null on the side that has none. */
  readonly effect: EffectDifference | null;
  /** Why the entry could not be taken in. */
  readonly problem: string | null;
}

export interface EffectDifference {
  /** Among the effects of its entry, from 0. */
  readonly index: number;
  readonly expected: RecordedEffect | null;
  readonly actual: StepEffect | null;
}

/** An effect in a few words: what is done to whom, and why where it says so. */
export function effectWords(effect: RecordedEffect | StepEffect | null): string {
  if (effect === null) return 'none';
  const reason = reasonOf(effect);
  const because = reason === null ? '' : ` (${reason.rule}: ${reason.sentence})`;
  return effect.kind === 'schedule'
    ? `schedule ${effect.event.type} in ${effect.delayMs} ms`
    : `${effect.kind} ${effect.id}${because}`;
}
