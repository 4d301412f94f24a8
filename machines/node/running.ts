import { backup, proof } from './backup.ts';
import { snapshotBeforeChange } from './backup-requests.ts';
import { certificates } from './certificates.ts';
import { etcd } from './etcd-process.ts';
import { promotionRequest, recordRequest, removalRequest, settledPinRequest } from './requests.ts';
import { faultOf, nodeSetup, onObserverBroken } from './setup.ts';

/** Whether the cluster serves linearizable reads, as this node's own etcd sees it. */
const quorum = nodeSetup.createStateConfig({
  description: 'Quorum, as a linearizable read through our own etcd tells.',
  initial: 'unknown',
  states: {
    unknown: {
      description: 'Not asked yet.',
      always: [
        { guard: 'quorumIsHeld', target: 'held' },
        { guard: 'quorumIsLost', target: 'lost' },
      ],
    },
    held: {
      description: 'A linearizable read succeeded.',
      always: [
        { guard: 'nothingIsKnown', target: 'unknown' },
        { guard: 'quorumIsLost', target: 'lost' },
      ],
    },
    lost: {
      description: 'Linearizable reads fail: nothing is changed until they succeed again (S10).',
      tags: ['danger'],
      invoke: {
        id: 'surveySuccessor',
        src: 'surveySuccessor',
        input: null,
        onError: onObserverBroken,
      },
      on: {
        'cluster.surveyed': {
          guard: { type: 'answerIsRebuilt', params: ({ event }) => event.answer },
          target: '#node.active.deciding',
          actions: [{ type: 'takeAnswer', params: ({ event }) => event.answer }, 'keepEtcd'],
          meta: { rule: 'S15' },
        },
      },
      always: [
        { guard: 'nothingIsKnown', target: 'unknown' },
        { guard: 'quorumIsHeld', target: 'held' },
      ],
    },
  },
});

/** What this node's member is in the cluster: learner first, then a settled voter. */
const standing = nodeSetup.createStateConfig({
  description: 'Our own member’s standing in the cluster.',
  initial: 'unknown',
  states: {
    unknown: {
      description: 'Our etcd has not said yet what its member is.',
      always: [
        { guard: 'isLearner', target: 'learning', meta: { rule: 'S13' } },
        { guard: 'isSettled', target: 'voting' },
        { guard: 'isVoter', target: 'settling' },
      ],
    },
    learning: {
      description:
        'A learner, catching up; it votes only once it has stayed close to the leader (S13).',
      on: {
        'members.observed': {
          guard: { type: 'hasCaughtUp', params: ({ event }) => event.atMs },
          target: 'promoting',
          meta: { rule: 'S13' },
        },
      },
      always: { guard: 'isVoter', target: 'settling' },
    },
    promoting: {
      description: 'Asks the cluster to make the learner a voter.',
      invoke: {
        id: 'promote',
        src: 'changeMembership',
        input: ({ context }) => promotionRequest(context),
        onDone: [
          {
            guard: { type: 'changeIsDone', params: ({ event }) => event.output },
            target: 'promoted',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
            meta: { rule: 'S13' },
          },
          {
            target: 'waitingToPromote',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'waitingToPromote',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    waitingToPromote: {
      description: 'The promotion was refused, busy or failed; it is asked for again.',
      always: { guard: 'isVoter', target: 'settling' },
      after: { promotionRetry: { target: 'learning' } },
    },
    promoted: {
      description: 'The cluster made it a voter; our own etcd is about to say so.',
      always: { guard: 'isVoter', target: 'settling' },
    },
    settling: {
      description: 'Writes down who this node is, in the cluster and on disk.',
      initial: 'recording',
      states: {
        recording: {
          description: 'The cluster’s record is created if it is missing, and read.',
          invoke: {
            id: 'recordCluster',
            src: 'recordCluster',
            input: ({ context }) => recordRequest(context),
            onDone: {
              target: 'remembering',
              actions: { type: 'takeRecord', params: ({ event }) => event.output },
              meta: { rule: 'S7' },
            },
            onError: {
              target: 'retrying',
              actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
            },
          },
        },
        remembering: {
          description: 'The identity file gets member id, cluster id and lineage (S8).',
          invoke: {
            id: 'rememberIdentity',
            src: 'writeIdentity',
            input: ({ context }) => settledPinRequest(context),
            onDone: {
              target: '#node.active.running.standing.voting',
              actions: { type: 'takeIdentity', params: ({ event }) => event.output },
              meta: { rule: 'S8' },
            },
            onError: {
              target: 'retrying',
              actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
            },
          },
        },
        retrying: {
          description: 'It did not come through; it is tried again.',
          after: { settleRetry: { target: 'recording' } },
        },
      },
    },
    voting: { description: 'A voter, and it remembers that it is one.' },
  },
});

/** The steward's duty: members that are gone for good, and learners that never caught up. */
const membership = nodeSetup.createStateConfig({
  description: 'Watches the other members, and removes one only by S10 to S14.',
  initial: 'watching',
  states: {
    watching: {
      description: 'No evidence against anyone.',
      always: { guard: 'someoneIsSuspected', target: 'suspecting', meta: { rule: 'S11' } },
    },
    suspecting: {
      description: 'Evidence against a member holds; any break in it starts the time anew.',
      always: [
        { guard: 'nobodyIsSuspected', target: 'watching' },
        { guard: 'removalIsDueAndStoreIsThere', target: 'securing', meta: { rule: 'S11' } },
        { guard: 'removalIsDue', target: 'removing', meta: { rule: 'S11' } },
      ],
    },
    securing: {
      description: 'A snapshot first; without one the removal goes on, for S19 says so.',
      always: { guard: 'nobodyIsSuspected', target: 'watching' },
      invoke: {
        id: 'secureBeforeRemoval',
        src: 'takeSnapshot',
        input: ({ context }) => snapshotBeforeChange(context),
        onDone: {
          target: 'secured',
          actions: { type: 'takeSnapshotTaken', params: ({ event }) => event.output },
        },
        onError: {
          target: 'secured',
          actions: { type: 'takeSnapshotFault', params: ({ event }) => faultOf(event.error) },
          meta: { rule: 'S19' },
        },
      },
      after: { securingDeadline: { target: 'secured', meta: { rule: 'S19' } } },
    },
    secured: {
      description: 'Does the evidence still hold? The snapshot took its time.',
      always: [
        { guard: 'removalIsDue', target: 'removing', meta: { rule: 'S11' } },
        { target: 'watching' },
      ],
    },
    removing: {
      description: 'Has the member removed, under the lock and on evidence gathered afresh.',
      invoke: {
        id: 'remove',
        src: 'changeMembership',
        input: ({ context }) => removalRequest(context),
        onDone: [
          {
            guard: { type: 'changeIsCapped', params: ({ event }) => event.output },
            target: 'capped',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
            meta: { rule: 'S14' },
          },
          {
            target: 'cooldown',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
            meta: { rule: 'S11' },
          },
        ],
        onError: {
          target: 'cooldown',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    cooldown: {
      description: 'The cluster gets time to show the outcome before the next change (S14).',
      after: { membershipCooldown: { target: 'watching' } },
    },
    capped: {
      description: 'The hour’s cap on removals is reached: an operator should look (S14).',
      tags: ['danger', 'waitsForOperator'],
      after: { capRetry: { target: 'watching' } },
    },
  },
});

/** etcd is this node's to run: seven concerns side by side. */
export const running = nodeSetup.createStateConfig({
  description: 'Runs etcd, and tends the cluster with it and its snapshots.',
  type: 'parallel',
  on: {
    'etcd.probed': { actions: { type: 'takeProbe', params: ({ event }) => event.probe } },
    'operator.restore.requested': {
      guard: { type: 'orderIsFit', params: ({ event }) => event.order },
      target: '#node.active.restoringFromSnapshot',
      actions: [
        { type: 'takeOrder', params: ({ event }) => event.order },
        'weigh',
        { type: 'takePath', params: 'restore-from-snapshot' },
      ],
      meta: { rule: 'S2' },
    },
    'members.observed': {
      actions: { type: 'takeObservation', params: ({ event }) => event },
    },
  },
  always: {
    guard: 'isToldToGoBack',
    target: '#node.active.restoringFromSnapshot',
    actions: ['weigh', { type: 'takePath', params: 'restore-from-snapshot' }],
    meta: { rule: 'S2' },
  },
  states: { etcd, quorum, standing, membership, backup, proof, certificates },
});
