import {
  type AnyEventObject,
  type EventFromLogic,
  initialTransition,
  type SnapshotFrom,
  type StateValue,
  transition,
} from 'xstate';
import type { NodeContext, NodeSettings } from './context.ts';
import { type NodeMachine, nodeMachine } from './machine.ts';

export type NodeSnapshot = SnapshotFrom<NodeMachine>;

/** What a step asks for, as data: an actor to start or stop, a timer to set or cancel. */
export type StepEffect =
  | { readonly kind: 'start'; readonly id: string; readonly src: string; readonly input: unknown }
  | { readonly kind: 'stop'; readonly id: string }
  | {
      readonly kind: 'schedule';
      readonly id: string;
      readonly delayMs: number;
      readonly event: AnyEventObject;
    }
  | { readonly kind: 'cancel'; readonly id: string };

/** What follows from one event: the chart's next state, and what is to be done. */
export interface Step {
  readonly snapshot: NodeSnapshot;
  readonly effects: readonly StepEffect[];
}

/** The event under which a chart's first step is recorded. */
export const firstEvent = { type: 'xstate.init' } as const;

/** The step with which a node's life begins. */
export function firstStep(settings: NodeSettings): Step {
  return stepOf(initialTransition(nodeMachine, settings));
}

/** Folds one event in. Pure: the same snapshot and event give the same step, live and replayed. */
export function nextStep(snapshot: NodeSnapshot, event: AnyEventObject): Step {
  return stepOf(transition(nodeMachine, snapshot, event as EventFromLogic<NodeMachine>));
}

/** A chart at rest, as plain data: enough to go on folding events from there. */
export interface Checkpoint {
  readonly value: StateValue;
  readonly context: NodeContext;
  /** Ids of the actors that run. */
  readonly children: readonly string[];
}

export function checkpointOf({ value, context, children }: NodeSnapshot): Checkpoint {
  return { value, context, children: Object.keys(children) };
}

/**
 * The snapshot that a checkpoint was taken of. Its actors are mere names: they can be stopped, and
 * do nothing else. @throws Error when the chart has no such state.
 */
export function snapshotOf(
  { value, context, children }: Checkpoint,
  machine: NodeMachine = nodeMachine,
): NodeSnapshot {
  const snapshot = machine.resolveState({ value, context });
  const named = Object.fromEntries(children.map((id) => [id, { id }]));
  return Object.assign(snapshot, { children: named });
}

type Action = ReturnType<typeof transition<NodeMachine>>[1][number];

/** What XState's pure functions gave, as a step of ours. */
export function stepOf([snapshot, actions]: [NodeSnapshot, Action[]]): Step {
  return { snapshot, effects: actions.flatMap(effectOf) };
}

/** An action of XState's as our own data; context updates are no effects, and are left out. */
function effectOf(action: Action): readonly StepEffect[] {
  const params = (action.params ?? {}) as Readonly<Record<string, unknown>>;
  const id = String(params['id']);
  switch (action.type as string) {
    case 'xstate.spawnChild':
      return [{ kind: 'start', id, src: String(params['src']), input: params['input'] }];
    case 'xstate.stopChild':
      return [{ kind: 'stop', id }];
    case 'xstate.raise': {
      const event = params['event'] as AnyEventObject;
      return [{ kind: 'schedule', id, delayMs: Number(params['delay'] ?? 0), event }];
    }
    case 'xstate.cancel':
      return [{ kind: 'cancel', id: String(params['sendId']) }];
    default:
      return [];
  }
}
