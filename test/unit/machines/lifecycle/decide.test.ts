import { describe, expect, test } from 'vitest';
import type { ClusterAnswer, Identity } from '../../../../machines/facts.ts';
import { decide } from '../../../../machines/lifecycle/decide.ts';
import type { LifecycleFacts } from '../../../../machines/lifecycle/lifecycle-facts.ts';
import { identity, lifecycleFacts, member, peer } from '../../../support/builders.ts';

type Answering = Extract<ClusterAnswer, { kind: 'answers' }>;

const founders = [peer('b'), peer('c')];
const readable = { kind: 'readable' } as const;
const unreadable = { kind: 'unreadable', problem: 'no log' } as const;
const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
const alone = identity('a', { requiredSize: 1 });

function answers(changes: Partial<Answering> = {}): Answering {
  return {
    kind: 'answers',
    clusterId: 'c1',
    members: [member('a'), member('b'), member('c')],
    answering: ['mb', 'mc'],
    record: { lineage: 'l1', requiredSize: 3 },
    ...changes,
  };
}

function planned(stage: 'acknowledged' | 'committed' | 'launched'): Identity {
  return identity('a', {
    plan: { stage, plan: { id: 'p1', coordinator: 'id-a', members: [] } },
  });
}

const withoutA = answers({ members: [member('b'), member('c')] });

/** One line for each row of the decision table: facts, and what they must lead to. */
const rows: readonly [string, Partial<LifecycleFacts>, string][] = [
  // Own data.
  [
    'data, cluster answers, own member in it',
    { data: readable, identity: known, answer: answers() },
    'act restart-existing S2',
  ],
  ['data, no cluster answers', { data: readable, identity: known }, 'act restart-existing S9'],
  ['data, unknown identity, no answer', { data: readable }, 'act restart-existing S9'],
  [
    'data, and the store holds a snapshot',
    { data: readable, store: 'snapshot', peers: founders },
    'act restart-existing S9',
  ],
  [
    'data, and the store cannot be read',
    { data: readable, store: 'unreadable' },
    'act restart-existing S9',
  ],
  ['data, all peers without data', { data: readable, peers: founders }, 'act restart-existing S9'],
  [
    'an etcd of ours runs already',
    { data: readable, identity: known, adoptedPid: 7, answer: withoutA },
    'act restart-existing S16',
  ],
  [
    'data, own member was removed',
    { data: readable, identity: known, answer: withoutA },
    'act join S3 removed',
  ],
  [
    'data, own member was removed, its address is listed',
    { data: readable, identity: { ...known, memberId: 'old' }, answer: answers() },
    'act remove-dead-then-rejoin S12 removed',
  ],
  [
    'data, unknown member id, etcd said it was removed',
    { data: readable, removedByCluster: true, answer: withoutA },
    'act join S3 removed',
  ],
  [
    'data, etcd said it was removed, nobody answers',
    { data: readable, identity: known, removedByCluster: true },
    'wait S1',
  ],
  [
    'data, etcd said it was removed, the cluster lists it',
    { data: readable, identity: known, removedByCluster: true, answer: answers() },
    'wait S1',
  ],
  [
    'data of another cluster than the one that answers',
    { data: readable, identity: known, answer: answers({ clusterId: 'c2' }) },
    'ask S2',
  ],
  // Data that cannot be read.
  ['unreadable data, nobody answers', { data: unreadable }, 'wait S2'],
  [
    'unreadable data, nobody answers, all peers blank',
    { data: unreadable, peers: founders },
    'wait S2',
  ],
  ['unreadable data, alone by design', { data: unreadable, identity: alone }, 'ask S2'],
  [
    'unreadable data, own dead member listed',
    { data: unreadable, identity: known, answer: answers() },
    'act remove-dead-then-rejoin S12 unreadable',
  ],
  [
    'unreadable data, own member not listed',
    { data: unreadable, answer: withoutA },
    'act join S13 unreadable',
  ],
  // No data, a cluster answers.
  [
    'no data, an entry has our address and is silent',
    { answer: answers() },
    'act remove-dead-then-rejoin S12',
  ],
  [
    'no data, an entry has our address and answers',
    { answer: answers({ answering: ['ma', 'mb'] }) },
    'ask S12',
  ],
  ['no data, no entry, fewer than required', { answer: withoutA }, 'act join S13'],
  [
    'no data, no entry, all members there',
    { answer: answers({ members: [member('b'), member('c'), member('d')] }) },
    'wait S11',
  ],
  [
    'no data, no entry, another learner is being added',
    { answer: answers({ members: [member('b'), member('d', { learner: true })] }) },
    'wait S13',
  ],
  [
    'no data, identity of another cluster',
    { identity: known, answer: answers({ clusterId: 'c2' }) },
    'ask S2',
  ],
  [
    'lost disk, cluster answers',
    { identity: known, answer: answers() },
    'act remove-dead-then-rejoin S12',
  ],
  [
    'no data, all nodes here, a cluster answers: it is joined',
    { peers: founders, answer: withoutA },
    'act join S13',
  ],
  // Another cluster size.
  [
    'the answering cluster was made for another size',
    { answer: answers({ record: { lineage: 'l1', requiredSize: 5 } }) },
    'refuse S7',
  ],
  [
    'a running peer wants another size',
    { peers: [peer('b', { status: 'running', requiredSize: 5 })] },
    'refuse S7',
  ],
  [
    'a peer that does not run wants another size',
    { peers: [peer('b', { requiredSize: 5 }), peer('c')] },
    'wait S7',
  ],
  // No data, no answer.
  ['lost disk, nobody answers', { identity: known, peers: founders }, 'wait S8'],
  [
    'lost disk after the plan was launched',
    { identity: planned('launched'), peers: founders },
    'wait S8',
  ],
  ['lost disk, alone by design', { identity: { ...known, requiredSize: 1 } }, 'ask S8'],
  ['a peer lost its disk', { peers: [peer('b', { data: 'lost' }), peer('c')] }, 'wait S8'],
  ['a peer has data', { peers: [peer('b', { data: 'readable' }), peer('c')] }, 'wait S2'],
  [
    'a peer that failed has data',
    { peers: [peer('b', { data: 'readable', liveness: 'failed' }), peer('c'), peer('d')] },
    'wait S2',
  ],
  [
    'a peer that left has data',
    { peers: [peer('b', { data: 'readable', liveness: 'left' }), peer('c'), peer('d')] },
    'wait S2',
  ],
  [
    'a peer has data that cannot be read',
    { peers: [peer('b', { data: 'unreadable' }), peer('c')] },
    'wait S2',
  ],
  ['a peer is running', { peers: [peer('b', { status: 'running' }), peer('c')] }, 'wait S2'],
  ['fewer nodes than required', { peers: [peer('b')] }, 'wait S7'],
  [
    'enough nodes, one of them failed',
    { peers: [peer('b'), peer('c', { liveness: 'failed' })] },
    'wait S7',
  ],
  [
    'enough nodes, one of them suspect',
    { peers: [peer('b'), peer('c', { liveness: 'suspect' })] },
    'wait S7',
  ],
  [
    'enough nodes, one of them stopping',
    { peers: [peer('b'), peer('c', { status: 'stopping' })] },
    'wait S7',
  ],
  ['all nodes here, no store', { peers: founders }, 'act bootstrap-new S7'],
  ['all nodes here, empty store', { peers: founders, store: 'empty' }, 'act bootstrap-new S7'],
  ['more nodes than required', { peers: [...founders, peer('d')] }, 'act bootstrap-new S7'],
  ['alone by design', { identity: alone }, 'act bootstrap-new S7'],
  ['all nodes here, store not read yet', { peers: founders, store: 'unread' }, 'wait S1'],
  ['all nodes here, store cannot be read', { peers: founders, store: 'unreadable' }, 'wait S1'],
  [
    'all nodes here, store holds a snapshot',
    { peers: founders, store: 'snapshot' },
    'act restore-from-snapshot S4',
  ],
  [
    'all nodes here, snapshot, policy manual',
    { peers: founders, store: 'snapshot', restorePolicy: 'manual' },
    'ask S4',
  ],
  [
    'all disks lost, store holds a snapshot',
    {
      identity: known,
      peers: [peer('b', { data: 'lost' }), peer('c', { data: 'lost' })],
      store: 'snapshot',
    },
    'act restore-from-snapshot S4',
  ],
  [
    'all disks lost, store cannot be read',
    {
      identity: known,
      peers: [peer('b', { data: 'lost' }), peer('c', { data: 'lost' })],
      store: 'unreadable',
    },
    'wait S1',
  ],
  ['snapshot, but a node is missing', { peers: [peer('b')], store: 'snapshot' }, 'wait S7'],
  [
    'snapshot, but a peer has data',
    { peers: [peer('b', { data: 'readable' }), peer('c')], store: 'snapshot' },
    'wait S2',
  ],
  // A plan that binds.
  [
    'an acknowledged plan binds, also without peers',
    { identity: planned('acknowledged') },
    'act bootstrap-new S7',
  ],
  [
    'a committed plan binds, also beside data',
    { identity: planned('committed'), peers: [peer('b', { data: 'readable' })] },
    'act bootstrap-new S7',
  ],
  [
    'a plan that was not launched yields to a cluster that answers',
    { identity: planned('committed'), answer: answers() },
    'act remove-dead-then-rejoin S12',
  ],
];

function outcomeOf(facts: Partial<LifecycleFacts>): string {
  const decision = decide(lifecycleFacts(facts));
  const path = decision.kind === 'act' ? ` ${decision.path}` : '';
  const aside = decision.kind === 'act' && decision.moveAside ? ` ${decision.moveAside}` : '';
  return `${decision.kind}${path} ${decision.rule}${aside}`;
}

describe('the decision table', () => {
  test.each(rows)('%s', (_, facts, expected) => {
    expect(outcomeOf(facts)).toBe(expected);
  });

  test.each(rows)('gives a reason and cites facts: %s', (_, facts) => {
    const { reason, facts: cited } = decide(lifecycleFacts(facts));
    expect(reason.length).toBeGreaterThan(20);
    expect(cited).toMatchObject({ ownData: facts.data?.kind ?? 'none' });
  });
});

describe('what no combination of facts may lead to', () => {
  const data = [{ kind: 'none' } as const, readable, unreadable];
  const identities = [identity(), known, planned('acknowledged'), planned('launched'), alone];
  const answered: ClusterAnswer[] = [
    { kind: 'silent' },
    answers(),
    withoutA,
    answers({ clusterId: 'c2' }),
  ];
  const peerSets = [
    [],
    founders,
    [peer('b', { data: 'readable' }), peer('c')],
    [peer('b', { data: 'lost' }), peer('c')],
    [peer('b', { status: 'running', data: 'readable' }), peer('c')],
    [peer('b', { liveness: 'failed', data: 'readable' }), peer('c'), peer('d')],
  ];
  const stores = ['none', 'unread', 'unreadable', 'empty', 'snapshot'] as const;
  const all = data.flatMap((own) =>
    identities.flatMap((who) =>
      answered.flatMap((answer) =>
        peerSets.flatMap((peers) =>
          stores.flatMap((store) =>
            [false, true].map((removedByCluster) =>
              lifecycleFacts({ data: own, identity: who, answer, peers, store, removedByCluster }),
            ),
          ),
        ),
      ),
    ),
  );
  const creating = all.filter((facts) => {
    const decision = decide(facts);
    return (
      decision.kind === 'act' &&
      (decision.path === 'bootstrap-new' || decision.path === 'restore-from-snapshot')
    );
  });

  test('S2, S9: nothing is created or restored over data of our own', () => {
    expect(creating.length).toBeGreaterThan(0);
    expect(creating.filter((facts) => facts.data.kind !== 'none')).toEqual([]);
  });

  test('S2: nothing is created or restored beside data of others, unless a plan binds already', () => {
    const beside = creating.filter(
      (facts) =>
        facts.peers.some((other) => other.data === 'readable') && facts.identity.plan === null,
    );
    expect(beside).toEqual([]);
  });

  test('S1: nothing is created while the store could not be read, unless a plan binds already', () => {
    const unread = creating.filter(
      (facts) =>
        (facts.store === 'unread' || facts.store === 'unreadable') && facts.identity.plan === null,
    );
    expect(unread).toEqual([]);
  });

  test('S7: nothing is created while a cluster answers', () => {
    expect(creating.filter((facts) => facts.answer.kind === 'answers')).toEqual([]);
  });

  test('S8: an identity without data never leads to a new cluster', () => {
    const lost = creating.filter(
      (facts) =>
        (facts.identity.memberId !== null || facts.identity.plan?.stage === 'launched') &&
        facts.store !== 'snapshot',
    );
    expect(lost).toEqual([]);
  });

  test('S3: data is moved aside only when the cluster says that the member is gone, or it cannot be read', () => {
    const moving = all.filter((facts) => {
      const decision = decide(facts);
      return decision.kind === 'act' && decision.moveAside !== undefined;
    });
    expect(moving.length).toBeGreaterThan(0);
    expect(moving.filter((facts) => facts.answer.kind !== 'answers')).toEqual([]);
  });
});
