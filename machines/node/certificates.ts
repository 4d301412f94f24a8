import { renewalRequest, turnRequest, yieldRequest } from './certificate-requests.ts';
import { faultOf, nodeSetup, onObserverBroken } from './setup.ts';

/**
 * Certificates that end are renewed in time. etcd reads its own anew at every handshake; the
 * authorities that it trusts it reads at its start, so changed ones cost a restart: one member of
 * the cluster after the other (S14).
 */
export const certificates = nodeSetup.createStateConfig({
  description: 'Renews this node’s certificates, and has etcd take up other authorities.',
  initial: 'watching',
  invoke: {
    id: 'observeCertificates',
    src: 'observeCertificates',
    input: null,
    onError: onObserverBroken,
  },
  on: {
    'certificates.read': {
      actions: { type: 'takeCertificates', params: ({ event }) => event.reading },
    },
  },
  states: {
    watching: {
      description: 'Nothing is due, or there are no certificates.',
      entry: 'forgetTurn',
      always: [
        { guard: 'renewalIsDue', target: 'renewing', meta: { rule: 'S18' } },
        { guard: 'authoritiesHaveChanged', target: 'asking', meta: { rule: 'S14' } },
      ],
    },
    renewing: {
      description: 'Has the authority sign the same keys anew; etcd takes them up by itself.',
      invoke: {
        id: 'renewCertificates',
        src: 'renewCertificates',
        input: ({ context }) => renewalRequest(context),
        onDone: { target: 'watching', actions: 'noteRenewed' },
        onError: {
          target: 'renewalFailed',
          actions: { type: 'takeCertificateFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    renewalFailed: {
      description: 'A file or the authority is in its way; there is a third of a life left.',
      tags: ['danger'],
      always: { guard: 'authoritiesHaveChanged', target: 'asking', meta: { rule: 'S14' } },
      after: { renewalRetry: { target: 'watching' } },
    },
    asking: {
      description: 'Asks the cluster for its turn to restart etcd, under the lock on membership.',
      invoke: {
        id: 'takeTurn',
        src: 'takeTurn',
        input: ({ context }) => turnRequest(context),
        onDone: [
          {
            guard: { type: 'turnIsGranted', params: ({ event }) => event.output },
            target: 'restarting',
            actions: { type: 'takeTurn', params: ({ event }) => event.output },
            meta: { rule: 'S14' },
          },
          {
            target: 'pausing',
            actions: { type: 'takeTurn', params: ({ event }) => event.output },
            meta: { rule: 'S14' },
          },
        ],
        onError: {
          target: 'pausing',
          actions: { type: 'takeCertificateFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    restarting: {
      description: 'It is this node’s turn: etcd hands over, ends and starts, and serves again.',
      always: [
        { guard: 'turnIsDropped', target: 'pausing' },
        { guard: 'turnHasServed', target: 'yielding', meta: { rule: 'S14' } },
      ],
      after: { turnDeadline: { target: 'pausing' } },
    },
    yielding: {
      description: 'The next node may have its turn.',
      invoke: {
        id: 'yieldTurn',
        src: 'yieldTurn',
        input: ({ context }) => yieldRequest(context),
        onDone: { target: 'watching' },
        onError: {
          target: 'pausing',
          actions: { type: 'takeCertificateFault', params: ({ event }) => faultOf(event.error) },
        },
      },
    },
    pausing: {
      description: 'Another node has its turn, a rule forbids it for now, or it failed.',
      after: { certificateRetry: { target: 'watching' } },
    },
  },
});
