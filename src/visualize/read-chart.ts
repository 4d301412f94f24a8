import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Chart, ChartState, ChartTransition, TriggerKind } from './chart.ts';
import { nameOfAction, nameOfGuard } from './names.ts';

/** Reads an XState machine into plain data. The machine is only looked at, never started. */
export function readChart(name: string, machine: AnyStateMachine): Chart {
  return { name, root: readState(machine.root) };
}

function readState(node: AnyStateNode): ChartState {
  return {
    id: idOf(node),
    key: node.key,
    kind: node.type,
    description: node.description?.replace(/\s+/g, ' ').trim() ?? null,
    tags: [...node.tags].sort(),
    initial: node.type === 'compound' ? firstTarget(node) : null,
    entry: node.entry.filter(isOfTheChart).map(nameOfAction),
    exit: node.exit.filter(isOfTheChart).map(nameOfAction),
    invokes: node.invoke.map(({ id, src }) => ({
      id,
      src: typeof src === 'string' ? src : '(anonymous)',
    })),
    transitions: readTransitions(node),
    states: Object.values(node.states).map((child) => readState(child)),
    meta: node.meta ?? null,
  };
}

/**
 * XState keeps the timers of `after` among entry and exit actions; the chart's author wrote none.
 */
function isOfTheChart(action: unknown): boolean {
  if (typeof action !== 'function' || !('type' in action)) {
    return true;
  }
  const id = 'id' in action ? action.id : 'sendId' in action ? action.sendId : null;
  return typeof id !== 'string' || !id.startsWith('xstate.after.');
}

/** Where a state is in the chart, whatever id it was given: `node.running.etcd`. */
function idOf(node: AnyStateNode): string {
  return [node.machine.root.key, ...node.path].join('.');
}

function firstTarget(node: AnyStateNode): string | null {
  const [target] = node.initial.target;
  return target === undefined ? null : idOf(target);
}

/** A transition as XState resolves it; of `meta` nothing is known. */
interface ResolvedTransition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
  readonly description?: string | undefined;
  readonly meta?: unknown;
}

function readTransitions(node: AnyStateNode): readonly ChartTransition[] {
  const onEvents: readonly ResolvedTransition[] = [...node.transitions.values()].flat();
  const always: readonly ResolvedTransition[] = node.always ?? [];
  const actors = new Map(node.invoke.map(({ id, src }) => [id, src]));
  const read = (transition: ResolvedTransition, trigger: Trigger): ChartTransition => ({
    source: idOf(node),
    ...trigger,
    guard: transition.guard === undefined ? null : nameOfGuard(transition.guard),
    targets: (transition.target ?? []).map(idOf),
    actions: transition.actions.map(nameOfAction),
    reenter: transition.reenter,
    rules: rulesOf(transition.meta),
    description: transition.description?.replace(/\s+/g, ' ').trim() ?? null,
  });
  return [
    ...always.map((one) => read(one, { kind: 'always', trigger: 'always' })),
    ...onEvents.map((one) => read(one, triggerOf(one.eventType, node.id, actors))),
  ];
}

interface Trigger {
  readonly kind: TriggerKind;
  readonly trigger: string;
}

/** Turns XState's internal event names into words; any other event keeps its name. */
function triggerOf(
  eventType: string,
  stateId: string,
  actors: ReadonlyMap<string, unknown>,
): Trigger {
  const internal = /^xstate\.(after|done\.state|done\.actor|error\.actor|snapshot)\.(.+)$/;
  const [, family, subject = ''] = internal.exec(eventType) ?? [];
  const actor = actors.get(subject);
  const actorName = typeof actor === 'string' ? actor : subject;
  switch (family) {
    case 'after':
      return { kind: 'delay', trigger: `after ${delayName(subject, stateId)}` };
    case 'done.state':
      return { kind: 'done', trigger: 'done' };
    case 'done.actor':
      return { kind: 'done', trigger: `done: ${actorName}` };
    case 'error.actor':
      return { kind: 'error', trigger: `error: ${actorName}` };
    case 'snapshot':
      return { kind: 'snapshot', trigger: `update: ${actorName}` };
    default:
      return { kind: 'event', trigger: eventType };
  }
}

/** `<delay>.<state id>`: the delay is a name, or a number of milliseconds. */
function delayName(subject: string, stateId: string): string {
  const delay = subject.endsWith(`.${stateId}`) ? subject.slice(0, -stateId.length - 1) : subject;
  return /^\d+$/.test(delay) ? `${delay} ms` : delay;
}

function rulesOf(meta: unknown): readonly string[] {
  if (typeof meta !== 'object' || meta === null || !('rule' in meta)) {
    return [];
  }
  const rules = Array.isArray(meta.rule) ? meta.rule : [meta.rule];
  return rules.filter((rule) => typeof rule === 'string');
}

/**
 * Ids of all states that an XState state value says are active, parents included. The value may
 * come from anywhere, a log of another version say: what this chart does not know is left out.
 */
export function activeStates(chart: Chart, value: unknown): ReadonlySet<string> {
  const active = new Set<string>([chart.root.id]);
  const visit = (state: ChartState, inside: unknown): void => {
    const values = new Map<string, unknown>(
      typeof inside === 'string' ? [[inside, null]] : Object.entries(inside ?? {}),
    );
    for (const child of state.states.filter(({ key }) => values.has(key))) {
      active.add(child.id);
      visit(child, values.get(child.key));
    }
  };
  visit(chart.root, value);
  return active;
}
