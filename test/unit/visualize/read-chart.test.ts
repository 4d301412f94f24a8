import { describe, expect, test } from 'vitest';
import { createMachine, setup } from 'xstate';
import { type ChartTransition, withDescendants } from '../../../src/visualize/chart.ts';
import { definitionHash } from '../../../src/visualize/definition-hash.ts';
import { activeStates, readChart } from '../../../src/visualize/read-chart.ts';
import { doorMachine } from './door-chart.ts';

const door = readChart('door', doorMachine);

function stateOf(id: string) {
  const state = withDescendants(door.root).find((one) => one.id === id);
  if (state === undefined) {
    throw new Error(`no state ${id}`);
  }
  return state;
}

function spoken({ trigger, kind, guard, targets, rules }: ChartTransition) {
  return { trigger, kind, guard, targets, rules };
}

describe('reading a machine', () => {
  test('finds every state, parents before children, with what it says of itself', () => {
    expect(withDescendants(door.root).map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'door compound',
      'door.locked atomic',
      'door.opening atomic',
      'door.open parallel',
      'door.open.leaf compound',
      'door.open.leaf.still atomic',
      'door.open.leaf.swinging atomic',
      'door.open.lamp atomic',
      'door.barred atomic',
      'door.gone final',
    ]);
    expect(door.root).toMatchObject({
      description: 'A door that locks itself.',
      initial: 'door.locked',
    });
    expect(stateOf('door.open')).toMatchObject({ tags: ['serving'], initial: null });
    expect(stateOf('door.opening').invokes).toEqual([{ id: 'latch', src: 'openLatch' }]);
  });

  test('names events, guards, targets and rules as a person would', () => {
    expect(stateOf('door.locked').transitions.map(spoken)).toEqual([
      {
        trigger: 'key.turned',
        kind: 'event',
        guard: 'keyFits and not isJammed',
        targets: ['door.opening'],
        rules: ['S7'],
      },
      { trigger: 'door.pushed', kind: 'event', guard: null, targets: [], rules: [] },
    ]);
    expect(stateOf('door.locked').transitions[1]?.actions).toEqual(['countPush', 'ring(low)']);
    expect(door.root.transitions.map(spoken)[0]?.rules).toEqual(['S1', 'S2']);
  });

  test('shows the outcomes of an actor, time-outs and eventless transitions', () => {
    expect(stateOf('door.opening').transitions.map(({ trigger }) => trigger)).toEqual([
      'done: openLatch',
      'error: openLatch',
    ]);
    const swinging = stateOf('door.open.leaf.swinging');
    expect(swinging.transitions.map(({ trigger }) => trigger).sort()).toEqual([
      'after 20 ms',
      'after springBack',
    ]);
    expect(swinging.entry).toEqual([]);
    expect(swinging.exit).toEqual([]);
    expect(stateOf('door.barred').transitions.map(({ guard }) => guard)).toEqual([
      'mayEnter(fire brigade)',
    ]);
  });

  test('names a guard by those of its parameters that no event decides', () => {
    const gate = setup({
      types: {} as { events: { type: 'go'; who: string } },
      guards: { isOne: (_, _who: { who: string; is: string }) => true },
    }).createMachine({
      on: {
        go: {
          guard: {
            type: 'isOne',
            params: ({ event }: { event: { who: string } }) => ({ who: event.who, is: 'friend' }),
          },
        },
      },
    });
    expect(readChart('gate', gate).root.transitions).toMatchObject([{ guard: 'isOne(friend)' }]);
  });

  test('says so where an action or a guard has no name', () => {
    const nameless = createMachine({
      on: { go: { guard: () => true, actions: () => undefined } },
    });
    expect(readChart('nameless', nameless).root.transitions).toMatchObject([
      { guard: '(anonymous)', actions: ['(anonymous)'] },
    ]);
  });

  test('finds a state by its place even where it was given an id of its own', () => {
    const own = createMachine({
      id: 'own',
      initial: 'a',
      states: { a: { id: 'special', on: { go: '#other' } }, b: { id: 'other' } },
    });
    expect(readChart('own', own).root.states[0]).toMatchObject({
      id: 'own.a',
      transitions: [{ source: 'own.a', targets: ['own.b'] }],
    });
  });
});

test('the active states of a value are the named ones and all around them', () => {
  expect([...activeStates(door, { open: { leaf: 'still', lamp: {} } })]).toEqual([
    'door',
    'door.open',
    'door.open.leaf',
    'door.open.leaf.still',
    'door.open.lamp',
  ]);
  expect([...activeStates(door, 'locked')]).toEqual(['door', 'door.locked']);
});

test('a value of another chart gives the states that this one knows', () => {
  expect([...activeStates(door, { open: { hinge: 'bent', lamp: 7 } })]).toEqual([
    'door',
    'door.open',
    'door.open.lamp',
  ]);
  expect([...activeStates(door, null)]).toEqual(['door']);
});

describe('the definition hash', () => {
  test('is the same for the same definition, and differs as soon as one guard does', () => {
    const gate = (guard: string) =>
      readChart('gate', createMachine({ id: 'gate', on: { go: { guard, actions: 'open' } } }));
    expect(definitionHash(gate('keyFits'))).toBe(definitionHash(gate('keyFits')));
    expect(definitionHash(gate('keyFits'))).not.toBe(definitionHash(gate('isJammed')));
    expect(definitionHash(door)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('does not depend on the order of keys', () => {
    const [one, other] = [
      { a: 1, b: { c: 2, d: 3 } },
      { b: { d: 3, c: 2 }, a: 1 },
    ].map((meta) => ({ ...door, root: { ...door.root, meta } }));
    expect(one && definitionHash(one)).toBe(other && definitionHash(other));
  });
});
