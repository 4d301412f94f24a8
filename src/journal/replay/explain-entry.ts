import type { Decision } from '../../../machines/lifecycle/decision.ts';
import { statePath } from '../../../machines/state-path.ts';
import type { Entry } from '../entry.ts';
import type { Folded } from './run-fold.ts';
import { sameJson } from './same-json.ts';

/** Why a node was in its state at one entry: everything that the log and the chart say of it. */
export interface Explanation {
  readonly seq: number;
  readonly atMs: number;
  readonly event: Entry['event'];
  /** Null where the run begins. */
  readonly before: string | null;
  readonly after: string;
  /** Sequence number of the entry at which the state became what it is. */
  readonly stateSinceSeq: number;
  readonly decision: Decision | null;
  /** Of the entry at which it was decided so, as far back as the log reaches. */
  readonly decidedAtSeq: number;
  readonly effects: Entry['effects'];
  readonly changed: readonly ContextChange[];
}

/** One thing that the chart remembers, before and after, as short JSON. */
export interface ContextChange {
  /** `pid`, or `identity.memberId` where something inside changed. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Follows a run, so that it can say of its latest entry why it is so. */
export class Explainer {
  #state = { text: '', seq: 0 };
  #decision: { readonly value: Decision | null; readonly seq: number } = { value: null, seq: 0 };

  note({ entry, snapshot }: Folded): void {
    const text = statePath(snapshot.value);
    if (text !== this.#state.text) this.#state = { text, seq: entry.seq };
    const { decision } = snapshot.context;
    if (!sameJson(decision, this.#decision.value)) {
      this.#decision = { value: decision, seq: entry.seq };
    }
  }

  /** Of the entry that was noted last. */
  explain({ entry, before, snapshot }: Folded): Explanation {
    return {
      seq: entry.seq,
      atMs: entry.atMs,
      event: entry.event,
      before: before === null ? null : statePath(before.value),
      after: statePath(snapshot.value),
      stateSinceSeq: this.#state.seq,
      decision: snapshot.context.decision,
      decidedAtSeq: this.#decision.seq,
      effects: entry.effects,
      changed: before === null ? [] : contextChanges(before.context, snapshot.context),
    };
  }
}

/** What the log alone says, where the chart can no longer be rebuilt. */
export function explainRecorded(entry: Entry, before: string | null): Explanation {
  const { seq, atMs, event, state, effects } = entry;
  const unknown = { decision: null, decidedAtSeq: seq, stateSinceSeq: seq, changed: [] };
  return { seq, atMs, event, before, after: state, effects, ...unknown };
}

function contextChanges(before: object, after: object): readonly ContextChange[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([name, now]) => changesIn(name, old.get(name), now));
}

function changesIn(name: string, before: unknown, after: unknown): readonly ContextChange[] {
  if (sameJson(before, after)) return [];
  if (!isPlainObject(before) || !isPlainObject(after)) {
    return [{ name, before: short(before), after: short(after) }];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys]
    .filter((key) => !sameJson(before[key], after[key]))
    .map((key) => ({
      name: `${name}.${key}`,
      before: short(before[key]),
      after: short(after[key]),
    }));
}

const longest = 120;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
