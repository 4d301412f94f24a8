import { describe, expect, test } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { createMachine, fromEventObservable, fromPromise, setup } from 'xstate';
import { charts } from '../../machines/index.ts';
import { rules } from '../../machines/rules.ts';
import { withDescendants } from '../../src/visualize/chart.ts';
import { ANONYMOUS } from '../../src/visualize/names.ts';
import { readChart } from '../../src/visualize/read-chart.ts';

const checks: Readonly<Record<string, (machine: AnyStateMachine) => readonly string[]>> = {
  'gives every state a description': (machine) =>
    statesOf(machine).flatMap(({ id, description }) => (description === null ? [id] : [])),

  'names every guard, action and actor': (machine) =>
    statesOf(machine).flatMap(({ id, entry, exit, invokes, transitions }) => {
      const names = [
        ...entry,
        ...exit,
        ...invokes.map(({ src }) => src),
        ...transitions.flatMap(({ guard, actions }) => [guard ?? '', ...actions]),
      ];
      return names.filter((name) => name.includes(ANONYMOUS)).map((name) => `${id}: ${name}`);
    }),

  'takes no event by a bare *': (machine) =>
    statesOf(machine).flatMap(({ id, transitions }) =>
      transitions.flatMap(({ trigger }) => (trigger === '*' ? [id] : [])),
    ),

  'leads every transition to a state': (machine) => {
    const states = statesOf(machine);
    const ids = new Set(states.map(({ id }) => id));
    return states
      .flatMap(({ transitions }) => transitions)
      .flatMap(({ source, targets }) =>
        targets.filter((target) => !ids.has(target)).map((target) => `${source}: ${target}`),
      );
  },

  'can enter every state': (machine) => {
    const states = statesOf(machine);
    const entered = [
      ...states.flatMap(({ transitions }) => transitions.flatMap(({ targets }) => targets)),
      ...states.flatMap(({ initial }) => initial ?? []),
      ...states.flatMap(({ kind, states: inner }) =>
        kind === 'parallel' ? inner.map(({ id }) => id) : [],
      ),
    ];
    return states
      .slice(1)
      .filter(({ id }) => !entered.some((one) => one === id || one.startsWith(`${id}.`)))
      .map(({ id }) => id);
  },

  'cites rules that exist': (machine) =>
    statesOf(machine)
      .flatMap(({ transitions }) => transitions)
      .flatMap(({ source, trigger, rules: cited }) =>
        cited.filter((rule) => !(rule in rules)).map((rule) => `${source}, ${trigger}: ${rule}`),
      ),

  'awaits every outcome of what it invokes': findUnawaited,
};

function statesOf(machine: AnyStateMachine) {
  return withDescendants(readChart(machine.id, machine).root);
}

/** A stream may fail; whatever else is invoked may also succeed. */
function findUnawaited(machine: AnyStateMachine): readonly string[] {
  return nodesOf(machine.root).flatMap((node) =>
    node.invoke.flatMap(({ id, src }) => {
      const outcomes = isStream(machine, src) ? ['error'] : ['done', 'error'];
      return outcomes
        .filter((outcome) => !node.transitions.has(`xstate.${outcome}.actor.${id}`))
        .map((outcome) => `${node.id}: ${id}: ${outcome}`);
    }),
  );
}

function isStream(machine: AnyStateMachine, src: unknown): boolean {
  const logic: unknown =
    typeof src === 'string' ? Reflect.get(machine.implementations.actors, src) : src;
  if (typeof logic !== 'object' || logic === null || !('getInitialSnapshot' in logic)) {
    return false;
  }
  const { getInitialSnapshot } = logic;
  const snapshot: unknown =
    typeof getInitialSnapshot === 'function' ? getInitialSnapshot({}, undefined) : null;
  return typeof snapshot === 'object' && snapshot !== null && '_subscription' in snapshot;
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

describe.each(Object.entries(charts))('the %s chart', (_, machine) => {
  test.each(Object.entries(checks))('%s', (_title, check) => {
    expect(check(machine)).toEqual([]);
  });
});

describe('each of these checks', () => {
  const described = { description: 'x' };

  test.each<[string, AnyStateMachine]>([
    ['gives every state a description', createMachine({ id: 'x' })],
    ['names every guard, action and actor', createMachine({ on: { go: { guard: () => true } } })],
    ['names every guard, action and actor', createMachine({ entry: () => undefined })],
    ['takes no event by a bare *', createMachine({ on: { '*': { actions: 'x' } } })],
    [
      'can enter every state',
      createMachine({ initial: 'a', states: { a: described, b: described } }),
    ],
    ['cites rules that exist', createMachine({ on: { go: { meta: { rule: 'S99' } } } })],
    [
      'awaits every outcome of what it invokes',
      setup({ actors: { call: fromPromise(() => Promise.resolve()) } }).createMachine({
        invoke: { src: 'call', onError: { actions: [] } },
      }),
    ],
    [
      'awaits every outcome of what it invokes',
      setup({
        actors: {
          stream: fromEventObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) })),
        },
      }).createMachine({ invoke: { src: 'stream' } }),
    ],
  ])('fires: %s', (title, machine) => {
    expect(checks[title]?.(machine)).toHaveLength(1);
  });

  test('lets a stream go without an end', () => {
    const machine = setup({
      actors: { stream: fromEventObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) })) },
    }).createMachine({ invoke: { src: 'stream', onError: { actions: [] } } });
    expect(findUnawaited(machine)).toEqual([]);
  });

  test('a target that does not exist cannot even be loaded', () => {
    expect(() => createMachine({ on: { go: '.nowhere' } })).toThrow(/nowhere/);
  });
});
