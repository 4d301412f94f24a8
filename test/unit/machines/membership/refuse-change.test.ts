import { describe, expect, test } from 'vitest';
import type {
  ClusterEvidence,
  MembershipChange,
  MembershipPolicy,
} from '../../../../machines/membership/evidence.ts';
import { refuseChange, refuseLostMargin } from '../../../../machines/membership/refuse-change.ts';
import {
  evidence,
  removalOfGone as gone,
  member,
  peer,
  peerUrlOf,
  policy,
  status,
  statuses,
} from '../../../support/builders.ts';

const sameAddress: MembershipChange = {
  kind: 'remove',
  memberId: 'mc',
  ground: { kind: 'sameAddress', peerUrl: peerUrlOf('c') },
};
const staleLearner: MembershipChange = {
  kind: 'remove',
  memberId: 'mc',
  ground: { kind: 'staleLearner', heldMs: 120_000 },
};
const addC: MembershipChange = { kind: 'addLearner', peerUrl: peerUrlOf('c') };
const promoteC: MembershipChange = { kind: 'promote', memberId: 'mc' };

const witness = peer('b', { status: 'running', data: 'readable', unreachable: ['mc'] });
const twoMembers = [member('a'), member('b')];
const withLearner = [...twoMembers, member('c', { learner: true })];
const caughtUp = { ...statuses('a', 'b'), mc: status('c', { learner: true }) };

function refusedBy(
  change: MembershipChange,
  changes: Partial<ClusterEvidence> = {},
  limits: Partial<MembershipPolicy> = {},
): string | null {
  return refuseChange(change, evidence(changes), { ...policy, ...limits })?.rule ?? null;
}

describe('what the rules allow', () => {
  test.each<[string, MembershipChange, Partial<ClusterEvidence>]>([
    ['to remove a member that is gone by all evidence', gone, {}],
    ['to remove it once gossip has forgotten its node', gone, { peers: [witness] }],
    ['to replace a silent member at its own address at once', sameAddress, {}],
    ['to remove a learner that never caught up', staleLearner, { members: withLearner }],
    ['to add a learner to a cluster that lacks a member', addC, { members: twoMembers }],
    [
      'to promote a learner that has caught up',
      promoteC,
      { members: withLearner, statuses: caughtUp },
    ],
  ])('%s', (_, change, changes) => {
    expect(refuseChange(change, evidence(changes), policy)).toBeNull();
  });

  test('to add a learner to a single member', () => {
    const alone = { members: [member('a')], statuses: statuses('a'), peers: [peer('c')] };
    expect(refusedBy(addC, alone)).toBeNull();
  });
});

describe('S10: no change without a gossip majority', () => {
  test.each<[string, MembershipChange]>([
    ['gone', gone],
    ['sameAddress', sameAddress],
    ['addLearner', addC],
    ['promote', promoteC],
  ])('%s is refused while this node is alone in gossip', (_, change) => {
    const alone = [peer('b', { liveness: 'suspect', unreachable: ['mc'] })];
    expect(refusedBy(change, { peers: alone })).toBe('S10');
  });

  test('a majority of the required nodes counts, not of the nodes that are known', () => {
    expect(refusedBy(gone, { requiredSize: 5 })).toBe('S10');
  });
});

describe('S11: removal', () => {
  test.each<[string, Partial<ClusterEvidence>]>([
    ['quorum is lost', { statuses: statuses('a') }],
    [
      'no member knows a leader',
      { statuses: { ma: status('a', { leaderId: null }), mb: status('b', { leaderId: null }) } },
    ],
    ['its node is alive in gossip', { peers: [witness, peer('c', { status: 'running' })] }],
    ['its node is alive in gossip, and only its etcd is silent', { peers: [witness, peer('c')] }],
    [
      'its node is only suspected in gossip',
      { peers: [witness, peer('c', { liveness: 'suspect' })] },
    ],
    ['it answers us', { statuses: statuses('a', 'b', 'c') }],
    ['another running node does not call it silent', { peers: [peer('b', { status: 'running' })] }],
    ['it is not in the list', { members: twoMembers, statuses: statuses('a', 'b') }],
  ])('is refused while %s', (_, changes) => {
    expect(refusedBy(gone, changes)).toBe('S11');
  });

  test('is refused until the evidence has held for the whole time-out', () => {
    expect(refusedBy(gone, {}, { healthCheckTimeoutMs: 60_001 })).toBe('S11');
  });

  test('of a healthy member is refused: the margin would shrink', () => {
    const healthy = { ...evidence(), statuses: statuses('a', 'b', 'c') };
    const foreign = { ...sameAddress, ground: { kind: 'gone', heldMs: 60_000 } } as const;
    expect(refusedBy(foreign, healthy)).toBe('S11');
  });

  test.each<[number, number, boolean]>([
    [3, 3, false],
    [3, 2, true],
    [3, 1, false],
    [5, 5, false],
    [5, 4, true],
    [5, 3, true],
    [5, 2, false],
    [1, 1, false],
  ])('of one of %i voters, %i of them healthy, keeps the margin: %s', (voters, healthy, keeps) => {
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, voters);
    const target = member(names.at(-1) ?? 'a');
    const seen = {
      members: names.map((name) => member(name)),
      statuses: statuses(...names.slice(0, healthy)),
    };
    expect(refuseLostMargin(target, seen) === null).toBe(keeps);
  });

  test('is refused while one of several witnesses still reaches the member', () => {
    const members = [...twoMembers, member('c'), member('d'), member('e')];
    const peers = [
      witness,
      peer('d', { status: 'running' }),
      peer('e', { status: 'running', unreachable: ['mc'] }),
    ];
    const five = { members, peers, statuses: statuses('a', 'b', 'd', 'e'), requiredSize: 5 };
    expect(refusedBy(gone, five)).toBe('S11');
  });

  test('is refused beside a learner: that is a change in flight', () => {
    const members = [member('a'), member('b'), member('c'), member('d', { learner: true })];
    expect(refusedBy(gone, { members })).toBe('S13');
  });
});

describe('S12: same address, empty disk', () => {
  test('is refused while the old member answers', () => {
    expect(refusedBy(sameAddress, { statuses: statuses('a', 'b', 'c') })).toBe('S12');
  });

  test('is refused for an address that the member does not have', () => {
    const foreign: MembershipChange = {
      ...sameAddress,
      ground: { kind: 'sameAddress', peerUrl: peerUrlOf('d') },
    };
    expect(refusedBy(foreign)).toBe('S12');
  });

  test('needs quorum like every removal', () => {
    expect(refusedBy(sameAddress, { statuses: statuses('a') })).toBe('S11');
  });
});

describe('S11: additions and promotions need quorum too', () => {
  test.each<[string, MembershipChange, Partial<ClusterEvidence>]>([
    ['addLearner', addC, { members: twoMembers, statuses: statuses('a') }],
    [
      'promote',
      promoteC,
      { members: withLearner, statuses: { ma: status('a'), mc: status('c', { learner: true }) } },
    ],
  ])('%s is refused without it', (_, change, changes) => {
    expect(refusedBy(change, changes)).toBe('S11');
  });
});

describe('S13: learner first', () => {
  test('a second learner is refused', () => {
    const members = [member('a'), member('d', { learner: true })];
    expect(refusedBy(addC, { members, statuses: statuses('a') })).toBe('S13');
  });

  test('a member more than required is refused', () => {
    expect(refusedBy({ kind: 'addLearner', peerUrl: peerUrlOf('d') })).toBe('S13');
  });

  test('a peer URL that a member has already is refused', () => {
    expect(refusedBy(addC)).toBe('S13');
  });

  test('a peer URL that a member of an incomplete cluster has is refused', () => {
    const addB: MembershipChange = { kind: 'addLearner', peerUrl: peerUrlOf('b') };
    expect(refusedBy(addB, { members: twoMembers })).toBe('S13');
  });

  test('a promotion is refused one entry above the lag, and allowed at it', () => {
    const behind = (entries: number) => ({
      members: withLearner,
      statuses: {
        ...statuses('a', 'b'),
        mc: status('c', { learner: true, raftAppliedIndex: 1_000 - entries }),
      },
    });
    expect(refusedBy(promoteC, behind(101))).toBe('S13');
    expect(refusedBy(promoteC, behind(100))).toBeNull();
  });

  test.each<[string, Partial<ClusterEvidence>]>([
    ['the learner does not answer', { members: withLearner }],
    [
      'no leader answers',
      { members: withLearner, statuses: { ...caughtUp, ma: status('a', { leaderId: 'mb' }) } },
    ],
    ['the member votes already', { statuses: statuses('a', 'b', 'c') }],
  ])('a promotion is refused while %s', (_, changes) => {
    expect(refusedBy(promoteC, changes)).toBe('S13');
  });

  test('a learner is not removed before its time-out, nor once it votes', () => {
    expect(refusedBy(staleLearner, { members: withLearner }, { learnerTimeoutMs: 120_001 })).toBe(
      'S13',
    );
    expect(refusedBy(staleLearner)).toBe('S13');
  });
});

describe('S14: a cap on automatic removals', () => {
  test.each<[string, MembershipChange]>([
    ['gone', gone],
    ['sameAddress', sameAddress],
  ])('%s is refused once the cap is reached', (_, change) => {
    expect(refusedBy(change, { removalsLastHour: 3 })).toBe('S14');
    expect(refusedBy(change, { removalsLastHour: 2 })).toBeNull();
  });

  test('a learner costs no quorum, and is removed in spite of it', () => {
    expect(refusedBy(staleLearner, { members: withLearner, removalsLastHour: 3 })).toBeNull();
  });
});
