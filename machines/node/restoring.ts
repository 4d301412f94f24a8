import { because, planPinRequest, spentPlanRequest } from './requests.ts';
import {
  choiceRequest,
  fetchRequest,
  installRequest,
  securingRequest,
  stageRequest,
  vouchRequest,
  withdrawalRequest,
} from './restore-requests.ts';
import { faultOf, nodeSetup } from './setup.ts';

const onFailed = {
  target: 'faltering',
  actions: {
    type: 'takeRestoreFault',
    params: ({ event }: { readonly event: { readonly error: unknown } }) => faultOf(event.error),
  },
  meta: { rule: 'S4' },
} as const;

/** The plan is committed: what failed is done again, and nothing else may be (S4). */
const onCommittedFailed = {
  target: 'faltering',
  actions: [
    {
      type: 'takeRestoreFault',
      params: ({ event }: { readonly event: { readonly error: unknown } }) => faultOf(event.error),
    },
    'resumeLaunch',
  ],
  meta: { rule: 'S4' },
} as const;

/**
 * restore-from-snapshot: a two-phase commit over gossip, as for a new cluster. The coordinator
 * tells its proposal before it restores, so that all nodes do so at a time. Another node
 * acknowledges, and the coordinator commits, only once the pinned snapshot is restored beside its
 * own data dir; until the commit nothing moves.
 */
export const restoringFromSnapshot = nodeSetup.createStateConfig({
  description:
    'Brings one pinned snapshot back on every node of a plan; a failure leaves all as it was (S4).',
  initial: 'beginning',
  on: {
    'gossip.changed': {
      actions: [{ type: 'takePeers', params: ({ event }) => event.peers }, 'weighUnlessBound'],
    },
    'operator.restore.requested': {
      guard: { type: 'callOffIsFit', params: ({ event }) => event.order },
      actions: { type: 'takeOrder', params: ({ event }) => event.order },
      target: '.agreeing',
      meta: { rule: 'S2' },
    },
  },
  after: { orderDeadline: { actions: 'withdrawOrder', meta: { rule: 'S2' } } },
  states: {
    beginning: {
      description: 'Is there a running cluster to be secured first?',
      always: [
        { guard: 'planIsLaunched', target: 'forgetting', meta: { rule: 'S4' } },
        { guard: 'runningClusterIsToGoBack', target: 'securing', meta: { rule: 'S2' } },
        { target: 'agreeing' },
      ],
    },
    forgetting: {
      description: 'The plan that this node launched came true, and what it made is lost.',
      invoke: {
        id: 'forgetPlan',
        src: 'writeIdentity',
        input: ({ context }) => spentPlanRequest(context),
        onDone: {
          target: 'agreeing',
          actions: { type: 'takeIdentity', params: ({ event }) => event.output },
        },
        onError: onFailed,
      },
    },
    securing: {
      description: 'A fresh snapshot of what is about to be left behind; without one, no way back.',
      tags: ['danger'],
      invoke: {
        id: 'secureBeforeRestore',
        src: 'takeSnapshot',
        input: ({ context }) => securingRequest(context),
        onDone: {
          target: 'agreeing',
          actions: { type: 'takeSnapshotTaken', params: ({ event }) => event.output },
        },
        onError: onFailed,
      },
    },
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
        {
          guard: 'restoreIsOver',
          target: '#node.active.deciding',
          actions: ['keepEtcd', 'withdrawOrder'],
          meta: { rule: 'S2' },
        },
        { guard: { type: 'planSaysTo', params: 'choose' }, target: 'choosing' },
        { guard: { type: 'planSaysTo', params: 'fetch' }, target: 'fetchingAhead' },
        { guard: 'orderNeedsVoucher', target: 'vouching', meta: { rule: 'S2' } },
        { guard: 'proposalIsOwn', target: 'pinning', meta: { rule: 'S4' } },
        { guard: 'plannedSnapshotIsStaged', target: 'pinning', meta: { rule: 'S4' } },
        {
          guard: { type: 'planSaysTo', params: 'acknowledge' },
          target: 'staging',
          meta: { rule: 'S4' },
        },
        {
          guard: { type: 'planSaysTo', params: 'release' },
          target: 'pinning',
          meta: { rule: 'S4' },
        },
        { guard: 'boundSnapshotIsNotStaged', target: 'staging', meta: { rule: 'S4' } },
        {
          guard: { type: 'planSaysTo', params: 'commit' },
          target: 'pinning',
          meta: { rule: 'S4' },
        },
        {
          guard: { type: 'planSaysTo', params: 'launch' },
          target: 'pinning',
          meta: { rule: 'S4' },
        },
      ],
      after: { planRetry: { target: 'agreeing', reenter: true } },
    },
    choosing: {
      description: 'Fetches the newest snapshot that can be opened; the others are told why not.',
      invoke: {
        id: 'chooseSnapshot',
        src: 'chooseSnapshot',
        input: ({ context }) => choiceRequest(context),
        onDone: {
          target: 'agreeing',
          actions: { type: 'takeChoice', params: ({ event }) => event.output.choice },
          meta: { rule: 'S4' },
        },
        onError: onFailed,
      },
    },
    fetchingAhead: {
      description: 'Fetches what the coordinator is likely to choose; it decides nothing.',
      invoke: {
        id: 'fetchAhead',
        src: 'fetchAhead',
        input: ({ context }) => fetchRequest(context),
        onDone: { target: 'agreeing', actions: 'noteFetched' },
        onError: {
          target: 'agreeing',
          actions: [
            'noteFetched',
            { type: 'takeFault', params: ({ event }) => faultOf(event.error) },
          ],
        },
      },
    },
    staging: {
      description: 'Restores the plan’s very snapshot beside the data dir, and opens the result.',
      invoke: {
        id: 'stageSnapshot',
        src: 'stageSnapshot',
        input: ({ context }) => stageRequest(context),
        onDone: {
          target: 'agreeing',
          actions: { type: 'takeStaged', params: ({ event }) => event.output.planId },
        },
        onError: [{ guard: 'proposalStands', ...onFailed, target: 'withdrawing' }, onFailed],
      },
    },
    withdrawing: {
      description: 'What this node proposed it cannot restore itself: the others are let go.',
      tags: ['danger'],
      invoke: {
        id: 'withdrawProposal',
        src: 'writeIdentity',
        input: ({ context }) => withdrawalRequest(context),
        onDone: {
          target: 'faltering',
          actions: { type: 'takeIdentity', params: ({ event }) => event.output },
        },
        onError: onFailed,
      },
    },
    vouching: {
      description: 'A cluster that goes back must itself hold the order to do so.',
      invoke: {
        id: 'vouchForOrder',
        src: 'vouchForOrder',
        input: ({ context }) => vouchRequest(context),
        onDone: {
          target: 'agreeing',
          actions: { type: 'takeVouched', params: ({ event }) => event.output.planId },
          meta: { rule: 'S2' },
        },
        onError: onFailed,
      },
    },
    pinning: {
      description: 'Writes the step durably: a promise that a crash could forget is none.',
      invoke: {
        id: 'pinRestore',
        src: 'writeIdentity',
        input: ({ context }) => planPinRequest(context),
        onDone: {
          target: 'pinned',
          actions: { type: 'takeIdentity', params: ({ event }) => event.output },
        },
        onError: onFailed,
      },
    },
    pinned: {
      description: 'The step counts: what was staged is installed, or the next step looked for.',
      always: [
        { guard: 'replacedEtcdRuns', target: 'shuttingOut', meta: { rule: 'S4' } },
        { guard: 'planIsLaunched', target: 'installing', meta: { rule: 'S4' } },
        { target: 'agreeing' },
      ],
    },
    shuttingOut: {
      description: 'etcd of the cluster that goes back is stopped: it serves nobody any more.',
      invoke: {
        id: 'stopReplacedEtcd',
        src: 'stopEtcd',
        input: ({ context }) => ({
          graceMs: context.settings.stopGraceMs,
          ...because('S4', 'all nodes of the plan have the snapshot ready, and it is committed'),
        }),
        onDone: { target: 'installing', actions: 'forgetEtcd' },
        onError: onCommittedFailed,
      },
    },
    installing: {
      description: 'What lies in the data dir is moved aside, and the restored data into place.',
      invoke: {
        id: 'installSnapshot',
        src: 'installSnapshot',
        input: ({ context }) => installRequest(context),
        onDone: {
          target: '#node.active.running',
          actions: ['launchFromPlan', 'noteRestored'],
          meta: { rule: 'S5' },
        },
        onError: onCommittedFailed,
      },
    },
    faltering: {
      description: 'A step failed, and nothing has changed; all is looked at anew after a pause.',
      tags: ['danger'],
      after: {
        restoreRetry: { target: '#node.active.deciding', actions: ['keepEtcd', 'dropOrder'] },
      },
    },
  },
});
