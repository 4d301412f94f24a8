import type { NodeContext } from '../../../machines/node/context.ts';
import {
  checkpointOf,
  firstEvent,
  firstStep,
  type NodeSnapshot,
  nextStep,
  type Step,
  snapshotOf,
} from '../../../machines/node/step.ts';
import { statePath } from '../../../machines/state-path.ts';
import { textOf } from '../../errors/e2d-error.ts';
import { contextHash } from '../context-hash.ts';
import type { Entry, Header } from '../entry.ts';
import type { Divergence, EffectDifference } from './divergence.ts';
import { sameJson } from './same-json.ts';
import { isContext, isSettings } from './settings-shape.ts';

/** An entry taken in: the chart before and after it. */
export interface Folded extends Step {
  readonly entry: Entry;
  /** Null before a run's first entry. */
  readonly before: NodeSnapshot | null;
}

type Checkpoint = NonNullable<Header['checkpoint']>;

/**
 * Rebuilds the chart of one run from its log, entry by entry, and compares. After a divergence
 * nothing more can be said of the run: the fold must be given up then.
 */
export class RunFold {
  #header: Header | null = null;
  #snapshot: NodeSnapshot | null = null;
  /** Of the entry taken in last; 0 before the first. */
  #seq = 0;
  #hashed: { readonly context: NodeContext; readonly hash: string } | null = null;

  get snapshot(): NodeSnapshot | null {
    return this.#snapshot;
  }

  /**
   * Begins a segment. Its checkpoint is compared where the log led up to it without a gap, and is
   * where the fold goes on from where it did not.
   */
  begin(header: Header): Divergence | null {
    this.#header = header;
    const { checkpoint, begunAtMs } = header;
    if (checkpoint === null) return null;
    const expectedState = statePath(checkpoint.value);
    const place = { seq: checkpoint.seq, atMs: begunAtMs, expectedState };
    if (this.#snapshot !== null && this.#seq === checkpoint.seq) {
      return this.#compareCheckpoint(checkpoint, this.#snapshot, place);
    }
    const { context } = checkpoint;
    if (!isContext(context)) {
      return notTaken(place, 'its checkpoint is not one of this version’s chart');
    }
    try {
      this.#snapshot = snapshotOf({ ...checkpoint, context });
    } catch (error) {
      return notTaken(place, `this version’s chart has no such state (${textOf(error)})`);
    }
    this.#seq = checkpoint.seq;
    return null;
  }

  /** Takes an entry in. @returns why it cannot be, where it cannot. */
  take(entry: Entry): Folded | Divergence {
    const { seq, atMs, state: expectedState } = entry;
    const place = { seq, atMs, expectedState };
    if (seq !== this.#seq + 1) {
      return { ...notTaken(place, orderProblem(seq, this.#seq)), actualState: this.#state() };
    }
    try {
      const before = this.#snapshot;
      const step = this.#step(entry);
      if (typeof step === 'string') return notTaken(place, step);
      this.#snapshot = step.snapshot;
      this.#seq = seq;
      return { ...step, entry, before };
    } catch (error) {
      return notTaken(place, `this version’s chart cannot take the event (${textOf(error)})`);
    }
  }

  /** Whether what was folded is what the log says of it. */
  compare({ entry, snapshot, effects }: Folded): Divergence | null {
    const actualState = statePath(snapshot.value);
    const sameState = actualState === entry.state;
    const sameContext = this.#hashOf(snapshot.context) === entry.contextHash;
    const effect = firstDifferentEffect(entry.effects, effects);
    if (sameState && sameContext && effect === null) return null;
    return {
      seq: entry.seq,
      atMs: entry.atMs,
      expectedState: entry.state,
      actualState,
      differs: [
        ...(sameState ? [] : (['state'] as const)),
        ...(sameContext ? [] : (['context'] as const)),
        ...(effect === null ? [] : (['effects'] as const)),
      ],
      effect,
      problem: null,
    };
  }

  #step({ event }: Entry): Step | string {
    if (this.#snapshot !== null) return nextStep(this.#snapshot, event);
    const settings: unknown = this.#header?.settings;
    if (event.type !== firstEvent.type) return `its run begins with ${event.type}`;
    if (!isSettings(settings)) return 'the log’s settings are not those of this version’s chart';
    return firstStep(settings);
  }

  #compareCheckpoint(
    checkpoint: Checkpoint,
    snapshot: NodeSnapshot,
    place: Place,
  ): Divergence | null {
    const own = checkpointOf(snapshot);
    const sameState = sameJson(own.value, checkpoint.value);
    const sameContext =
      this.#hashOf(own.context) === contextHash(checkpoint.context) &&
      sameJson([...own.children].sort(), [...checkpoint.children].sort());
    if (sameState && sameContext) return null;
    return {
      ...place,
      actualState: statePath(own.value),
      differs: sameState ? ['context'] : sameContext ? ['state'] : ['state', 'context'],
      effect: null,
      problem: null,
    };
  }

  #state(): string | null {
    return this.#snapshot === null ? null : statePath(this.#snapshot.value);
  }

  /** A hash costs as much as a step does: most steps leave the context as it was. */
  #hashOf(context: NodeContext): string {
    if (this.#hashed === null || !holdTheSame(this.#hashed.context, context)) {
      this.#hashed = { context, hash: contextHash(context) };
    }
    return this.#hashed.hash;
  }
}

/** Whether two contexts are certainly the same; nothing is looked into. */
function holdTheSame(a: NodeContext, b: NodeContext): boolean {
  if (a === b) return true;
  const keys = Object.keys(a) as (keyof NodeContext)[];
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => a[key] === b[key] || (isEmptyList(a[key]) && isEmptyList(b[key])))
  );
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

export function isDivergence(result: Folded | Divergence): result is Divergence {
  return 'problem' in result;
}

type Place = Pick<Divergence, 'seq' | 'atMs' | 'expectedState'>;

function notTaken(place: Place, problem: string): Divergence {
  return { ...place, actualState: null, differs: [], effect: null, problem };
}

function orderProblem(seq: number, last: number): string {
  if (last === 0) return `the log begins with entry ${seq}, and what led up to it is not there`;
  return seq > last
    ? `it follows entry ${last}: ${seq === last + 2 ? `entry ${seq - 1} is` : `entries ${last + 1} to ${seq - 1} are`} missing`
    : `it follows entry ${last}, out of order`;
}

function firstDifferentEffect(
  expected: Entry['effects'],
  actual: Step['effects'],
): EffectDifference | null {
  const length = Math.max(expected.length, actual.length);
  for (let index = 0; index < length; index += 1) {
    const [one = null, other = null] = [expected[index], actual[index]];
    if (!sameJson(one, other)) return { index, expected: one, actual: other };
  }
  return null;
}
