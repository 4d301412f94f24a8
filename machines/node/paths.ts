import { snapshotBeforeChange } from './backup-requests.ts';
import {
  admittedPinRequest,
  causeOfMove,
  learnerRequest,
  ofDecision,
  planPinRequest,
  replacementRequest,
} from './requests.ts';
import { faultOf, nodeSetup } from './setup.ts';

/** restart-existing: own data, own member. Nothing to prepare but the launch itself. */
export const restartingExisting = nodeSetup.createStateConfig({
  description: 'This node has its data: etcd restarts from it, or is adopted while it runs.',
  entry: ['launchFromData'],
  always: { target: '#node.active.running', meta: { rule: 'S9' } },
});

const retrying = nodeSetup.createStateConfig({
  description: 'Another change was in flight, or it failed: the facts are gathered anew (S18).',
  after: { changeRetry: { target: '#node.active.deciding', actions: 'forgetAnswer' } },
});

const refused = nodeSetup.createStateConfig({
  description: 'A rule forbids the change for now; the facts are gathered anew after a pause.',
  after: { refusalRetry: { target: '#node.active.deciding', actions: 'forgetAnswer' } },
});

const capped = nodeSetup.createStateConfig({
  description: 'The hour’s cap on removals is reached: an operator should look (S14).',
  tags: ['danger', 'waitsForOperator'],
  after: { capRetry: { target: '#node.active.deciding', actions: 'forgetAnswer' } },
});

const beginning = nodeSetup.createStateConfig({
  description: 'Is there a store for a snapshot to go to first?',
  always: [{ guard: 'changeIsToBeSecured', target: 'securing' }, { target: 'requesting' }],
});

const securing = nodeSetup.createStateConfig({
  description: 'A snapshot before the member list changes; without one it goes on (S19).',
  invoke: {
    id: 'secureBeforeAdmission',
    src: 'takeSnapshot',
    input: ({ context }) => snapshotBeforeChange(context),
    onDone: {
      target: 'requesting',
      actions: { type: 'takeSnapshotTaken', params: ({ event }) => event.output },
    },
    onError: {
      target: 'requesting',
      actions: { type: 'takeSnapshotFault', params: ({ event }) => faultOf(event.error) },
      meta: { rule: 'S19' },
    },
  },
  after: { securingDeadline: { target: 'requesting', meta: { rule: 'S19' } } },
});

/** join: a learner is added, then etcd starts beside the cluster. */
export const joining = nodeSetup.createStateConfig({
  description: 'Asks the cluster to add this node as a learner.',
  tags: ['seeksAdmission'],
  initial: 'beginning',
  states: {
    beginning,
    securing,
    requesting: {
      description: 'The change is made under the cluster-wide lock, or refused by a rule.',
      invoke: {
        id: 'addLearner',
        src: 'addLearner',
        input: ({ context }) => learnerRequest(context),
        onDone: [
          {
            guard: { type: 'changeIsDone', params: ({ event }) => event.output },
            target: '#node.active.makingRoom',
            actions: { type: 'takeAdmission', params: ({ event }) => event.output },
            meta: { rule: 'S13' },
          },
          {
            guard: { type: 'changeIsRefused', params: ({ event }) => event.output },
            target: 'refused',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
          },
          {
            target: 'retrying',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'retrying',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    refused,
    retrying,
  },
});

/** remove-dead-then-rejoin: our own dead member makes way for us. */
export const replacingSelf = nodeSetup.createStateConfig({
  description:
    'Has this node’s dead member removed, and this node added as a learner in its place.',
  tags: ['seeksAdmission'],
  initial: 'beginning',
  states: {
    beginning,
    securing,
    requesting: {
      description: 'Both changes are made under one lock, each checked by S11 to S14.',
      invoke: {
        id: 'replaceMember',
        src: 'replaceMember',
        input: ({ context }) => replacementRequest(context),
        onDone: [
          {
            guard: { type: 'changeIsDone', params: ({ event }) => event.output },
            target: '#node.active.makingRoom',
            actions: { type: 'takeAdmission', params: ({ event }) => event.output },
            meta: { rule: 'S12' },
          },
          {
            guard: { type: 'changeIsCapped', params: ({ event }) => event.output },
            target: 'capped',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
            meta: { rule: 'S14' },
          },
          {
            guard: { type: 'changeIsRefused', params: ({ event }) => event.output },
            target: 'refused',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
          },
          {
            target: 'retrying',
            actions: { type: 'takeChange', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'retrying',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    capped,
    refused,
    retrying,
  },
});

/** Between admission and launch: what lies in the data dir is moved aside, never deleted (S3). */
export const makingRoom = nodeSetup.createStateConfig({
  description: 'Old data is moved aside, now that the cluster has admitted this node (S3).',
  initial: 'checking',
  states: {
    checking: {
      description: 'Is there anything to move?',
      always: [
        { guard: 'runningDataMustMove', target: 'stoppingOld', meta: { rule: 'S15' } },
        { guard: 'dataMustMove', target: 'movingAside', meta: { rule: 'S3' } },
        { target: 'remembering', meta: { rule: 'S13' } },
      ],
    },
    stoppingOld: {
      description: 'etcd still runs on the data that makes way: it is stopped first.',
      invoke: {
        id: 'stopOldEtcd',
        src: 'stopEtcd',
        input: ({ context }) => ({
          graceMs: context.settings.stopGraceMs,
          ...ofDecision(context),
        }),
        onDone: { target: 'movingAside', actions: 'forgetEtcd', meta: { rule: 'S3' } },
        onError: {
          target: '#node.active.deciding',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    movingAside: {
      description: 'Renames the member folder; it expires later by a rule of its own.',
      invoke: {
        id: 'moveDataAside',
        src: 'moveDataAside',
        input: ({ context }) => ({
          cause: causeOfMove(context),
          ...ofDecision(context),
        }),
        onDone: { target: 'remembering', actions: 'forgetData' },
        onError: {
          target: '#node.active.deciding',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    remembering: {
      description: 'Writes down which member this node is now, before etcd starts as it (S8).',
      invoke: {
        id: 'rememberAdmission',
        src: 'writeIdentity',
        input: ({ context }) => admittedPinRequest(context),
        onDone: { target: '#node.active.running', meta: { rule: 'S8' } },
        onError: {
          target: '#node.active.deciding',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
  },
});

/** bootstrap-new: a two-phase commit over gossip; each step is pinned on disk before it shows. */
export const bootstrappingNew = nodeSetup.createStateConfig({
  description: 'Agrees with all required nodes on one plan for a new cluster (S7).',
  initial: 'agreeing',
  states: {
    agreeing: {
      description: 'Looks at what the other nodes say of the plan, and takes the next step.',
      entry: ['weighUnlessBound', 'stepPlan'],
      on: {
        'gossip.changed': {
          actions: [
            { type: 'takePeers', params: ({ event }) => event.peers },
            'weighUnlessBound',
            'stepPlan',
          ],
        },
      },
      always: [
        { guard: 'planIsOver', target: '#node.active.deciding', meta: { rule: 'S2' } },
        {
          guard: { type: 'planSaysTo', params: 'acknowledge' },
          target: 'pinning',
          meta: { rule: 'S7' },
        },
        {
          guard: { type: 'planSaysTo', params: 'commit' },
          target: 'pinning',
          meta: { rule: 'S7' },
        },
        {
          guard: { type: 'planSaysTo', params: 'launch' },
          target: 'pinning',
          meta: { rule: 'S7' },
        },
        {
          guard: { type: 'planSaysTo', params: 'release' },
          target: 'pinning',
          meta: { rule: 'S7' },
        },
      ],
      after: { planRetry: { target: 'agreeing', reenter: true } },
    },
    pinning: {
      description: 'Writes the step durably: a promise that a crash could forget is none.',
      invoke: {
        id: 'writeIdentity',
        src: 'writeIdentity',
        input: ({ context }) => planPinRequest(context),
        onDone: {
          target: 'pinned',
          actions: { type: 'takeIdentity', params: ({ event }) => event.output },
        },
        onError: {
          target: 'agreeing',
          actions: { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    pinned: {
      description: 'The step counts: etcd is launched, or the next step is looked for.',
      always: [
        {
          guard: 'planIsLaunched',
          target: '#node.active.running',
          actions: 'launchFromPlan',
          meta: { rule: 'S7' },
        },
        { target: 'agreeing' },
      ],
    },
  },
});
