import { beforeAll, describe, expect, test } from 'vitest';
import { MemberChanges } from '../../../../src/simulation/checkers/member-changes.ts';
import type { ConfigChangeEvent } from '../../../../src/simulation/etcd/events.ts';
import type { ClusterDraft, World } from '../../../../src/simulation/world.ts';
import {
  answerOf,
  calmDraft,
  clientOf,
  holdE2d,
  machineAt,
  memberIdOf,
  settledWorld,
  type WorldRun,
} from './run-world.ts';

/** A world with its checker, which looks as often as in a simulation. */
async function checkedWorld(draft: Partial<ClusterDraft> = {}) {
  const checker: MemberChanges = new MemberChanges({ ...calmDraft, ...draft }, () => run.world);
  const run = await settledWorld([checker], draft);
  const look = () => {
    checker.look(run.world);
    run.world.time.setTimeout(look, 250);
  };
  look();
  await run.pass(500);
  return { ...run, checker };
}

function said({ violations }: MemberChanges): readonly string[] {
  return violations.map(({ rule, sentence }) => `${rule} ${sentence.replace(/^member \w+: /, '')}`);
}

describe('what is done to the model of etcd', () => {
  test('a cluster that forms, and replaces a lost disk, is clean', async () => {
    const run = await checkedWorld();
    expect(said(run.checker)).toEqual([]);
    const lost = machineAt(run.world, 1);
    const start = lost.powerOff();
    lost.disk.wipe();
    start();
    await run.pass(20_000);
    expect(run.changes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['remove', 'addLearner', 'promote']),
    );
    expect(said(run.checker)).toEqual([]);
  });

  test('a member that is away for the whole time-out is removed, and that is clean', async () => {
    const run = await checkedWorld({ size: 5 });
    machineAt(run.world, 4).powerOff();
    await run.pass(20_000);
    expect(run.changes.map(({ kind }) => kind)).toContain('remove');
    expect(said(run.checker)).toEqual([]);
  });

  test('a voter that is added at once is reported under S13', async () => {
    const run = await checkedWorld();
    const client = clientOf(run.world, machineAt(run.world, 0));
    await answerOf(run, client.addMember(['http://10.0.8.1:2380']));
    expect(said(run.checker)).toEqual(['S13 a voter was added that never was a learner']);
  });

  test('a healthy voter that is removed is reported under S11, for each reason', async () => {
    const run = await checkedWorld();
    holdE2d(run.world);
    const [asked, gone] = [machineAt(run.world, 0), machineAt(run.world, 1)];
    await answerOf(run, clientOf(run.world, asked).remove(memberIdOf(gone)));
    expect(said(run.checker)).toEqual([
      'S11 the margin goes from 1 to 0',
      'S11 the member is well',
      'S11 it has its data, and was away for 0 ms',
    ]);
  });

  test('a member that was away for less than the time-out is reported under S11', async () => {
    const run = await checkedWorld({ healthCheckTimeoutMs: 20_000 });
    holdE2d(run.world);
    const [asked, gone] = [machineAt(run.world, 0), machineAt(run.world, 1)];
    gone.killEtcd();
    await run.pass(5_000);
    await answerOf(run, clientOf(run.world, asked).remove(memberIdOf(gone)));
    expect(said(run.checker)).toEqual([
      expect.stringMatching(/^S11 it has its data, and was away for [45]\d\d\d ms$/),
    ]);
  });

  test('time in which its etcd ran, and was only paused before, does not excuse it', async () => {
    const run = await checkedWorld({ healthCheckTimeoutMs: 5_000 });
    holdE2d(run.world);
    const [asked, gone] = [machineAt(run.world, 0), machineAt(run.world, 1)];
    gone.pauseEtcd()();
    await run.pass(20_000);
    await answerOf(run, clientOf(run.world, asked).remove(memberIdOf(gone)));
    expect(said(run.checker)).toContain('S11 it has its data, and was away for 0 ms');
  });

  test('a removal beyond the cap of an hour is reported under S14', async () => {
    const run = await checkedWorld({ size: 5, maxRemovalsPerHour: 1 });
    holdE2d(run.world);
    const client = clientOf(run.world, machineAt(run.world, 0));
    for (const index of [3, 4]) {
      machineAt(run.world, index).killEtcd();
      await run.pass(10_000);
      await answerOf(run, client.remove(memberIdOf(machineAt(run.world, index))));
    }
    expect(said(run.checker)).toEqual(['S14 1 were removed within the hour, of 1 allowed']);
  });
});

describe('what the model itself would refuse', () => {
  let run: WorldRun;
  let world: World;
  beforeAll(async () => {
    run = await settledWorld();
    world = run.world;
  });

  /** The removal of the second member of a cluster of three, whose disk is lost, unless changed. */
  function event(changes: Partial<ConfigChangeEvent> = {}): ConfigChangeEvent {
    const voters = world.machines.map(memberIdOf);
    const [one = '', two = '', three = ''] = voters;
    const { clusterId } = { clusterId: machineAt(world, 0).disk.data?.clusterId ?? '' };
    const member = world.etcd
      .clusters()
      .get(clusterId)
      ?.members.find(({ id }) => id === two);
    if (member === undefined) throw new Error('there is no such member');
    return {
      clusterId,
      atMs: world.time.nowMs(),
      kind: 'remove',
      memberId: 'f00d',
      member: { ...member, id: 'f00d', peerUrls: ['http://10.0.8.1:2380'] },
      leaderId: one,
      term: 2,
      index: 9,
      votersBefore: [one, 'f00d', three],
      learnersBefore: [],
      healthyBefore: [one, three],
      lagEntries: null,
      ...changes,
    };
  }

  function judged(...events: readonly ConfigChangeEvent[]): readonly string[] {
    const checker = new MemberChanges({ ...calmDraft, maxRemovalsPerHour: 1 }, () => world);
    for (const one of events) checker.configChanged(one);
    return said(checker);
  }

  test('the removal of a member whose disk is lost is clean', () => {
    expect(judged(event())).toEqual([]);
  });

  test('a second learner is reported under S13, and a first one is not', () => {
    expect(judged(event({ kind: 'addLearner' }))).toEqual([]);
    expect(judged(event({ kind: 'addLearner', learnersBefore: ['1'] }))).toEqual([
      'S13 there is a second learner',
    ]);
  });

  test('the removal of a voter beside a learner is reported under S14', () => {
    expect(judged(event({ learnersBefore: ['1'] }))).toEqual(['S14 a learner is on its way']);
  });

  test('a learner with data that is removed before its time-out is reported under S13', () => {
    const { votersBefore, atMs } = event();
    const [, memberId = ''] = world.machines.map(memberIdOf);
    const added = event({ kind: 'addLearner', memberId, atMs: atMs - 2_000 });
    const learner = { votersBefore: votersBefore.filter((id) => id !== 'f00d'), memberId };
    const removed = event(learner);
    expect(judged(added, removed)).toEqual(['S13 the learner had 2000 ms to catch up']);
    expect(judged({ ...added, atMs: atMs - calmDraft.learnerTimeoutMs }, removed)).toEqual([]);
    expect(judged({ ...added, memberId: 'f00d' }, event({ ...learner, memberId: 'f00d' }))).toEqual(
      [],
    );
  });

  test('a promotion with a lag is reported under S13, one within it or unknown is not', () => {
    expect(judged(event({ kind: 'promote', lagEntries: 1_001 }))).toEqual([
      'S13 the learner lacks 1001 entries',
    ]);
    expect(judged(event({ kind: 'promote', lagEntries: 1_000 }))).toEqual([]);
    expect(judged(event({ kind: 'promote', lagEntries: null }))).toEqual([]);
  });

  test('a change without quorum is reported under S11', () => {
    const { leaderId } = event();
    expect(judged(event({ healthyBefore: [leaderId] }))).toEqual([
      'S11 quorum was not held before',
      'S11 the margin goes from -1 to -1',
    ]);
  });

  test('a removal that leaves no quorum is reported under S11', () => {
    const { leaderId } = event();
    const two = { votersBefore: [leaderId, 'f00d'], healthyBefore: [leaderId, 'f00d'] };
    expect(judged(event(two))).toEqual(['S11 the member is well']);
    const own = event({ ...two, memberId: leaderId, healthyBefore: [leaderId] });
    expect(judged(own)).toContain('S11 the margin goes from -1 to -1');
  });

  test('removals count for an hour, and those of learners not at all', () => {
    const { atMs, votersBefore } = event();
    const later = event({ atMs: atMs + 3_600_001 });
    const learner = event({ votersBefore: votersBefore.filter((id) => id !== 'f00d') });
    expect(judged(event(), later)).toEqual([]);
    expect(judged(learner, learner, event())).toEqual([]);
    expect(judged(event(), event({ atMs: atMs + 3_599_999 }))).toEqual([
      'S14 1 were removed within the hour, of 1 allowed',
    ]);
  });
});
