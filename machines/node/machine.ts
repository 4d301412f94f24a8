import { initialContext } from './context.ts';
import { deciding } from './deciding.ts';
import {
  bootstrappingNew,
  joining,
  makingRoom,
  replacingSelf,
  restartingExisting,
} from './paths.ts';
import { because } from './requests.ts';
import { restoringFromSnapshot } from './restoring.ts';
import { running } from './running.ts';
import { faultOf, nodeSetup, onObserverBroken } from './setup.ts';
import { stopping } from './stopping.ts';

/** The life of one node: facts come in as events, and go out as states and effects with reasons. */
export const nodeMachine = nodeSetup.createMachine({
  id: 'node',
  description: 'The life of one node: one e2d beside one etcd.',
  context: ({ input }) => initialContext(input),
  initial: 'preparing',
  options: { maxIterations: 100 },
  states: {
    preparing: {
      description: 'Reads the machine: identity, data dir, binaries, an etcd that may still run.',
      invoke: {
        id: 'prepare',
        src: 'prepare',
        input: because('S18', 'a node finds its place by looking, not by remembering'),
        onDone: {
          target: 'active',
          actions: { type: 'takePrepared', params: ({ event }) => event.output },
          meta: { rule: 'S18' },
        },
        onError: {
          target: 'failed',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
      on: { 'operator.stop.requested': { target: 'stopped' } },
    },
    active: {
      description: 'Takes part: gossips, decides, and runs etcd.',
      initial: 'deciding',
      invoke: [
        { id: 'observePeers', src: 'observePeers', input: null, onError: onObserverBroken },
        { id: 'observeLoop', src: 'observeLoop', input: null, onError: onObserverBroken },
      ],
      on: {
        'gossip.changed': { actions: { type: 'takePeers', params: ({ event }) => event.peers } },
        'loop.delayed': { actions: 'doubtSelf', meta: { rule: 'S17' } },
        'operator.stop.requested': { target: 'stopping' },
      },
      states: {
        deciding,
        restartingExisting,
        joining,
        replacingSelf,
        bootstrappingNew,
        restoringFromSnapshot,
        makingRoom,
        running,
      },
    },
    stopping,
    stopped: { description: 'Ended in order.', type: 'final', tags: ['ended'] },
    failed: {
      description: 'Ended by a failure; the fault or the decision says which.',
      type: 'final',
      tags: ['ended'],
    },
  },
});

export type NodeMachine = typeof nodeMachine;
