import type { AnyStateNode } from 'xstate';
import { type NodeMachine, nodeMachine } from '../../machines/node/machine.ts';
import type { Checkpoint } from '../../machines/node/step.ts';

/** How often each part of the chart was reached, by its name. */
export type Counts = Map<string, number>;

/** What runs have reached of the node's chart. */
export class Coverage {
  readonly states: Counts = new Map();
  readonly transitions: Counts = new Map();
  /** How often each guard held, and did not. */
  readonly guardsHeld: Counts = new Map();
  readonly guardsFailed: Counts = new Map();
  /** How often each rule was the reason for a decision or an effect, or the ground of a refusal. */
  readonly rules: Counts = new Map();

  /** The chart at rest in each state, as a run came there. */
  readonly samples = new Map<string, Checkpoint>();

  /** Adds what others have counted. */
  add(other: CoverageData): void {
    for (const name of parts) {
      for (const [key, count] of Object.entries(other[name])) tally(this[name], key, count);
    }
    for (const [state, sample] of Object.entries(other.samples)) {
      if (!this.samples.has(state)) this.samples.set(state, sample);
    }
  }

  data(): CoverageData {
    const plain = (counts: Counts) => Object.fromEntries([...counts].sort());
    return {
      states: plain(this.states),
      transitions: plain(this.transitions),
      guardsHeld: plain(this.guardsHeld),
      guardsFailed: plain(this.guardsFailed),
      rules: plain(this.rules),
      samples: Object.fromEntries(this.samples),
    };
  }
}

const parts = ['states', 'transitions', 'guardsHeld', 'guardsFailed', 'rules'] as const;
/** The same as plain data: it goes from thread to thread. */
export type CoverageData = Readonly<
  Record<(typeof parts)[number], Readonly<Record<string, number>>>
> & { readonly samples: Readonly<Record<string, Checkpoint>> };

export function tally(counts: Counts, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** The action that a marked chart adds to each transition: it says which one was taken. */
const markAction = 'simulation.mark';

/**
 * A copy of the node's chart that behaves the same, and tells which guards it asked and which
 * transitions it took.
 */
export function markedChart(coverage: Coverage): NodeMachine {
  const guards = nodeMachine.implementations.guards as Readonly<Record<string, Guard>>;
  const counted = Object.fromEntries(
    Object.entries(guards).map(([name, guard]) => {
      const asked: Guard = (args, params) => {
        const holds = guard(args, params);
        tally(holds ? coverage.guardsHeld : coverage.guardsFailed, name);
        return holds;
      };
      return [name, asked];
    }),
  );
  const marked = nodeMachine.provide({ guards: counted as never });
  for (const state of statesOf(marked.root)) markTransitions(state);
  return marked;
}

type Guard = (args: unknown, params: unknown) => boolean;

/** Every transition of a chart by the name under which it is counted. */
export function transitionNames(machine: NodeMachine): readonly string[] {
  return statesOf(machine.root).flatMap((state) =>
    transitionsOf(state).map((transition, index) => nameOf(state, transition, index)),
  );
}

export function stateNames(machine: NodeMachine): readonly string[] {
  return statesOf(machine.root).map(({ id }) => id);
}

export function guardNames(): readonly string[] {
  return Object.keys(nodeMachine.implementations.guards);
}

/** Counts the transitions that these actions of a marked chart tell of. */
export function countMarks(
  coverage: Coverage,
  actions: readonly { readonly type: string; readonly params?: unknown }[],
): void {
  for (const { type, params } of actions) {
    if (type !== markAction) continue;
    const { name, targets } = params as Mark;
    tally(coverage.transitions, name);
    for (const target of targets) tally(coverage.states, target);
  }
}

interface Mark {
  readonly name: string;
  /** Also states that are left in the same step. */
  readonly targets: readonly string[];
}

interface Transition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target?: readonly AnyStateNode[] | undefined;
  actions: readonly unknown[];
}

function markTransitions(state: AnyStateNode): void {
  transitionsOf(state).forEach((transition, index) => {
    const targets = transition.target?.flatMap(enteredWith) ?? [];
    const params: Mark = { name: nameOf(state, transition, index), targets };
    transition.actions = [...transition.actions, { type: markAction, params }];
  });
}

/** A state, and what is entered inside of it by itself. */
function enteredWith(state: AnyStateNode): readonly string[] {
  const inside =
    state.type === 'parallel' ? Object.values(state.states) : (state.initial?.target ?? []);
  return [state.id, ...inside.flatMap(enteredWith)];
}

function transitionsOf(state: AnyStateNode): readonly Transition[] {
  const all = [...state.transitions.values()].flat();
  return [...all, ...(state.always ?? [])] as unknown as readonly Transition[];
}

function statesOf(state: AnyStateNode): readonly AnyStateNode[] {
  return [state, ...Object.values(state.states).flatMap(statesOf)];
}

/** The index keeps apart what differs in a guard's parameters only. */
function nameOf(state: AnyStateNode, { eventType, guard, target }: Transition, index: number) {
  const guardName = typeof guard === 'string' ? guard : ((guard as { type?: string })?.type ?? '');
  const when = guardName === '' ? '' : ` [${guardName}]`;
  const to = target?.map(({ id }) => id).join(', ') ?? '(stays)';
  return `${state.id} #${index} ${eventType === '' ? 'always' : eventType}${when} → ${to}`;
}
