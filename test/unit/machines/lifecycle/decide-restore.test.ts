import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  ClusterAnswer,
  DataClaim,
  Identity,
  OwnData,
  Peer,
  PinnedSnapshot,
  PlanStage,
  RestoreOrder,
  StoreFact,
} from '../../../../machines/facts.ts';
import { decide } from '../../../../machines/lifecycle/decide.ts';
import type { LifecycleFacts } from '../../../../machines/lifecycle/lifecycle-facts.ts';
import { identity, lifecycleFacts, member, peer } from '../../../support/builders.ts';

const readable = { kind: 'readable' } as const;
const unreadable = { kind: 'unreadable', problem: 'no log' } as const;
const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
const alone = identity('a', { requiredSize: 1 });
const founders = [peer('b'), peer('c')];
const losers = [peer('b', { data: 'lost' }), peer('c', { data: 'lost' })];
const mates = ['b', 'c'].map((name) =>
  peer(name, { status: 'running', data: 'readable', lineage: 'l1', clusterId: 'c1' }),
);

const snapshot: PinnedSnapshot = { id: 's1', sha256: '0'.repeat(64), revision: 9 };
const goBack: RestoreOrder = { kind: 'goBack', snapshotId: 's1', lineage: 'l1' };
const rebuild: RestoreOrder = { kind: 'rebuild', snapshotId: null, lineage: 'l1' };
const approve: RestoreOrder = { kind: 'approve', snapshotId: null, lineage: null };

function bound(stage: PlanStage, own = identity('a'), pinned = snapshot): Identity {
  const plan = { id: 'p1', coordinator: 'id-a', members: [], snapshot: pinned };
  return { ...own, plan: { stage, plan } };
}

/** A peer that coordinates a restore with these nodes. */
function proposer(name: string, pinned: PinnedSnapshot, nodeIds = ['id-a', 'id-b', 'id-c']): Peer {
  const plan = {
    id: 'p1',
    stage: 'acknowledged',
    proposal: { nonce: 'n', nodeIds, snapshot: pinned },
  };
  return peer(name, { status: 'restoring', plan: plan as Peer['plan'] });
}

function answers(
  changes: Partial<Extract<ClusterAnswer, { kind: 'answers' }>> = {},
): ClusterAnswer {
  return {
    kind: 'answers',
    clusterId: 'c2',
    members: [member('b'), member('c')],
    answering: ['mb', 'mc'],
    record: {
      lineage: 'l2',
      requiredSize: 3,
      parent: { lineage: 'l1', snapshotId: 's1', revision: 9 },
    },
    ...changes,
  };
}

const replacing = { ...snapshot, replaces: 'l1' };
const origin = {
  requiredSize: 3,
  voters: ['a', 'b', 'x'].map((name) => ({ name, peerUrls: [`http://${name}:2380`] })),
};

const restores = 'act restore-from-snapshot';
const rows: readonly [string, Partial<LifecycleFacts>, string][] = [
  // A plan that binds (S4).
  ['acknowledged a restore', { identity: bound('acknowledged') }, `${restores} S4`],
  [
    'committed a restore, data still here',
    { data: readable, identity: bound('committed', known) },
    `${restores} S4`,
  ],
  [
    'acknowledged a restore, etcd still runs',
    { data: readable, adoptedPid: 7, identity: bound('acknowledged', known) },
    `${restores} S4`,
  ],
  [
    'acknowledged a restore, and that cluster runs by now',
    { identity: bound('acknowledged'), answer: answers() },
    `${restores} S4`,
  ],
  [
    'launched a restore, and its data is here',
    { data: readable, identity: bound('launched') },
    'act restart-existing S9',
  ],
  [
    'launched a restore, and its data is gone',
    { identity: bound('launched'), store: 'snapshot', peers: losers },
    `${restores} S4`,
  ],
  [
    'launched a restore, its data is gone, the store is empty',
    { identity: bound('launched'), store: 'empty', peers: losers },
    'wait S8',
  ],
  // An operator's word (S2, S15).
  ['told to go back', { data: readable, identity: known, order: goBack }, `${restores} S2`],
  [
    'told to go back, etcd runs',
    { data: readable, identity: known, order: goBack, adoptedPid: 7 },
    `${restores} S2`,
  ],
  ['told to rebuild', { data: readable, identity: known, order: rebuild }, `${restores} S15`],
  [
    'approved, but there is data',
    { data: readable, identity: known, order: approve, store: 'snapshot' },
    'act restart-existing S9',
  ],
  [
    'a peer was told to have our lineage go back',
    { data: readable, identity: known, peers: [proposer('b', replacing), ...mates.slice(1)] },
    `${restores} S2`,
  ],
  [
    'a peer has another lineage go back',
    {
      data: readable,
      identity: known,
      peers: [proposer('b', { ...snapshot, replaces: 'l9' })],
    },
    'act restart-existing S9',
  ],
  [
    'a peer has our lineage go back, without us',
    { data: readable, identity: known, peers: [proposer('b', replacing, ['id-b', 'id-c'])] },
    'act restart-existing S9',
  ],
  [
    'a peer that failed had our lineage go back',
    {
      data: readable,
      identity: known,
      peers: [{ ...proposer('b', replacing), liveness: 'failed' }],
    },
    'act restart-existing S9',
  ],
  [
    'a peer restores for a lost cluster, and we have data',
    { data: readable, identity: known, peers: [proposer('b', snapshot)] },
    'act restart-existing S9',
  ],
  // A cluster that was built anew from our lineage (S15).
  [
    'data of the lineage that the cluster was rebuilt from',
    { data: readable, identity: known, answer: answers() },
    'act join S15',
  ],
  [
    'the same, while nodes of our lineage have quorum',
    { data: readable, identity: known, answer: answers(), peers: mates },
    'ask S2',
  ],
  [
    'the same, and our address is in its list',
    {
      data: readable,
      identity: known,
      answer: answers({ members: [member('a'), member('b'), member('c')] }),
    },
    'act remove-dead-then-rejoin S15',
  ],
  [
    'a lost disk of the lineage that the cluster was rebuilt from',
    { identity: known, answer: answers() },
    'act join S15',
  ],
  [
    'data of a lineage that the cluster has nothing to do with',
    { data: readable, identity: { ...known, lineage: 'l9' }, answer: answers() },
    'ask S2',
  ],
  // All disks are lost.
  ['1 of 1, new, snapshot', { identity: alone, store: 'snapshot' }, `${restores} S4`],
  [
    '1 of 1, lost, snapshot',
    { identity: { ...known, requiredSize: 1 }, store: 'snapshot' },
    `${restores} S4`,
  ],
  [
    '1 of 1, lost, store empty',
    { identity: { ...known, requiredSize: 1 }, store: 'empty' },
    'ask S8',
  ],
  [
    '1 of 1, snapshot, manual',
    { identity: alone, store: 'snapshot', restorePolicy: 'manual' },
    'ask S4',
  ],
  [
    '3 of 3 lost, snapshot',
    { identity: known, peers: losers, store: 'snapshot' },
    `${restores} S4`,
  ],
  ['3 of 3 lost, unread', { identity: known, peers: losers, store: 'unread' }, 'wait S1'],
  ['3 of 3 lost, unreadable', { identity: known, peers: losers, store: 'unreadable' }, 'wait S1'],
  ['3 of 3 lost, empty', { identity: known, peers: losers, store: 'empty' }, 'wait S8'],
  ['3 of 3 lost, no store', { identity: known, peers: losers, store: 'none' }, 'wait S8'],
  ['3 of 3 lost, ambiguous', { identity: known, peers: losers, store: 'ambiguous' }, 'ask S6'],
  [
    '3 of 3 lost, ambiguous, approved',
    { identity: known, peers: losers, store: 'ambiguous', order: approve },
    `${restores} S4`,
  ],
  [
    '3 of 3 lost, unreadable, approved',
    { identity: known, peers: losers, store: 'unreadable', order: approve },
    `${restores} S4`,
  ],
  [
    '3 of 3, manual, approved',
    { peers: founders, store: 'snapshot', restorePolicy: 'manual', order: approve },
    `${restores} S4`,
  ],
  [
    '3 of 3, manual, invited',
    { peers: [proposer('b', snapshot), peer('c')], store: 'snapshot', restorePolicy: 'manual' },
    `${restores} S4`,
  ],
  [
    '3 of 3, manual, a restore of others',
    {
      peers: [proposer('b', snapshot, ['id-b', 'id-c', 'id-d']), peer('c')],
      store: 'snapshot',
      restorePolicy: 'manual',
    },
    'ask S4',
  ],
  [
    'approved, but a node is missing',
    { peers: [peer('b')], store: 'snapshot', order: approve },
    'wait S7',
  ],
  [
    'approved, but a node that failed had data',
    {
      peers: [...founders, peer('d', { data: 'readable', liveness: 'failed' })],
      store: 'snapshot',
      order: approve,
    },
    'wait S2',
  ],
  [
    'a voter of the snapshot is none of the nodes here',
    { identity: known, peers: losers, store: 'snapshot', origin },
    'ask S2',
  ],
  [
    'the same, approved',
    { identity: known, peers: losers, store: 'snapshot', origin, order: approve },
    `${restores} S4`,
  ],
  [
    'all voters of the snapshot were other machines',
    {
      identity: known,
      peers: losers,
      store: 'snapshot',
      origin: { requiredSize: 3, voters: origin.voters.slice(2) },
    },
    `${restores} S4`,
  ],
];

function shortly(facts: LifecycleFacts): string {
  const decision = decide(facts);
  const path = decision.kind === 'act' ? ` ${decision.path}` : '';
  return `${decision.kind}${path} ${decision.rule}`;
}

describe('the decision on a restore', () => {
  test.each(rows)('%s', (_, facts, expected) => {
    expect(shortly(lifecycleFacts(facts))).toBe(expected);
  });

  test('data of the old lineage is moved aside, and only where there is some', () => {
    const moved = (data: OwnData) =>
      decide(lifecycleFacts({ data, identity: known, answer: answers() }));
    expect(moved(readable)).toHaveProperty('moveAside', 'superseded');
    expect(moved(unreadable)).toHaveProperty('moveAside', 'superseded');
    expect(moved({ kind: 'none' })).not.toHaveProperty('moveAside');
  });

  test('a node is not refused for the size that the old record of a restored cluster names', () => {
    const restored = peer('b', { status: 'running', data: 'readable', lineage: 'l2' });
    const old = answers({ record: { lineage: 'l1', requiredSize: 1 } });
    expect(shortly(lifecycleFacts({ answer: old, peers: [restored] }))).toBe('act join S13');
    const settled = answers({ record: { lineage: 'l2', requiredSize: 1 } });
    expect(shortly(lifecycleFacts({ answer: settled, peers: [restored] }))).toBe('refuse S7');
  });
});

const claims: readonly DataClaim[] = ['none', 'lost', 'readable', 'unreadable'];

const anyPeer = (name: string): fc.Arbitrary<Peer> =>
  fc
    .record({
      liveness: fc.constantFrom('alive', 'alive', 'suspect', 'failed', 'left'),
      status: fc.constantFrom('surveying', 'planning', 'restoring', 'starting', 'running'),
      data: fc.constantFrom(...claims),
      lineage: fc.constantFrom(null, 'l1', 'l2'),
      snapshot: fc.constantFrom(null, snapshot, replacing),
    })
    .map(({ snapshot: pinned, ...rest }) =>
      peer(name, {
        plan: pinned === null ? null : proposer(name, pinned).plan,
        ...rest,
      } as Partial<Peer>),
    );

const stages = ['acknowledged', 'committed', 'launched'] as const;

const anyFacts: fc.Arbitrary<LifecycleFacts> = fc
  .record({
    data: fc.constantFrom<OwnData>({ kind: 'none' }, readable, unreadable),
    identity: fc.constantFrom<Identity>(
      identity('a'),
      known,
      alone,
      { ...known, requiredSize: 1 },
      ...stages.flatMap((stage) => [
        bound(stage),
        bound(stage, known, replacing),
        { ...identity('a'), plan: { stage, plan: { id: 'p0', coordinator: 'id-a', members: [] } } },
      ]),
    ),
    adoptedPid: fc.constantFrom(null, null, 7),
    removedByCluster: fc.boolean(),
    answer: fc.constantFrom<ClusterAnswer>({ kind: 'silent' }, { kind: 'silent' }, answers()),
    peers: fc.tuple(anyPeer('b'), anyPeer('c'), anyPeer('d')),
    count: fc.nat(3),
    store: fc.constantFrom<StoreFact>(
      'none',
      'unread',
      'unreadable',
      'empty',
      'snapshot',
      'ambiguous',
    ),
    restorePolicy: fc.constantFrom('auto', 'manual'),
    order: fc.constantFrom(null, null, approve, goBack, rebuild),
    origin: fc.constantFrom(null, origin),
  })
  .map(({ peers, count, ...rest }) =>
    lifecycleFacts({ ...rest, peers: peers.slice(0, count) } as Partial<LifecycleFacts>),
  );

const hasData = ({ data, status }: Peer) =>
  data === 'readable' || data === 'unreadable' || status === 'running';

const isOrdered = ({ order, peers, identity: own }: LifecycleFacts) =>
  order?.kind === 'goBack' ||
  order?.kind === 'rebuild' ||
  peers.some(
    ({ plan }) => own.lineage !== null && plan?.proposal?.snapshot?.replaces === own.lineage,
  );

const isBound = ({ plan }: Identity) => plan !== null && plan.stage !== 'launched';

function always(holds: (facts: LifecycleFacts, path: string | null) => boolean): void {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const decision = decide(facts);
      return holds(facts, decision.kind === 'act' ? decision.path : null);
    }),
    { numRuns: 20_000, seed: 4 },
  );
}

describe('whatever the facts', () => {
  test('S7: nothing is begun anew while the store is not known to be empty', () => {
    always(
      (facts, path) =>
        path !== 'bootstrap-new' ||
        isBound(facts.identity) ||
        facts.store === 'none' ||
        facts.store === 'empty',
    );
  });

  test('S2: nothing is restored while somebody has data, without an order', () => {
    always(
      (facts, path) =>
        path !== 'restore-from-snapshot' ||
        isBound(facts.identity) ||
        isOrdered(facts) ||
        !facts.peers.some(hasData),
    );
  });

  test('S2: nothing is restored over data of our own, without an order or a plan', () => {
    always(
      (facts, path) =>
        path !== 'restore-from-snapshot' ||
        isBound(facts.identity) ||
        isOrdered(facts) ||
        facts.data.kind === 'none',
    );
  });

  test('S4: under the manual policy nothing is restored without a word', () => {
    always(
      (facts, path) =>
        path !== 'restore-from-snapshot' ||
        facts.restorePolicy === 'auto' ||
        isBound(facts.identity) ||
        facts.order !== null ||
        facts.peers.some(({ plan }) => plan?.proposal?.snapshot !== undefined),
    );
  });

  test('S8: who lost a disk begins nothing anew', () => {
    always(
      ({ data, identity: own }, path) =>
        path !== 'bootstrap-new' ||
        isBound(own) ||
        !(data.kind === 'none' && (own.memberId !== null || own.plan?.stage === 'launched')),
    );
  });
});
