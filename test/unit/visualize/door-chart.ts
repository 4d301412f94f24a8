import { and, fromPromise, not, setup } from 'xstate';

const unplugged = fromPromise(() => Promise.reject(new Error('not provided')));

/** A small chart that uses every feature that the generators know. */
export const doorMachine = setup({
  types: {} as {
    events: { type: 'key.turned' } | { type: 'door.pushed' } | { type: 'alarm.raised' };
    tags: 'serving' | 'danger';
    meta: { rule?: string | readonly string[] };
  },
  actors: { openLatch: unplugged },
  guards: {
    keyFits: () => true,
    isJammed: () => false,
    mayEnter: (_, who: string) => who !== '',
  },
  actions: { countPush: () => undefined, ring: (_, _tone: { tone: string }) => undefined },
  delays: { springBack: 5_000 },
}).createMachine({
  id: 'door',
  description: 'A door that\n  locks itself.',
  initial: 'locked',
  on: { 'alarm.raised': { target: '.barred', meta: { rule: ['S1', 'S2'] } } },
  states: {
    locked: {
      description: 'Shut | bolted.',
      on: {
        'key.turned': {
          guard: and(['keyFits', not('isJammed')]),
          target: 'opening',
          meta: { rule: 'S7' },
          description: 'The key is the proof.',
        },
        'door.pushed': { actions: ['countPush', { type: 'ring', params: { tone: 'low' } }] },
      },
    },
    opening: {
      description: 'The latch moves.',
      invoke: { id: 'latch', src: 'openLatch', onDone: 'open', onError: 'locked' },
    },
    open: {
      description: 'People pass.',
      type: 'parallel',
      tags: ['serving'],
      on: { 'key.turned': 'locked' },
      states: {
        leaf: {
          description: 'The leaf swings.',
          initial: 'still',
          states: {
            still: { description: 'Rests.', on: { 'door.pushed': 'swinging' } },
            swinging: { description: 'Moves.', after: { springBack: 'still', 20: '#door.barred' } },
          },
        },
        lamp: { description: 'Shines.' },
      },
    },
    barred: {
      description: 'Nobody passes.',
      tags: ['danger'],
      always: { guard: { type: 'mayEnter', params: 'fire brigade' }, target: 'gone' },
    },
    gone: { description: 'Taken out.', type: 'final' },
  },
});

/** States in states with tasks, entered from outside, from inside and anew. */
export const tasksMachine = setup({
  types: {} as {
    events: { type: 'go' } | { type: 'next' } | { type: 'again' | 'over' | 'deep' | 'hm' | 'both' };
  },
  actors: { watch: unplugged, work: unplugged, rest: unplugged },
  actions: { note: () => undefined, open: () => undefined },
}).createMachine({
  id: 'tasks',
  initial: 'idle',
  states: {
    idle: { on: { go: { target: 'busy', actions: 'note' } } },
    busy: {
      entry: 'open',
      invoke: { src: 'watch' },
      initial: 'first',
      states: {
        first: { invoke: { src: 'work' } },
        second: { invoke: { src: 'rest' } },
      },
      on: {
        next: '.second',
        again: { target: 'busy', reenter: true },
        over: { target: 'busy' },
        deep: { target: '.second', reenter: true },
        both: { target: '#two' },
        hm: { actions: 'note' },
      },
    },
    split: {
      type: 'parallel',
      states: {
        left: { initial: 'one', states: { one: {}, two: { id: 'two', entry: 'open' } } },
        right: { invoke: { src: 'rest' } },
      },
    },
  },
});
