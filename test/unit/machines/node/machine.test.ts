import { describe, expect, test } from 'vitest';
import type { ClusterAnswer, EtcdExitKind, Identity } from '../../../../machines/facts.ts';
import { announcementOf } from '../../../../machines/node/announcement.ts';
import type { ChangeOutcome } from '../../../../machines/node/effects.ts';
import type { NodeEvent } from '../../../../machines/node/events.ts';
import {
  evidence,
  identity,
  member,
  peer,
  settings,
  status,
  statuses,
} from '../../../support/builders.ts';
import {
  ChartRun,
  launchedAlone,
  observed,
  pinAll,
  prepared,
  probed,
  settledVoter,
} from '../../../support/chart-run.ts';

const silent = { code: 'unavailable', message: 'nobody answers' };
const members = [member('a'), member('b'), member('c')];
const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });

function gossip(...peers: ReturnType<typeof peer>[]): NodeEvent {
  return { type: 'gossip.changed', atMs: 0, peers };
}

function surveyed(changes: Partial<Extract<ClusterAnswer, { kind: 'answers' }>> = {}): NodeEvent {
  const record = { lineage: 'l1', requiredSize: 3 };
  const answer = {
    kind: 'answers',
    clusterId: 'c1',
    members,
    answering: ['mb', 'mc'],
    record,
  } as const;
  return { type: 'cluster.surveyed', atMs: 0, answer: { ...answer, ...changes } };
}

function exited(kind: EtcdExitKind): NodeEvent {
  return { type: 'etcd.exited', atMs: 0, reason: { kind, sentence: `it was ${kind}` } };
}

const admitted: ChangeOutcome = {
  kind: 'done',
  clusterId: 'c1',
  members: [member('b'), member('c'), member('a', { name: '', learner: true, id: 'mnew' })],
  memberId: 'mnew',
};
const learnerStatus = status('a', { memberId: 'mnew', learner: true });

describe('the five paths', () => {
  test('restart-existing: with data nothing is waited for', () => {
    const run = new ChartRun().done(
      'prepare',
      prepared({ identity: known, data: { kind: 'readable' } }),
    );
    expect(run.context.path).toBe('restart-existing');
    expect(run.input('launchEtcd').launch).toEqual({
      clusterState: 'existing',
      initialCluster: 'a=http://a:2380',
      clusterToken: 'l1',
    });
  });

  test('restart-existing: an etcd that runs is adopted, and not launched', () => {
    const run = new ChartRun().done(
      'prepare',
      prepared({ identity: known, data: { kind: 'readable' }, adoptedPid: 7 }),
    );
    expect(run.running).toContain('watchEtcd');
    expect(run.running).not.toContain('launchEtcd');
    expect(run.context.pid).toBe(7);
  });

  test('bootstrap-new: every step is on disk before the next, and etcd starts with the plan', () => {
    const stages: (string | undefined)[] = [];
    const run = new ChartRun(settings('a', { requiredSize: 1 })).done(
      'prepare',
      prepared({ identity: identity('a', { requiredSize: 1 }) }),
    );
    while (run.running.includes('writeIdentity')) {
      const { identity: written } = run.input('writeIdentity');
      stages.push(written.plan?.stage);
      expect(run.running).not.toContain('launchEtcd');
      run.done('writeIdentity', written);
    }
    expect(stages).toEqual(['acknowledged', 'committed', 'launched']);
    expect(run.input('launchEtcd').launch).toMatchObject({
      clusterState: 'new',
      initialCluster: 'a=http://a:2380',
      clusterToken: run.context.identity.plan?.plan.id,
    });
  });

  test.each([
    ['bad-flags', 'etcd.wedged'],
    ['port-taken', 'etcd.obstructed'],
  ] as const)(
    'bootstrap-new: a first launch that ended by %s is taken back on disk',
    (kind, state) => {
      const run = launchedAlone();
      run.send(exited(kind));
      expect(run.state).toContain('etcd.takingBack');
      const { identity: written } = run.input('writeIdentity', 'takeLaunchBack');
      expect(written.plan?.stage).toBe('committed');
      run.done('writeIdentity', written, 'takeLaunchBack');
      expect(run.state).toContain(state);
      expect(run.context.data).toEqual({ kind: 'none' });
    },
  );

  test('bootstrap-new: a launch that was taken back is pinned again before it is made again', () => {
    const run = launchedAlone();
    run.send(exited('port-taken'));
    const { identity: written } = run.input('writeIdentity', 'takeLaunchBack');
    run.done('writeIdentity', written, 'takeLaunchBack').elapse('obstructionRetry');
    expect(run.input('writeIdentity').identity.plan?.stage).toBe('launched');
    expect(run.running).not.toContain('launchEtcd');
  });

  test('a launch that has served, or ended later than its flags are read, is not taken back', () => {
    expect(launchedAlone().send(exited('crashed')).state).toContain('etcd.backingOff');
    const served = launchedAlone().send(probed());
    expect(served.send(exited('port-taken')).state).toContain('etcd.obstructed');
  });

  test('bootstrap-new: an acknowledgement shows only once it is pinned', () => {
    const run = new ChartRun().done('prepare', prepared()).send(gossip(peer('b'), peer('c')));
    expect(run.running).toContain('writeIdentity');
    expect(announcementOf(run.snapshot).plan).toBeNull();
    run.done('writeIdentity', run.input('writeIdentity').identity);
    expect(announcementOf(run.snapshot).plan).toMatchObject({ stage: 'acknowledged' });
  });

  test('bootstrap-new: is left when a node with data shows up before anything was pinned', () => {
    const run = new ChartRun(settings('b'))
      .done('prepare', prepared({ identity: identity('b') }))
      .send(gossip(peer('a'), peer('c')));
    expect(run.state).toBe('active.bootstrappingNew.agreeing');
    run.send(gossip(peer('a', { data: 'readable' }), peer('c')));
    expect(run.state).toBe('active.deciding.surveying');
  });

  test('join: a learner is added, remembered, and then launched among the members', () => {
    const run = new ChartRun()
      .done('prepare', prepared())
      .send(surveyed({ members: [member('b'), member('c')] }));
    expect(run.context.path).toBe('join');
    expect(run.input('addLearner')).toMatchObject({
      peerUrl: 'http://a:2380',
      endpoints: ['http://b:2379', 'http://c:2379'],
    });
    run.done('addLearner', admitted);
    const { identity: written } = run.input('writeIdentity', 'rememberAdmission');
    expect(written).toMatchObject({ memberId: 'mnew', clusterId: 'c1', lineage: 'l1' });
    run.done('writeIdentity', written, 'rememberAdmission');
    expect(run.input('launchEtcd').launch).toMatchObject({
      clusterState: 'existing',
      initialCluster: 'b=http://b:2380,c=http://c:2380,a=http://a:2380',
    });
  });

  test('remove-dead-then-rejoin: asks for the member that has our peer URL', () => {
    const run = new ChartRun().done('prepare', prepared()).send(surveyed());
    expect(run.context.path).toBe('remove-dead-then-rejoin');
    expect(run.input('replaceMember')).toMatchObject({ memberId: 'ma', peerUrl: 'http://a:2380' });
  });

  test.each([
    ['refused', 'refusalRetry', { kind: 'refused', refusal: { rule: 'S13', sentence: 'no' } }],
    ['capped', 'capRetry', { kind: 'refused', refusal: { rule: 'S14', sentence: 'enough' } }],
    ['retrying', 'changeRetry', { kind: 'busy', holder: 'b' }],
    ['retrying', 'changeRetry', { kind: 'failed', fault: silent }],
  ] as const)('a change that is %s is planned again from fresh facts', (state, delay, outcome) => {
    const run = new ChartRun().done('prepare', prepared()).send(surveyed());
    run.done('replaceMember', outcome);
    expect(run.state).toBe(`active.replacingSelf.${state}`);
    run.elapse(delay);
    expect(run.state).toBe('active.deciding.surveying');
    expect(run.context.answer).toEqual({ kind: 'silent' });
  });

  test('changes that fail one after the other are asked for less and less often', () => {
    const run = new ChartRun().done('prepare', prepared());
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      run.send(surveyed()).done('replaceMember', { kind: 'failed', fault: silent });
      const delayMs = run.delayOf('changeRetry') ?? 0;
      run.elapse('changeRetry');
      return delayMs;
    });
    const steady = delays[0] ?? 0;
    expect(delays.slice(0, 4)).toEqual([steady, 2 * steady, 4 * steady, 8 * steady]);
    expect(delays.slice(6)).toEqual([12 * steady, 12 * steady]);
    run.send(surveyed()).done('replaceMember', admitted);
    expect(run.context.failedChanges).toBe(0);
  });

  test('old data is moved aside only after the cluster has admitted the node (S3)', () => {
    const run = new ChartRun()
      .done('prepare', prepared({ data: { kind: 'unreadable', problem: 'torn' } }))
      .send(surveyed());
    expect(run.running).not.toContain('moveDataAside');
    run.done('replaceMember', admitted);
    expect(run.input('moveDataAside').cause).toBe('unreadable');
    expect(run.running).not.toContain('launchEtcd');
    run.done('moveDataAside', { movedTo: 'member.x' });
    const { identity: written } = run.input('writeIdentity', 'rememberAdmission');
    run.done('writeIdentity', written, 'rememberAdmission');
    expect(run.running).toContain('launchEtcd');
  });

  test('restore-from-snapshot: is entered, and a failure never becomes an empty cluster (S4)', () => {
    const run = new ChartRun()
      .done('prepare', prepared({ store: 'snapshot' }))
      .send(gossip(peer('b'), peer('c')));
    expect(run.state).toBe('active.restoringFromSnapshot.choosing');
    expect(announcementOf(run.snapshot).status).toBe('restoring');
    run.fails('chooseSnapshot', 'E2D_STORE_UNREACHABLE');
    expect(run.state).toBe('active.restoringFromSnapshot.faltering');
    run.elapse('restoreRetry');
    expect(run.state).toBe('active.deciding.surveying');
    expect(run.context.decision).toMatchObject({ kind: 'wait', rule: 'S1' });
    run.send(gossip(peer('b'), peer('c'), peer('d')));
    expect(run.running).not.toContain('writeIdentity');
  });
});

describe('deciding', () => {
  test('asks an operator, and goes on by itself when the facts change', () => {
    const run = new ChartRun().done('prepare', prepared());
    run.send(surveyed({ answering: ['ma'] }));
    expect(run.state).toBe('active.deciding.awaitingOperator');
    run.send(surveyed());
    expect(run.context.path).toBe('remove-dead-then-rejoin');
  });

  test('refuses another cluster size for good', () => {
    const run = new ChartRun().done('prepare', prepared());
    run.send(surveyed({ record: { lineage: 'l1', requiredSize: 5 } }));
    expect(run.state).toBe('failed');
    expect(run.running).toEqual([]);
  });

  test('gives up after the bootstrap time-out when nodes are missing, and only then', () => {
    const missing = new ChartRun().done('prepare', prepared()).send(gossip(peer('b')));
    expect(missing.delayOf('bootstrapTimeout')).toBe(1_800_000);
    expect(missing.elapse('bootstrapTimeout').state).toBe('failed');
    const spare = new ChartRun()
      .done('prepare', prepared())
      .send(surveyed({ members: [member('b'), member('c'), member('d')] }));
    expect(spare.elapse('bootstrapTimeout').state).toBe('active.deciding.surveying');
  });

  test('a machine that cannot be read ends the node, and etcd is not touched', () => {
    const run = new ChartRun().fails('prepare', 'E2D_DATA_DIR');
    expect(run.state).toBe('failed');
    expect(run.context.fault?.code).toBe('E2D_DATA_DIR');
  });
});

describe('etcd', () => {
  test('is healthy when it answers, unhealthy when it stops to', () => {
    const run = settledVoter();
    expect(run.state).toContain('etcd.up.healthy');
    run.send(probed({ status: silent, serializable: silent, linearizable: silent }));
    expect(run.state).toContain('etcd.up.unhealthy');
    run.send(probed());
    expect(run.state).toContain('etcd.up.healthy');
  });

  test.each<[EtcdExitKind, string]>([
    ['crashed', 'etcd.backingOff'],
    ['killed', 'etcd.backingOff'],
    ['stopped', 'etcd.backingOff'],
    ['peers-unreachable', 'etcd.backingOff'],
    ['port-taken', 'etcd.obstructed'],
    ['disk-full', 'etcd.obstructed'],
    ['bad-flags', 'etcd.wedged'],
    ['newer-data', 'etcd.wedged'],
    ['cluster-id-mismatch', 'etcd.wedged'],
    ['data-dir-permissions', 'etcd.wedged'],
    ['removed-from-cluster', 'active.deciding.surveying'],
    ['corrupt-data', 'active.deciding.surveying'],
    ['member-mismatch', 'active.deciding.surveying'],
  ])('that ended %s leads to %s', (kind, state) => {
    expect(settledVoter().send(exited(kind)).state).toContain(state);
  });

  test('is started again after a pause that doubles, up to a bound', () => {
    const run = settledVoter();
    const pauses: (number | undefined)[] = [];
    for (let start = 0; start < 9; start += 1) {
      run.send(exited('crashed'));
      pauses.push(run.delayOf('restartBackoff'));
      run.elapse('restartBackoff').done('launchEtcd', { pid: 8 + start });
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    run.send(probed()).send(exited('crashed'));
    expect(run.delayOf('restartBackoff')).toBe(500);
  });

  test('that was removed is not started again before the cluster has confirmed it (S1)', () => {
    const run = settledVoter().send(exited('removed-from-cluster'));
    expect(run.context.decision).toMatchObject({ kind: 'wait', rule: 'S1' });
    expect(run.running).not.toContain('launchEtcd');
    run.send(surveyed({ members: [member('b'), member('c')] }));
    run.done('addLearner', admitted);
    expect(run.input('moveDataAside').cause).toBe('removed');
  });

  test('of another cluster than the identity says is left alone', () => {
    const run = settledVoter().send(probed({ status: status('a', { clusterId: 'c2' }) }));
    expect(run.state).toContain('etcd.wedged');
    expect(run.snapshot.hasTag('waitsForOperator')).toBe(true);
  });

  test('quorum is lost and held as a linearizable read says, and unknown while etcd is down', () => {
    const run = settledVoter();
    expect(run.state).toContain('quorum.held');
    expect(run.send(probed({ linearizable: silent })).state).toContain('quorum.lost');
    expect(run.send(probed()).state).toContain('quorum.held');
    expect(run.send(exited('crashed')).state).toContain('quorum.unknown');
  });
});

describe('standing', () => {
  function learner(): ChartRun {
    const run = new ChartRun().done('prepare', prepared()).send(surveyed());
    run.done('replaceMember', admitted);
    run.done(
      'writeIdentity',
      run.input('writeIdentity', 'rememberAdmission').identity,
      'rememberAdmission',
    );
    return run
      .done('launchEtcd', { pid: 7 })
      .send(probed({ status: learnerStatus, linearizable: silent }));
  }
  const seen = (lag: number) => ({
    members: [member('b'), member('c'), member('a', { id: 'mnew', learner: true })],
    statuses: {
      mb: status('b', { leaderId: 'mb' }),
      mnew: { ...learnerStatus, raftAppliedIndex: 1_000 - lag },
    },
  });

  test('a learner is promoted once it has stayed within the lag for the stated time (S13)', () => {
    const run = learner();
    expect(run.state).toContain('standing.learning');
    run.send(observed(0, seen(50))).send(observed(99, seen(50)));
    expect(run.state).toContain('standing.learning');
    run.send(observed(100, seen(50)));
    expect(run.input('changeMembership', 'promote').change).toEqual({
      kind: 'promote',
      memberId: 'mnew',
    });
  });

  test('a learner that falls behind in between starts its time anew', () => {
    const run = learner()
      .send(observed(0, seen(50)))
      .send(observed(50, seen(500)));
    run.send(observed(120, seen(50))).send(observed(200, seen(50)));
    expect(run.state).toContain('standing.learning');
    expect(run.send(observed(220, seen(50))).state).toContain('standing.promoting');
  });

  describe('that has caught up by the leader’s account, while its etcd does not serve', () => {
    const mute = (match: number) => ({
      members: [member('b'), member('c'), member('a', { id: 'mnew', name: '', learner: true })],
      statuses: { mb: status('b', { leaderId: 'mb' }) },
      progress: { commit: 1_000, match: { mnew: match } },
    });

    function launchedLearner(): ChartRun {
      const run = new ChartRun().done('prepare', prepared()).send(surveyed());
      run.done('replaceMember', admitted);
      const { identity: written } = run.input('writeIdentity', 'rememberAdmission');
      return run.done('writeIdentity', written, 'rememberAdmission').done('launchEtcd', { pid: 7 });
    }

    test('is started anew once, after a grace', () => {
      const run = launchedLearner()
        .send(observed(0, mute(950)))
        .send(observed(399, mute(950)));
      expect(run.state).toContain('etcd.up.starting');
      run.send(observed(400, mute(950))).send(observed(401, mute(950)));
      expect(run.input('stopEtcd', 'rouseEtcd').reason.rule).toBe('S13');
      run.done('stopEtcd', null, 'rouseEtcd').done('launchEtcd', { pid: 8 });
      run.send(observed(500, mute(950))).send(observed(9_000, mute(950)));
      expect(run.send(observed(9_100, mute(950))).state).toContain('etcd.up.starting');
    });

    test('is left alone while it still lags, or the leader says nothing', () => {
      const run = launchedLearner()
        .send(observed(0, mute(100)))
        .send(observed(9_000, mute(100)));
      expect(run.send(observed(9_100, mute(100))).state).toContain('etcd.up.starting');
      run.send(observed(9_200, { ...mute(950), progress: null }));
      expect(run.send(observed(19_000, mute(950))).state).toContain('etcd.up.starting');
    });

    test('gets its whole grace again after a crash', () => {
      const run = launchedLearner()
        .send(observed(0, mute(950)))
        .send(exited('crashed'));
      run.elapse('restartBackoff').done('launchEtcd', { pid: 8 });
      expect(run.send(observed(1_000, mute(950))).send(observed(1_399, mute(950))).state).toContain(
        'etcd.up.starting',
      );
      expect(run.send(observed(1_400, mute(950))).state).toContain('etcd.rousing');
    });

    test('is left alone once it serves', () => {
      const run = launchedLearner().send(observed(0, mute(950)));
      run.send(probed({ status: learnerStatus, linearizable: silent }));
      expect(run.send(observed(500, mute(950))).state).toContain('etcd.up.healthy');
    });
  });

  test('a promotion that was refused is asked for again', () => {
    const run = learner()
      .send(observed(0, seen(0)))
      .send(observed(100, seen(0)));
    run.done('changeMembership', { kind: 'busy', holder: 'b' }, 'promote');
    expect(run.state).toContain('standing.waitingToPromote');
    expect(run.elapse('promotionRetry').state).toContain('standing.learning');
  });

  test('a new voter writes down who it is, in the cluster first and then on disk (S8)', () => {
    const run = learner()
      .send(observed(0, seen(0)))
      .send(observed(100, seen(0)));
    run.done('changeMembership', admitted, 'promote');
    run.send(probed({ status: { ...learnerStatus, learner: false } }));
    expect(run.state).toContain('standing.settling.recording');
    const fresh = pinAll(
      new ChartRun(settings('a', { requiredSize: 1 })).done(
        'prepare',
        prepared({ identity: identity('a', { requiredSize: 1 }) }),
      ),
    );
    fresh.done('launchEtcd', { pid: 7 }).send(probed());
    const planId = fresh.context.identity.plan?.plan.id ?? '';
    expect(fresh.input('recordCluster').record).toEqual({ lineage: planId, requiredSize: 1 });
    fresh.done('recordCluster', { lineage: planId, requiredSize: 1 });
    const written: Identity = fresh.input('writeIdentity', 'rememberIdentity').identity;
    expect(written).toMatchObject({ memberId: 'ma', clusterId: 'c1', lineage: planId, plan: null });
    fresh.done('writeIdentity', written, 'rememberIdentity');
    expect(fresh.state).toContain('standing.voting');
  });
});

describe('membership', () => {
  /** `a` leads and has seen `c` gone from 0 to `untilMs`, once a second. */
  function suspecting(untilMs: number, run = settledVoter()): ChartRun {
    const { peers, statuses: answering } = evidence();
    run.send(gossip(...peers));
    for (let atMs = 0; atMs <= untilMs; atMs += 1_000) {
      run.send(observed(atMs, { members, statuses: answering }));
    }
    return run;
  }

  test('suspects, and asks for the removal at the time-out, not before (S11)', () => {
    expect(suspecting(59_000).state).toContain('membership.suspecting');
    const run = suspecting(60_000);
    expect(run.input('changeMembership', 'remove').change).toEqual({
      kind: 'remove',
      memberId: 'mc',
      ground: { kind: 'gone', heldMs: 60_000 },
    });
  });

  test('forgets its suspicions when its own loop stood still (S17)', () => {
    const run = suspecting(59_000).send({ type: 'loop.delayed', atMs: 59_500, delayMs: 4_000 });
    expect(run.state).toContain('membership.watching');
    run.send(observed(60_000, { members, statuses: statuses('a', 'b') }));
    expect(run.state).toContain('membership.suspecting');
  });

  test('does nothing while it does not lead beside a leader whose e2d runs', () => {
    const run = settledVoter().send(probed({ status: status('a', { leaderId: 'mb' }) }));
    expect(suspecting(120_000, run).state).toContain('membership.suspecting');
  });

  test('does nothing without quorum (S10)', () => {
    const run = settledVoter().send(probed({ linearizable: silent }));
    expect(suspecting(120_000, run).state).toContain('membership.suspecting');
  });

  test('pauses after a change, and stops at the cap until an hour has seen less (S14)', () => {
    const run = suspecting(60_000);
    run.done('changeMembership', { ...admitted, members: [member('a'), member('b')] }, 'remove');
    expect(run.state).toContain('membership.cooldown');
    const capped = suspecting(60_000);
    const refusal = { rule: 'S14', sentence: 'three were removed' } as const;
    capped.done('changeMembership', { kind: 'refused', refusal }, 'remove');
    expect(capped.state).toContain('membership.capped');
    expect(capped.snapshot.hasTag('waitsForOperator')).toBe(true);
    expect(capped.elapse('capRetry').state).not.toContain('membership.capped');
  });
});

describe('stopping', () => {
  const stop: NodeEvent = { type: 'operator.stop.requested' };
  const hurry: NodeEvent = { type: 'operator.hurry.requested' };

  test('hands over, stops etcd, leaves gossip, ends', () => {
    const run = settledVoter().send(stop);
    expect(run.running).toEqual(['handOverLeadership']);
    run.done('handOverLeadership', { moved: true });
    expect(run.running).toEqual(['stopEtcd']);
    run.done('stopEtcd', null);
    expect(run.running).toEqual(['leaveGossip']);
    run.done('leaveGossip', null);
    expect(run.state).toBe('stopped');
  });

  test('goes on when a step fails or takes too long', () => {
    const run = settledVoter().send(stop).fails('handOverLeadership').elapse('stopDeadline');
    expect(run.elapse('leaveDeadline').state).toBe('stopped');
  });

  test('keeps etcd when told to (S16)', () => {
    const run = settledVoter(settings('a', { keepEtcdOnExit: true })).send(stop);
    expect(run.running).toEqual(['leaveGossip']);
    expect(run.done('leaveGossip', null).state).toBe('stopped');
  });

  test('kills etcd at once on a second request', () => {
    const run = settledVoter().send(stop).send(hurry);
    expect(run.input('stopEtcd', 'killEtcd').graceMs).toBe(0);
    expect(run.done('stopEtcd', null, 'killEtcd').state).toBe('stopped');
  });

  test('a launch under way is stopped too', () => {
    const run = new ChartRun().done(
      'prepare',
      prepared({ identity: known, data: { kind: 'readable' } }),
    );
    expect(run.running).toContain('launchEtcd');
    expect(run.send(stop).running).toEqual(['stopEtcd']);
  });
});

describe('the announcement', () => {
  test.each<[string, ChartRun, object]>([
    [
      'a surveying node',
      new ChartRun().done('prepare', prepared()),
      { status: 'surveying', data: 'none' },
    ],
    [
      'a lost disk',
      new ChartRun().done('prepare', prepared({ identity: known })),
      { status: 'surveying', data: 'lost' },
    ],
    [
      'a settled voter',
      settledVoter(),
      { status: 'running', data: 'readable', clusterId: 'c1', lineage: 'l1' },
    ],
    [
      'a voter without quorum',
      settledVoter().send(probed({ linearizable: silent })),
      { status: 'starting' },
    ],
    ['a crashed etcd', settledVoter().send(exited('crashed')), { status: 'starting' }],
    [
      'a stopping node',
      settledVoter().send({ type: 'operator.stop.requested' }),
      { status: 'stopping' },
    ],
    [
      'a node that cannot reach a member',
      settledVoter().send(observed(0, { members, statuses: statuses('a', 'b') })),
      { unreachable: ['mc'] },
    ],
  ])('of %s', (_, run, expected) => {
    expect(announcementOf(run.snapshot)).toMatchObject(expected);
  });
});
