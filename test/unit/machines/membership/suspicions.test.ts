import { describe, expect, test } from 'vitest';
import {
  dueRemoval,
  isSteward,
  type Suspicion,
  type SuspicionFacts,
  updateSuspicions,
} from '../../../../machines/membership/suspicions.ts';
import { evidence, member, peer, policy, statuses } from '../../../support/builders.ts';

function facts(atMs: number, changes: Partial<SuspicionFacts> = {}): SuspicionFacts {
  return { ...evidence(), atMs, ownMemberId: 'ma', maxGapMs: 5_000, ...changes };
}

/** Folds observations of the same evidence, one a second, from `fromMs` to `toMs`. */
function observed(fromMs: number, toMs: number, before: readonly Suspicion[] = []) {
  let suspicions = before;
  for (let atMs = fromMs; atMs <= toMs; atMs += 1_000) {
    suspicions = updateSuspicions(suspicions, facts(atMs));
  }
  return suspicions;
}

describe('suspicions', () => {
  test('grow while the evidence holds, and are due at the time-out, not before', () => {
    expect(dueRemoval(observed(0, 59_000), policy)).toBeNull();
    expect(dueRemoval(observed(0, 60_000), policy)).toEqual({
      kind: 'remove',
      memberId: 'mc',
      ground: { kind: 'gone', heldMs: 60_000 },
    });
  });

  test('end when any kind of evidence breaks, and begin anew', () => {
    const ripe = observed(0, 59_000);
    const back = updateSuspicions(ripe, facts(60_000, { statuses: statuses('a', 'b', 'c') }));
    expect(back).toEqual([]);
    expect(dueRemoval(observed(61_000, 120_000, back), policy)).toBeNull();
  });

  test.each<[string, Partial<SuspicionFacts>]>([
    [
      'alive in gossip',
      { peers: [peer('b', { status: 'running', unreachable: ['mc'] }), peer('c')] },
    ],
    [
      'suspect in gossip',
      {
        peers: [
          peer('b', { status: 'running', unreachable: ['mc'] }),
          peer('c', { liveness: 'suspect' }),
        ],
      },
    ],
    ['reached by another node', { peers: [peer('b', { status: 'running' })] }],
    ['ourselves', { ownMemberId: 'mc' }],
  ])('never begin against a member that is %s', (_, changes) => {
    expect(updateSuspicions([], facts(0, changes))).toEqual([]);
  });

  test('S17: do not count time in which nobody looked', () => {
    const stopped = updateSuspicions(observed(0, 10_000), facts(70_000));
    expect(stopped).toEqual([{ memberId: 'mc', ground: 'gone', sinceMs: 70_000, lastMs: 70_000 }]);
    expect(dueRemoval(stopped, policy)).toBeNull();
  });

  test('S13: fall on a learner that does not become a voter, however alive it is', () => {
    const members = [member('a'), member('b'), member('d', { learner: true })];
    let suspicions: readonly Suspicion[] = [];
    for (let atMs = 0; atMs <= 120_000; atMs += 1_000) {
      const seen = facts(atMs, { members, statuses: statuses('a', 'b', 'd'), peers: [peer('d')] });
      suspicions = updateSuspicions(suspicions, seen);
    }
    expect(dueRemoval(suspicions, policy)).toEqual({
      kind: 'remove',
      memberId: 'md',
      ground: { kind: 'staleLearner', heldMs: 120_000 },
    });
  });
});

describe('the steward', () => {
  const members = [member('a'), member('b'), member('c')];
  const running = (name: string) => peer(name, { status: 'running' });
  const own = (name: string) => ({ name, memberId: `m${name}` });

  test.each<[string, boolean, Parameters<typeof isSteward>[0]]>([
    [
      'the leader',
      true,
      { own: own('b'), leaderId: 'mb', members, peers: [running('a'), running('c')] },
    ],
    [
      'not a follower beside a leader whose e2d runs',
      false,
      { own: own('a'), leaderId: 'mb', members, peers: [running('b'), running('c')] },
    ],
    [
      'the smallest name when the leader has no e2d',
      true,
      { own: own('a'), leaderId: 'mb', members, peers: [running('c')] },
    ],
    [
      'not the larger name when the leader has no e2d',
      false,
      { own: own('c'), leaderId: 'mb', members, peers: [running('a')] },
    ],
    [
      'the smallest name when there is no leader',
      true,
      { own: own('a'), leaderId: null, members, peers: [running('b')] },
    ],
  ])('is %s', (_, expected, seen) => {
    expect(isSteward(seen)).toBe(expected);
  });
});
