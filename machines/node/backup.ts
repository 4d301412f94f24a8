import { proofRequest, proofsRequest, snapshotRequest, thinRequest } from './backup-requests.ts';
import { faultOf, nodeSetup } from './setup.ts';

/**
 * Snapshots of the cluster, by the e2d beside the leader. No trouble of theirs leaves here (S19).
 */
export const backup = nodeSetup.createStateConfig({
  description: 'Takes snapshots while this node leads; trouble with the store stays in here (S19).',
  initial: 'idle',
  states: {
    idle: {
      description: 'Another node leads, or there is no store.',
      always: { guard: 'snapshotsAreOurs', target: 'resting' },
    },
    resting: {
      description: 'Until the next snapshot is due; it is passed over while the revision rests.',
      always: { guard: 'snapshotsAreNotOurs', target: 'idle' },
      after: {
        snapshotPause: [
          { guard: 'revisionHasMoved', target: 'taking', meta: { rule: 'S6' } },
          { target: 'resting', reenter: true },
        ],
      },
    },
    taking: {
      description: 'Streams the database into the store; it shows there once it was read back.',
      always: { guard: 'snapshotsAreNotOurs', target: 'idle', meta: { rule: 'S6' } },
      invoke: {
        id: 'takeSnapshot',
        src: 'takeSnapshot',
        input: ({ context }) => snapshotRequest(context),
        onDone: {
          target: 'taken',
          actions: { type: 'takeSnapshotTaken', params: ({ event }) => event.output },
        },
        onError: {
          target: 'failing',
          actions: { type: 'takeSnapshotFault', params: ({ event }) => faultOf(event.error) },
          meta: { rule: 'S19' },
        },
      },
    },
    taken: {
      description: 'Is it time to let old ones go?',
      always: [
        { guard: 'thinningIsDue', target: 'thinning', meta: { rule: 'S6' } },
        { target: 'resting' },
      ],
    },
    thinning: {
      description: 'Lets the lineage’s old snapshots go by the rules of retention.',
      invoke: {
        id: 'thinStore',
        src: 'thinStore',
        input: ({ context }) => thinRequest(context),
        onDone: {
          target: 'resting',
          actions: { type: 'takeThinning', params: ({ event }) => event.output },
        },
        onError: {
          target: 'resting',
          actions: { type: 'takeSnapshotFault', params: ({ event }) => faultOf(event.error) },
          meta: { rule: 'S19' },
        },
      },
    },
    failing: {
      description: 'The store, or etcd, did not do its part: it is asked again after a pause.',
      tags: ['danger'],
      always: { guard: 'snapshotsAreNotOurs', target: 'idle' },
      after: { snapshotRetry: { target: 'taking', meta: { rule: 'S19' } } },
    },
  },
});

/** A snapshot counts once it was restored: into a scratch etcd that nobody reaches. */
export const proof = nodeSetup.createStateConfig({
  description: 'Restores a snapshot into a scratch etcd now and then, and compares (S19).',
  initial: 'idle',
  states: {
    idle: {
      description: 'Another node leads, or nothing is to be proven.',
      always: { guard: 'proofsAreOurs', target: 'waiting' },
    },
    waiting: {
      description: 'Until the age of the latest proof is looked at again.',
      always: { guard: 'proofsAreNotOurs', target: 'idle' },
      after: { proofPause: { target: 'looking' } },
    },
    looking: {
      description: 'Reads which snapshots were proven, and when.',
      invoke: {
        id: 'readProofs',
        src: 'readProofs',
        input: ({ context }) => proofsRequest(context),
        onDone: {
          target: 'looked',
          actions: { type: 'takeProofs', params: ({ event }) => event.output },
        },
        onError: {
          target: 'waiting',
          actions: { type: 'takeProofFault', params: ({ event }) => faultOf(event.error) },
          meta: { rule: 'S19' },
        },
      },
    },
    looked: {
      description: 'Is the latest proof too old?',
      always: [{ guard: 'proofIsDue', target: 'proving' }, { target: 'waiting' }],
    },
    proving: {
      description: 'Restores the newest snapshot, compares it with what etcd said, and times it.',
      always: { guard: 'proofsAreNotOurs', target: 'idle' },
      invoke: {
        id: 'proveSnapshot',
        src: 'proveSnapshot',
        input: ({ context }) => proofRequest(context),
        onDone: {
          target: 'waiting',
          actions: { type: 'takeProof', params: ({ event }) => event.output },
        },
        onError: {
          target: 'waiting',
          actions: { type: 'takeProofFault', params: ({ event }) => faultOf(event.error) },
          meta: { rule: 'S19' },
        },
      },
    },
  },
});
