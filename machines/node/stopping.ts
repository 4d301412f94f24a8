import { because } from './requests.ts';
import { faultOf, nodeSetup } from './setup.ts';

/** An orderly end: leadership is handed over, etcd stopped, gossip left; each step is bounded. */
export const stopping = nodeSetup.createStateConfig({
  description: 'An operator asked for an orderly end; every step is bounded in time.',
  initial: 'choosing',
  on: { 'operator.hurry.requested': { target: '.hurrying' } },
  states: {
    choosing: {
      description: 'Is etcd to be stopped with e2d?',
      always: [
        { guard: 'etcdIsKeptOnExit', target: 'leavingGossip', meta: { rule: 'S16' } },
        { guard: 'etcdIsNotRunning', target: 'stoppingEtcd' },
        { target: 'handingOver' },
      ],
    },
    handingOver: {
      description: 'If our member leads, another one is asked to take over.',
      invoke: {
        id: 'handOverLeadership',
        src: 'handOverLeadership',
        input: because('S16', 'an orderly stop should cost the cluster no election'),
        onDone: { target: 'stoppingEtcd' },
        onError: {
          target: 'stoppingEtcd',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
      after: { handOverDeadline: { target: 'stoppingEtcd' } },
    },
    stoppingEtcd: {
      description: 'etcd ends by SIGTERM, and by SIGKILL when it takes too long.',
      invoke: {
        id: 'stopEtcd',
        src: 'stopEtcd',
        input: ({ context }) => ({
          graceMs: context.settings.stopGraceMs,
          ...because('S16', 'an orderly stop of the service ends etcd too'),
        }),
        onDone: { target: 'leavingGossip' },
        onError: {
          target: 'leavingGossip',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
      after: { stopDeadline: { target: 'leavingGossip' } },
    },
    leavingGossip: {
      description: 'Tells the other nodes that this one leaves of its own will.',
      invoke: {
        id: 'leaveGossip',
        src: 'leaveGossip',
        input: because('S17', 'nobody should have to suspect a node that stops on purpose'),
        onDone: { target: '#node.stopped' },
        onError: {
          target: '#node.stopped',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
      after: { leaveDeadline: { target: '#node.stopped' } },
    },
    hurrying: {
      description: 'A second signal: etcd ends at once, unless it is to be kept.',
      initial: 'choosing',
      states: {
        choosing: {
          description: 'Is etcd to be stopped with e2d?',
          always: [
            { guard: 'etcdIsKeptOnExit', target: '#node.stopped' },
            { target: 'killingEtcd' },
          ],
        },
        killingEtcd: {
          description: 'etcd ends by SIGKILL.',
          invoke: {
            id: 'killEtcd',
            src: 'stopEtcd',
            input: { graceMs: 0, ...because('S16', 'the operator asked twice') },
            onDone: { target: '#node.stopped' },
            onError: { target: '#node.stopped' },
          },
          after: { leaveDeadline: { target: '#node.stopped' } },
        },
      },
    },
  },
});
