import { describe, expect, test } from 'vitest';
import type { Identity, Peer, PinnedPlan, PinnedSnapshot } from '../../../../machines/facts.ts';
import { type PlanStep, planStep, proposalOf } from '../../../../machines/lifecycle/plan.ts';
import { announcementOf } from '../../../../machines/node/announcement.ts';
import type { NodeSettings } from '../../../../machines/node/context.ts';
import type { NodeEvent } from '../../../../machines/node/events.ts';
import { identity, peer, settings, status } from '../../../support/builders.ts';
import { ChartRun, pinAll, prepared, probed, settledVoter } from '../../../support/chart-run.ts';

const choice: PinnedSnapshot = { id: 's1', sha256: '1'.repeat(64), revision: 9 };
const goBack = { kind: 'goBack', snapshotId: 's1', lineage: 'l1' } as const;
const rebuild = { kind: 'rebuild', snapshotId: null, lineage: 'l1' } as const;
const silent = { code: 'unavailable', message: 'nobody answers' };
const taken = { kind: 'taken', id: 's9', revision: 90, storedBytes: 1, atMs: 0 } as const;
const alone = settings('a', { requiredSize: 1 });
const snapshots = { intervalMs: 60_000, verifyIntervalMs: null };

function gossip(...peers: Peer[]): NodeEvent {
  return { type: 'gossip.changed', atMs: 0, peers };
}

const mate = (name: string, changes: Partial<Peer> = {}) =>
  peer(name, { status: 'running', data: 'readable', lineage: 'l1', clusterId: 'c1', ...changes });

/** A peer with its vote on the plan that this run holds, or on the step that it takes. */
function voting(of: Peer, stage: PinnedPlan['stage'], pinned: PinnedPlan['plan']): Peer {
  const vote = { id: pinned.id, stage };
  return {
    ...of,
    status: 'restoring',
    plan: pinned.coordinator === of.nodeId ? { ...vote, proposal: proposalOf(pinned) } : vote,
  };
}

const planIn = (run: ChartRun) => {
  const { plan } = run.context.identity;
  if (plan === null) throw new Error('there is no plan');
  return plan.plan;
};

const restoring = (state: string) => `active.restoringFromSnapshot.${state}`;

/** Three nodes without data; this one, `a`, coordinates, and is about to choose. */
function choosing(own: NodeSettings = settings()): ChartRun {
  return new ChartRun(own)
    .done('prepare', prepared({ store: 'snapshot' }))
    .send(gossip(peer('b'), peer('c')));
}

/** It has pinned what it proposes, and restores it while the others do. */
function staging(): ChartRun {
  return pin(choosing().done('chooseSnapshot', { choice, passedOver: [] }));
}

function staged(run: ChartRun): ChartRun {
  return run.done('stageSnapshot', { planId: run.input('stageSnapshot').plan.id });
}

function pin(run: ChartRun): ChartRun {
  const id = run.running.find((one) => ['pinRestore', 'forgetPlan'].includes(one)) ?? 'pinRestore';
  return run.done('writeIdentity', run.input('writeIdentity', id).identity, id);
}

/** All have acknowledged, the commit and the launch are pinned. */
function installing(): ChartRun {
  const run = staged(staging());
  const plan = planIn(run);
  run.send(gossip(...['b', 'c'].map((name) => voting(peer(name), 'acknowledged', plan))));
  return pin(pin(run));
}

describe('the coordinator of a restore', () => {
  test('chooses, proposes, stages, commits, launches and installs, in this order', () => {
    const run = choosing();
    expect(run.state).toBe(restoring('choosing'));
    run.done('chooseSnapshot', { choice, passedOver: [] });
    expect(run.input('writeIdentity', 'pinRestore').identity.plan?.stage).toBe('acknowledged');
    expect(announcementOf(run.snapshot).plan).toBeNull();
    pin(run);
    expect(announcementOf(run.snapshot).plan).toMatchObject({
      stage: 'acknowledged',
      proposal: { nodeIds: ['id-a', 'id-b', 'id-c'], snapshot: choice },
    });
    expect(run.state).toBe(restoring('staging'));
    const plan = planIn(run);
    expect(run.input('stageSnapshot').plan).toEqual(plan);
    staged(run);
    run.send(gossip(voting(peer('b'), 'acknowledged', plan), peer('c')));
    expect(run.state).toBe(restoring('agreeing'));
    run.send(gossip(...['b', 'c'].map((name) => voting(peer(name), 'acknowledged', plan))));
    expect(run.input('writeIdentity', 'pinRestore').identity.plan?.stage).toBe('committed');
    pin(run);
    expect(run.input('writeIdentity', 'pinRestore').identity.plan?.stage).toBe('launched');
    expect(run.running).not.toContain('installSnapshot');
    pin(run);
    expect(run.input('installSnapshot').plan).toEqual(plan);
    expect(run.running).not.toContain('launchEtcd');
    run.done('installSnapshot', { movedTo: null });
    expect(run.input('launchEtcd').launch).toMatchObject({
      initialCluster: 'a=http://a:2380,b=http://b:2380,c=http://c:2380',
      clusterToken: plan.id,
    });
  });

  test('never has etcd begin a cluster of its own, should the restored data be gone again', () => {
    const run = installing().done('installSnapshot', { movedTo: null });
    expect(run.input('launchEtcd').launch.clusterState).toBe('existing');
  });

  test('records what was restored, once it runs, and takes a snapshot of the new lineage', () => {
    const run = new ChartRun({ ...alone, snapshots })
      .done(
        'prepare',
        prepared({ identity: identity('a', { requiredSize: 1 }), store: 'snapshot' }),
      )
      .done('chooseSnapshot', { choice, passedOver: [] });
    pin(pin(staged(pin(run)))).done('installSnapshot', { movedTo: null });
    const { id } = planIn(run);
    run.done('launchEtcd', { pid: 7 }).send(probed());
    expect(run.input('recordCluster')).toMatchObject({
      record: { lineage: id, requiredSize: 1 },
      restored: choice,
      reason: { rule: 'S5' },
    });
    const record = {
      lineage: id,
      requiredSize: 1,
      parent: { lineage: 'l1', snapshotId: 's1', revision: 9 },
    };
    run.done('recordCluster', record);
    run.done(
      'writeIdentity',
      run.input('writeIdentity', 'rememberIdentity').identity,
      'rememberIdentity',
    );
    expect(run.context.identity).toMatchObject({ lineage: id, parentLineage: 'l1', plan: null });
    expect(run.delayOf('snapshotPause')).toBeLessThan(1_000);
    run.elapse('snapshotPause');
    expect(run.input('takeSnapshot')).toMatchObject({ trigger: 'after-restore', lineage: id });
  });

  test('S2: commits nothing once a node with data was seen, however long the staging took', () => {
    const run = staging();
    const acknowledged = ['b', 'c'].map((name) => voting(peer(name), 'acknowledged', planIn(run)));
    run.send(gossip(...acknowledged, peer('d', { data: 'readable' })));
    expect(run.state).toBe(restoring('staging'));
    staged(run);
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toBeNull();
    expect(pin(run).state).toBe('active.deciding.surveying');
    expect(run.context.decision).toMatchObject({ kind: 'wait', rule: 'S2' });
  });

  test('S4: does not commit what it has not staged itself, though all others have', () => {
    const run = staging();
    const plan = planIn(run);
    run.send(gossip(...['b', 'c'].map((name) => voting(peer(name), 'acknowledged', plan))));
    expect(run.running).not.toContain('pinRestore');
    staged(run);
    expect(run.input('writeIdentity', 'pinRestore').identity.plan?.stage).toBe('committed');
  });

  test('lets the others go when it cannot stage what it proposed', () => {
    const run = staging().fails('stageSnapshot', 'E2D_DISK_FULL');
    expect(run.state).toBe(restoring('withdrawing'));
    expect(announcementOf(run.snapshot).plan).not.toBeNull();
    const { identity: wanted, reason } = run.input('writeIdentity', 'withdrawProposal');
    expect(wanted.plan).toBeNull();
    expect(reason).toMatchObject({ rule: 'S4', sentence: expect.stringContaining('propose') });
    run.done('writeIdentity', wanted, 'withdrawProposal');
    expect(announcementOf(run.snapshot).plan).toBeNull();
    expect(run.state).toBe(restoring('faltering'));
  });

  test('stays bound while it cannot withdraw, and then sees to the staging anew', () => {
    const run = staging().fails('stageSnapshot').fails('withdrawProposal');
    expect(run.state).toBe(restoring('faltering'));
    expect(run.context.identity.plan?.stage).toBe('acknowledged');
    run.elapse('restoreRetry');
    expect(run.state).toBe(restoring('staging'));
  });

  test('calls its plan off when a node with data shows up, and decides anew', () => {
    const run = staged(staging());
    run.send(gossip(peer('b'), peer('c'), peer('d', { data: 'readable' })));
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toBeNull();
    expect(pin(run).state).toBe('active.deciding.surveying');
  });
});

describe('a participant in a restore', () => {
  const plan = () => planIn(staging());

  function fetching(): ChartRun {
    return new ChartRun(settings('b'))
      .done('prepare', prepared({ identity: identity('b'), store: 'snapshot' }))
      .send(gossip(peer('a'), peer('c')));
  }

  function joined(): ChartRun {
    return new ChartRun(settings('b'))
      .done('prepare', prepared({ identity: identity('b'), store: 'snapshot' }))
      .send(gossip(voting(peer('a'), 'acknowledged', plan()), peer('c')));
  }

  test('fetches what is likely to be chosen while the coordinator chooses', () => {
    const run = fetching();
    expect(run.state).toBe(restoring('fetchingAhead'));
    expect(run.input('fetchAhead')).toMatchObject({ lineages: [], reason: { rule: 'S4' } });
    run.done('fetchAhead', null);
    expect(run.state).toBe(restoring('agreeing'));
    run.elapse('planRetry');
    expect(run.running).not.toContain('fetchAhead');
    run.send(gossip(voting(peer('a'), 'acknowledged', plan()), peer('c')));
    expect(run.input('stageSnapshot').plan).toEqual(plan());
  });

  test('takes part though it could not fetch ahead, and tells why it could not', () => {
    const run = fetching().fails('fetchAhead', 'E2D_STORE_UNREACHABLE');
    expect(run.state).toBe(restoring('agreeing'));
    expect(run.context.fault?.code).toBe('E2D_STORE_UNREACHABLE');
    run.send(gossip(voting(peer('a'), 'acknowledged', plan()), peer('c')));
    expect(run.state).toBe(restoring('staging'));
  });

  test('stages the very snapshot of the plan before it acknowledges', () => {
    const run = joined();
    expect(run.input('stageSnapshot').plan).toEqual(plan());
    expect(run.running).not.toContain('chooseSnapshot');
    staged(run);
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toEqual({
      stage: 'acknowledged',
      plan: plan(),
    });
  });

  test('S2: acknowledges nothing once a node with data was seen, however long the staging took', () => {
    const run = joined();
    const proposed = voting(peer('a'), 'acknowledged', plan());
    run.send(gossip(proposed, peer('c'), peer('d', { data: 'readable' })));
    staged(run);
    expect(run.running).not.toContain('pinRestore');
    expect(run.state).toBe('active.deciding.surveying');
    expect(run.context.decision).toMatchObject({ kind: 'wait', rule: 'S2' });
  });

  test('installs on the coordinator’s word, and not before', () => {
    const run = pin(staged(joined()));
    const c = voting(peer('c'), 'acknowledged', plan());
    run.send(gossip(voting(peer('a'), 'acknowledged', plan()), c));
    expect(run.state).toBe(restoring('agreeing'));
    run.send(gossip(voting(peer('a'), 'committed', plan()), c));
    expect(pin(run).input('installSnapshot').plan).toEqual(plan());
  });

  test('is free again when the coordinator has called it off', () => {
    const run = pin(staged(joined()));
    run.send(gossip(peer('a', { data: 'none' }), peer('c')));
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toBeNull();
  });
});

describe('a step of a restore that fails', () => {
  const secured = () =>
    settledVoter()
      .send(gossip(mate('b'), mate('c')))
      .send({ type: 'operator.restore.requested', order: goBack });

  test.each<[string, () => ChartRun]>([
    ['chooseSnapshot', choosing],
    ['pinRestore', () => choosing().done('chooseSnapshot', { choice, passedOver: [] })],
    ['secureBeforeRestore', secured],
  ])('%s: has changed nothing, and all is looked at anew', (id, reach) => {
    const run = reach();
    const { identity: before } = run.context;
    run.fails(id);
    expect(run.state).toBe(restoring('faltering'));
    expect(run.context.identity).toEqual(before);
    expect(run.context).toMatchObject({ choice: null, stagedPlan: null, failedRestores: 1 });
    expect(run.running.filter((one) => /install|stop|move/.test(one))).toEqual([]);
    run.elapse('restoreRetry');
    expect(run.state).toMatch(/active\.(deciding|running)/);
  });

  test('is tried again less and less often', () => {
    const run = choosing();
    const pauses = [1, 2, 3].map(() => {
      run.fails('chooseSnapshot');
      const pauseMs = run.delayOf('restoreRetry') ?? 0;
      run.elapse('restoreRetry');
      const reading = { fact: 'snapshot', sentence: '' } as const;
      run.send({ type: 'store.read', atMs: 0, reading });
      return pauseMs;
    });
    expect(pauses).toEqual([pauses[0], 2 * (pauses[0] ?? 0), 4 * (pauses[0] ?? 0)]);
  });

  test('S4: an installation that failed is made again, by the plan and by nothing else', () => {
    const run = installing();
    const plan = planIn(run);
    run.fails('installSnapshot', 'E2D_DISK_FULL').elapse('restoreRetry');
    expect(run.input('stageSnapshot').plan).toEqual(plan);
    expect(run.running).not.toContain('launchEtcd');
    pin(staged(run));
    expect(run.input('installSnapshot').plan).toEqual(plan);
  });
});

describe('a node that starts again amid a restore', () => {
  const bound = (stage: PinnedPlan['stage'], changes: Partial<Identity> = {}) => {
    const run = staged(staging());
    return identity('a', { ...changes, plan: { stage, plan: planIn(run) } });
  };

  test('that had acknowledged is bound, and asks no store', () => {
    const { plan } = bound('acknowledged').plan as PinnedPlan;
    const own = identity('b', { plan: { stage: 'acknowledged', plan } });
    const run = new ChartRun(settings('b')).done(
      'prepare',
      prepared({ identity: own, store: 'unread' }),
    );
    expect(run.state).toBe(restoring('agreeing'));
    expect(run.running).not.toContain('observeStore');
    run.send(gossip(voting(peer('a'), 'committed', plan), peer('c')));
    expect(run.state).toBe(restoring('staging'));
  });

  test('that coordinates, and had not committed, calls its plan off: it sees nobody yet', () => {
    const run = new ChartRun().done('prepare', prepared({ identity: bound('acknowledged') }));
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toBeNull();
  });

  test('that had committed sees to it that the snapshot is ready before it launches', () => {
    const run = new ChartRun().done('prepare', prepared({ identity: bound('committed') }));
    expect(run.state).toBe(restoring('staging'));
    staged(run);
    expect(run.input('writeIdentity', 'pinRestore').identity.plan?.stage).toBe('launched');
    expect(pin(run).state).toBe(restoring('installing'));
  });

  test('that had launched, with its data in place, restarts from it and records the restore', () => {
    const own = bound('launched');
    const run = new ChartRun().done(
      'prepare',
      prepared({ identity: own, data: { kind: 'readable' } }),
    );
    run.done('launchEtcd', { pid: 7 }).send(probed());
    expect(run.input('recordCluster')).toMatchObject({
      record: { lineage: own.plan?.plan.id },
      restored: choice,
    });
  });

  test('that had launched, and lost the data since, forgets the plan and begins another', () => {
    const run = new ChartRun()
      .done('prepare', prepared({ identity: bound('launched'), store: 'snapshot' }))
      .send(gossip(peer('b', { data: 'lost' }), peer('c', { data: 'lost' })));
    expect(run.input('writeIdentity', 'forgetPlan').identity.plan).toBeNull();
    expect(pin(run).state).toBe(restoring('choosing'));
  });

  test('that was to go back, and had not committed, lets go: the order is not remembered', () => {
    const step: PlanStep = planStep({
      identity: identity('a', { lineage: 'l1' }),
      peers: [mate('b'), mate('c')],
      nonce: 'n',
      restore: { choice: { ...choice, replaces: 'l1' }, hasFetched: false, order: goBack },
    });
    if (step.kind !== 'acknowledge') throw new Error(step.kind);
    const own = identity('a', {
      memberId: 'ma',
      clusterId: 'c1',
      lineage: 'l1',
      plan: { stage: 'acknowledged', plan: step.plan },
    });
    const facts = prepared({ identity: own, data: { kind: 'readable' }, adoptedPid: 7 });
    const run = pin(new ChartRun().done('prepare', facts));
    expect(run.state).toContain('active.running');
    expect(run.context.pid).toBe(7);
    expect(run.running).not.toContain('launchEtcd');
  });
});

describe('a running cluster that goes back', () => {
  const ordered = (own?: NodeSettings) =>
    settledVoter(own)
      .send(gossip(mate('b'), mate('c')))
      .send({ type: 'operator.restore.requested', order: goBack });

  const vouching = () =>
    ordered()
      .done('takeSnapshot', taken, 'secureBeforeRestore')
      .done('chooseSnapshot', { choice, passedOver: [] });

  const vouched = (run: ChartRun) =>
    run.done('vouchForOrder', { planId: run.input('vouchForOrder').plan.id });

  /** All have acknowledged and the launch is pinned: etcd is about to be stopped. */
  function shuttingOut(): ChartRun {
    const run = staged(pin(vouched(vouching())));
    const plan = planIn(run);
    run.send(gossip(...['b', 'c'].map((name) => voting(mate(name), 'acknowledged', plan))));
    return pin(pin(run));
  }

  test('is secured first, and does not go back without', () => {
    const run = ordered();
    expect(run.state).toBe(restoring('securing'));
    expect(run.input('takeSnapshot', 'secureBeforeRestore')).toMatchObject({
      trigger: 'before-change',
      lineage: 'l1',
    });
    run.fails('secureBeforeRestore').elapse('restoreRetry');
    expect(run.state).toContain('active.running');
    expect(run.context).toMatchObject({ order: null, choice: null, pid: 7 });
  });

  test('holds the order itself before anything is staged', () => {
    const run = vouching();
    expect(run.input('vouchForOrder')).toMatchObject({
      isOwn: true,
      plan: { snapshot: { ...choice, replaces: 'l1' } },
    });
    expect(run.running).not.toContain('stageSnapshot');
    expect(pin(vouched(run)).state).toBe(restoring('staging'));
  });

  test('is told so by another node, and believes the cluster, not gossip', () => {
    const plan = planIn(staged(pin(vouched(vouching()))));
    const own = identity('b', { memberId: 'mb', clusterId: 'c1', lineage: 'l1' });
    const run = new ChartRun(settings('b'))
      .done('prepare', prepared({ identity: own, data: { kind: 'readable' } }))
      .done('launchEtcd', { pid: 7 })
      .send(probed({ status: status('b') }))
      .send(gossip(voting(mate('a'), 'acknowledged', plan), mate('c')));
    expect(run.input('vouchForOrder')).toMatchObject({ isOwn: false, plan });
    run.fails('vouchForOrder').elapse('restoreRetry');
    expect(run.running).not.toContain('stageSnapshot');
    run
      .send(gossip(mate('a'), mate('c')))
      .fails('vouchForOrder')
      .elapse('restoreRetry');
    expect(run.state).toContain('active.running');
    expect(run.context.pid).toBe(7);
  });

  test('stops etcd once all is ready and pinned, and only then moves data', () => {
    const run = shuttingOut();
    expect(run.state).toBe(restoring('shuttingOut'));
    expect(run.running).not.toContain('installSnapshot');
    run.done('stopEtcd', null, 'stopReplacedEtcd');
    expect(run.context).toMatchObject({ pid: null, adoptedPid: null });
    expect(run.input('installSnapshot').plan).toEqual(planIn(run));
    run.done('installSnapshot', { movedTo: 'member.x' });
    expect(run.running).toContain('launchEtcd');
    expect(run.context.backup.last).toBeNull();
    expect(run.context.identity).toMatchObject({ memberId: null, clusterId: null, lineage: null });
  });

  test('S4: whose etcd could not be stopped does not settle on its old data', () => {
    const run = shuttingOut().fails('stopReplacedEtcd').elapse('restoreRetry');
    expect(run.state).toBe(restoring('staging'));
    expect(run.running).not.toContain('recordCluster');
    expect(pin(staged(run)).state).toBe(restoring('shuttingOut'));
  });

  test('keeps its etcd when it is called off', () => {
    const run = staged(pin(vouched(vouching())));
    run.elapse('orderDeadline').elapse('planRetry');
    expect(run.input('writeIdentity', 'pinRestore').identity.plan).toBeNull();
    pin(run);
    expect(run.state).toContain('active.running');
    expect(run.running).toContain('watchEtcd');
    expect(run.context).toMatchObject({ pid: 7, order: null, choice: null });
  });

  test('S2: a cluster of one does not go back by an order that has run out', () => {
    const own = identity('a', {
      memberId: 'ma',
      clusterId: 'c1',
      lineage: 'l1',
      requiredSize: 1,
    });
    const run = new ChartRun(alone)
      .done('prepare', prepared({ identity: own, data: { kind: 'readable' } }))
      .done('launchEtcd', { pid: 7 })
      .send(probed())
      .send({ type: 'operator.restore.requested', order: goBack })
      .elapse('orderDeadline')
      .done('takeSnapshot', taken, 'secureBeforeRestore');
    expect(run.state).toContain('active.running');
    expect(run.running).not.toContain('chooseSnapshot');
  });

  test.each<[string, () => ChartRun]>([
    ['a node is missing', () => settledVoter().send(gossip(mate('b')))],
    [
      'one does not run',
      () => settledVoter().send(gossip(mate('b'), mate('c', { status: 'starting' }))),
    ],
    [
      'quorum is lost',
      () =>
        settledVoter()
          .send(gossip(mate('b'), mate('c')))
          .send(probed({ linearizable: silent })),
    ],
  ])('is refused while %s', (_, reach) => {
    const run = reach().send({ type: 'operator.restore.requested', order: goBack });
    expect(run.state).toContain('active.running');
    expect(run.context.order).toBeNull();
  });

  test('is refused for another lineage than the order names', () => {
    const order = { ...goBack, lineage: 'l2' };
    const run = settledVoter()
      .send(gossip(mate('b'), mate('c')))
      .send({ type: 'operator.restore.requested', order });
    expect(run.state).toContain('active.running');
  });
});

describe('a cluster that is rebuilt from one node', () => {
  const survivor = () => settledVoter().send(probed({ linearizable: silent }));

  test('takes what this node has, alone, and stops its etcd before it moves', () => {
    const run = survivor().send({ type: 'operator.restore.requested', order: rebuild });
    expect(run.input('chooseSnapshot')).toMatchObject({ order: rebuild, reason: { rule: 'S15' } });
    pin(run.done('chooseSnapshot', { choice, passedOver: [] }));
    expect(run.input('stageSnapshot').plan).toMatchObject({
      members: [{ name: 'a' }],
      snapshot: { replaces: 'l1' },
    });
    pin(pin(staged(run)));
    run.done('stopEtcd', null, 'stopReplacedEtcd').done('installSnapshot', { movedTo: 'member.x' });
    expect(run.input('launchEtcd').launch.initialCluster).toBe('a=http://a:2380');
  });

  test('is refused while the cluster has quorum, as seen from here or from another node', () => {
    const order = { type: 'operator.restore.requested', order: rebuild } as const;
    expect(settledVoter().send(order).state).toContain('active.running');
    const elsewhere = survivor()
      .send(gossip(mate('b')))
      .send(order);
    expect(elsewhere.state).toContain('active.running');
  });
});

describe('facts of the store', () => {
  const reading = (fact: 'empty' | 'snapshot' | 'ambiguous' | 'unreadable'): NodeEvent => ({
    type: 'store.read',
    atMs: 0,
    reading: { fact, sentence: fact },
  });
  const read = (fact: 'empty' | 'snapshot' | 'ambiguous' | 'unreadable') =>
    new ChartRun()
      .done('prepare', prepared({ store: 'unread' }))
      .send(gossip(peer('b'), peer('c')))
      .send(reading(fact));

  test.each([
    ['empty', 'active.bootstrappingNew.pinning'],
    ['snapshot', restoring('choosing')],
    ['ambiguous', 'active.deciding.awaitingOperator'],
    ['unreadable', 'active.deciding.surveying'],
  ] as const)('%s leads to %s', (fact, state) => {
    expect(read(fact).state).toBe(state);
  });

  test('are not asked for by a node that has its data (S9)', () => {
    const run = new ChartRun().done(
      'prepare',
      prepared({ data: { kind: 'unreadable', problem: 'torn' }, store: 'unread' }),
    );
    expect(run.running).toContain('observeStore');
    expect(settledVoter().running).not.toContain('observeStore');
  });

  test('an approval decides among several lineages', () => {
    const run = read('ambiguous').send({
      type: 'operator.restore.requested',
      order: { kind: 'approve', snapshotId: 's1', lineage: null },
    });
    expect(run.input('chooseSnapshot').order?.snapshotId).toBe('s1');
  });
});

describe('bootstrap-new', () => {
  test('S2: is not acknowledged by a node that learns of data at the same moment', () => {
    const begun = pinAll(
      new ChartRun().done('prepare', prepared()).send(gossip(peer('b'), peer('c'))),
    );
    const run = new ChartRun(settings('b'))
      .done('prepare', prepared({ identity: identity('b') }))
      .send(gossip(peer('a'), peer('c')));
    expect(run.state).toBe('active.bootstrappingNew.agreeing');
    const a = { ...peer('a'), plan: announcementOf(begun.snapshot).plan };
    run.send(gossip(a, peer('c'), peer('d', { data: 'readable' })));
    expect(run.state).toBe('active.deciding.surveying');
    expect(run.context.identity.plan).toBeNull();
  });
});
