import type { LifecyclePath } from '../lifecycle/decision.ts';
import { ownLineages, storeIsNeeded } from './guards.ts';
import { nodeSetup, onObserverBroken } from './setup.ts';

const stateOfPath = {
  'restart-existing': 'restartingExisting',
  join: 'joining',
  'remove-dead-then-rejoin': 'replacingSelf',
  'bootstrap-new': 'bootstrappingNew',
  'restore-from-snapshot': 'restoringFromSnapshot',
} as const satisfies Record<LifecyclePath, string>;

const ruleOfPath = {
  'restart-existing': 'S9',
  join: 'S13',
  'remove-dead-then-rejoin': 'S12',
  'bootstrap-new': 'S7',
  'restore-from-snapshot': 'S4',
} as const satisfies Record<LifecyclePath, string>;

function whenDecidedTo<Path extends LifecyclePath>(path: Path) {
  return {
    guard: { type: 'decidedTo', params: path },
    target: `#node.active.${stateOfPath[path]}`,
    actions: { type: 'takePath', params: path },
    meta: { rule: ruleOfPath[path] },
  } as const;
}

/** Facts come in and are weighed until the decision table says which of the five paths to take. */
export const deciding = nodeSetup.createStateConfig({
  description: 'Gathers facts and weighs them until a path is decided; unknown is not bad (S1).',
  tags: ['deciding'],
  initial: 'surveying',
  entry: ['weigh'],
  invoke: [
    { id: 'surveyCluster', src: 'surveyCluster', input: null, onError: onObserverBroken },
    {
      id: 'observeStore',
      src: 'observeStore',
      input: ({ context }) => ({
        isNeeded: storeIsNeeded(context),
        lineages: ownLineages(context),
      }),
      onError: onObserverBroken,
    },
  ],
  on: {
    'gossip.changed': {
      actions: [{ type: 'takePeers', params: ({ event }) => event.peers }, 'weigh'],
    },
    'store.read': {
      actions: [{ type: 'takeStore', params: ({ event }) => event.reading }, 'weigh'],
    },
    'operator.restore.requested': {
      guard: { type: 'orderIsFit', params: ({ event }) => event.order },
      actions: [{ type: 'takeOrder', params: ({ event }) => event.order }, 'weigh'],
      meta: { rule: 'S4' },
    },
    'cluster.surveyed': {
      actions: [{ type: 'takeAnswer', params: ({ event }) => event.answer }, 'weigh'],
    },
  },
  always: [
    whenDecidedTo('restart-existing'),
    whenDecidedTo('join'),
    whenDecidedTo('remove-dead-then-rejoin'),
    whenDecidedTo('bootstrap-new'),
    whenDecidedTo('restore-from-snapshot'),
    { guard: 'decisionRefuses', target: '#node.failed', meta: { rule: 'S7' } },
  ],
  states: {
    surveying: {
      description: 'Waits for facts: the decision says which are missing.',
      always: { guard: 'decisionAsks', target: 'awaitingOperator' },
      after: {
        bootstrapTimeout: { guard: 'nodesAreMissing', target: '#node.failed' },
      },
    },
    awaitingOperator: {
      description: 'A rule forbids going on alone: the decision says which, and what would help.',
      tags: ['waitsForOperator'],
      always: { guard: 'decisionNoLongerAsks', target: 'surveying' },
    },
  },
});
