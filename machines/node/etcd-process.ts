import { endRequest } from './certificate-requests.ts';
import { because, launchRequest, takenBackRequest } from './requests.ts';
import { faultOf, nodeSetup, onObserverBroken } from './setup.ts';

/**
 * The etcd process: started, watched, started again with back-off, or left alone when it is no use.
 */
export const etcd = nodeSetup.createStateConfig({
  description: 'The etcd process beside this node.',
  initial: 'choosing',
  states: {
    choosing: {
      description: 'Is etcd running already?',
      always: [
        { guard: 'etcdIsAdopted', target: 'up', actions: 'takeAdopted', meta: { rule: 'S16' } },
        { target: 'launching' },
      ],
    },
    launching: {
      description: 'Starts etcd in a session of its own, so that it outlives e2d (S16).',
      invoke: {
        id: 'launchEtcd',
        src: 'launchEtcd',
        input: ({ context }) => launchRequest(context),
        onDone: {
          target: 'up',
          actions: { type: 'takeLaunched', params: ({ event }) => event.output.pid },
        },
        onError: {
          target: 'backingOff',
          actions: { type: 'takeLaunchFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    up: {
      description: 'The process runs.',
      initial: 'starting',
      invoke: [
        {
          id: 'watchEtcd',
          src: 'watchEtcd',
          input: ({ context }) => ({ pid: context.pid ?? 0 }),
          onError: onObserverBroken,
        },
        { id: 'observeEtcd', src: 'observeEtcd', input: null, onError: onObserverBroken },
        {
          id: 'observeMembers',
          src: 'observeMembers',
          input: null,
          onError: onObserverBroken,
        },
      ],
      states: {
        starting: {
          description: 'Not answering yet: it may be reading its data, or waiting for quorum.',
          always: { guard: 'etcdServes', target: 'healthy' },
          on: {
            'members.observed': {
              guard: { type: 'etcdIsMute', params: ({ event }) => event.atMs },
              target: '#node.active.running.etcd.rousing',
              actions: 'noteRoused',
              meta: { rule: 'S13' },
            },
          },
        },
        healthy: {
          description: 'It answers.',
          tags: ['serving'],
          always: { guard: 'etcdFails', target: 'unhealthy' },
        },
        unhealthy: {
          description: 'It runs, but does not answer its probes.',
          tags: ['danger'],
          always: { guard: 'etcdServes', target: 'healthy' },
        },
      },
      always: [
        { guard: 'clusterIsForeign', target: 'wedged', meta: { rule: 'S2' } },
        { guard: 'turnIsHeld', target: 'restarting', meta: { rule: 'S14' } },
      ],
    },
    restarting: {
      description: 'Stopped in order, to be started with what its files say now.',
      initial: 'handingOver',
      states: {
        handingOver: {
          description: 'If our member leads, another one is asked to take over.',
          invoke: {
            id: 'handOverBeforeRestart',
            src: 'handOverLeadership',
            input: because('S14', 'a restart that was planned should cost the cluster no election'),
            onDone: { target: 'ending' },
            onError: {
              target: 'ending',
              actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
            },
          },
          after: { handOverDeadline: { target: 'ending' } },
        },
        ending: {
          description: 'etcd ends by SIGTERM, unless the turn has run out by now.',
          invoke: {
            id: 'endBeforeRestart',
            src: 'stopEtcd',
            input: ({ context }) => endRequest(context),
            onDone: { target: '#node.active.running.etcd.launching', actions: 'useTurn' },
            onError: {
              target: '#node.active.running.etcd.up',
              actions: {
                type: 'takeCertificateFault',
                params: ({ event }) => faultOf(event.error),
              },
            },
          },
        },
      },
    },
    rousing: {
      description: 'A learner that has caught up, but does not serve, is started anew, once.',
      invoke: {
        id: 'rouseEtcd',
        src: 'stopEtcd',
        input: {
          graceMs: 1_000,
          ...because('S13', 'this learner has caught up, but its etcd does not open its port'),
        },
        onDone: { target: 'launching' },
        onError: {
          target: 'backingOff',
          actions: { type: 'takeLaunchFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    backingOff: {
      description: 'It crashed or was killed; it starts again after a growing pause.',
      tags: ['danger'],
      after: { restartBackoff: { target: 'launching' } },
    },
    takingBack: {
      description: 'etcd ended before it wrote anything: the launch is taken back, on disk (S7).',
      invoke: {
        id: 'takeLaunchBack',
        src: 'writeIdentity',
        input: ({ context }) => takenBackRequest(context),
        onDone: {
          target: 'takenBack',
          actions: [{ type: 'takeIdentity', params: ({ event }) => event.output }, 'forgetData'],
        },
        onError: {
          target: 'takenBack',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    takenBack: {
      description: 'Is it any use to start it again?',
      always: [{ guard: 'lastExitWasHopeless', target: 'wedged' }, { target: 'obstructed' }],
    },
    obstructed: {
      description: 'Something outside is in its way (port, disk): it is tried again, slowly.',
      tags: ['danger'],
      after: {
        obstructionRetry: [
          { guard: 'planIsCommitted', target: '#node.active.deciding', meta: { rule: 'S7' } },
          { target: 'launching' },
        ],
      },
    },
    wedged: {
      description: 'Starting it again could not come out otherwise: an operator is needed.',
      tags: ['danger', 'waitsForOperator'],
    },
  },
  on: {
    'etcd.exited': [
      {
        guard: {
          type: 'exitIs',
          params: ({ event }) => ({ kind: event.reason.kind, is: 'removed-from-cluster' }),
        },
        target: '#node.active.deciding',
        actions: [{ type: 'takeExit', params: ({ event }) => event.reason }, 'noteRemoved'],
        meta: { rule: 'S18' },
      },
      {
        guard: {
          type: 'exitIs',
          params: ({ event }) => ({ kind: event.reason.kind, is: 'corrupt-data' }),
        },
        target: '#node.active.deciding',
        actions: [
          { type: 'takeExit', params: ({ event }) => event.reason },
          { type: 'noteUnreadable', params: ({ event }) => event.reason.sentence },
        ],
        meta: { rule: 'S2' },
      },
      {
        guard: {
          type: 'exitIs',
          params: ({ event }) => ({ kind: event.reason.kind, is: 'member-mismatch' }),
        },
        target: '#node.active.deciding',
        actions: [{ type: 'takeExit', params: ({ event }) => event.reason }, 'noteMismatch'],
        meta: { rule: 'S18' },
      },
      {
        guard: { type: 'launchIsUnused', params: ({ event }) => event.reason.kind },
        target: '.takingBack',
        actions: { type: 'takeExit', params: ({ event }) => event.reason },
        meta: { rule: 'S7' },
      },
      {
        guard: { type: 'exitIsHopeless', params: ({ event }) => event.reason.kind },
        target: '.wedged',
        actions: { type: 'takeExit', params: ({ event }) => event.reason },
      },
      {
        guard: { type: 'exitIsObstructed', params: ({ event }) => event.reason.kind },
        target: '.obstructed',
        actions: { type: 'takeExit', params: ({ event }) => event.reason },
      },
      {
        target: '.backingOff',
        actions: { type: 'takeExit', params: ({ event }) => event.reason },
      },
    ],
  },
});
