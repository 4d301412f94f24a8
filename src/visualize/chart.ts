/** A statechart as plain data: what every picture, table and hash is made from. */
export interface Chart {
  /** The name under which the registry knows the machine, e.g. `node`. */
  readonly name: string;
  readonly root: ChartState;
}

type ChartStateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartState {
  /** Unique within the chart: `node.running.etcd`. */
  readonly id: string;
  /** The last part of the id; the root's is the machine's own id. */
  readonly key: string;
  readonly kind: ChartStateKind;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** Id of the child that is entered first; null unless `kind` is compound. */
  readonly initial: string | null;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invokes: readonly ChartInvoke[];
  readonly transitions: readonly ChartTransition[];
  readonly states: readonly ChartState[];
  readonly meta: unknown;
}

interface ChartInvoke {
  readonly id: string;
  readonly src: string;
}

/** Why a transition is looked at: what its event's name stands for. */
export type TriggerKind = 'event' | 'always' | 'delay' | 'done' | 'error' | 'snapshot';

export interface ChartTransition {
  /** Id of the state that declares it. */
  readonly source: string;
  readonly kind: TriggerKind;
  /** As a person says it: `peer.failed`, `after suspicionGrace`, `done: readIdentity`, `always`. */
  readonly trigger: string;
  readonly guard: string | null;
  /** State ids; none for a transition that stays where it is. */
  readonly targets: readonly string[];
  readonly actions: readonly string[];
  readonly reenter: boolean;
  /** Ids of the safety rules it serves (`meta.rule`, a string or a list of them). */
  readonly rules: readonly string[];
  readonly description: string | null;
}

/** The state and everything below it, parents before children, in the order of the chart. */
export function withDescendants(state: ChartState): readonly ChartState[] {
  return [state, ...state.states.flatMap(withDescendants)];
}

/** The id without the machine's own: `running.etcd`; the root's stays as it is. */
export function shortId(chart: Chart, id: string): string {
  const prefix = `${chart.root.id}.`;
  return id.startsWith(prefix) ? id.slice(prefix.length) : id;
}
