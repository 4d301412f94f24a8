import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../../machines/node/events.ts';
import { evidence, member, peer, settings, status, statuses } from '../../../support/builders.ts';
import { ChartRun, observed, prepared, probed, settledVoter } from '../../../support/chart-run.ts';

const snapshots = { intervalMs: 60_000, verifyIntervalMs: 86_400_000 };
const own = settings('a', { snapshots });
const taken = { kind: 'taken', id: 's1', revision: 900, storedBytes: 10, atMs: 5 } as const;
const thinned = { atMs: 5, kept: 1, removed: 0, refusal: null };
const proof = {
  snapshotId: 's1',
  outcome: 'proven',
  sentence: 'It is.',
  provenAt: '2026-01-01T00:00:00Z',
  rtoMs: 10,
} as const;

const leader = () => settledVoter(own);
const led = (leaderId: string | null) => probed({ status: status('a', { leaderId }) });
const moved = (revision: number) => probed({ status: status('a', { revision }) });

function backedUp(): ChartRun {
  return leader().elapse('snapshotPause').done('takeSnapshot', taken).done('thinStore', thinned);
}

describe('snapshots', () => {
  test('are taken by the leader alone, the first at once, the others by the interval', () => {
    expect(settledVoter().state).toContain('backup.idle');
    const run = leader();
    expect(run.delayOf('snapshotPause')).toBeLessThan(1_000);
    run.elapse('snapshotPause');
    expect(run.input('takeSnapshot')).toMatchObject({
      trigger: 'interval',
      lineage: 'l1',
      endpoints: ['http://a:2379'],
    });
    run.done('takeSnapshot', taken).done('thinStore', thinned);
    expect(run.delayOf('snapshotPause')).toBe(60_000);
    expect(leader().send(led('mb')).state).toContain('backup.idle');
  });

  test('are passed over while the revision rests', () => {
    const run = backedUp().elapse('snapshotPause');
    expect(run.running).not.toContain('takeSnapshot');
    expect(run.send(moved(901)).elapse('snapshotPause').running).toContain('takeSnapshot');
  });

  test('are not taken before the node is settled, nor without quorum', () => {
    const fresh = new ChartRun(own)
      .done('prepare', prepared({ data: { kind: 'readable' } }))
      .done('launchEtcd', { pid: 7 })
      .send(probed());
    expect(fresh.state).toContain('backup.idle');
    const lost = leader().send(probed({ linearizable: { code: 'unavailable', message: 'no' } }));
    expect(lost.state).toContain('backup.idle');
  });

  test('are given up when leadership moves', () => {
    const run = leader().elapse('snapshotPause');
    expect(run.running).toContain('takeSnapshot');
    run.send(led('mb'));
    expect(run.running).not.toContain('takeSnapshot');
    expect(run.state).toContain('backup.idle');
  });

  test('that fail are tried again after a pause that doubles, up to a bound', () => {
    const run = leader().elapse('snapshotPause');
    const pauses = Array.from({ length: 10 }, () => {
      run.fails('takeSnapshot', 'E2D_STORE_UNREACHABLE');
      expect(run.state).toContain('backup.failing');
      const pauseMs = run.delayOf('snapshotRetry') ?? 0;
      run.elapse('snapshotRetry');
      return pauseMs;
    });
    expect(pauses.slice(0, 3)).toEqual([2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).toBe(300_000);
    run.done('takeSnapshot', taken);
    expect(run.context.backup).toMatchObject({ failures: 0, fault: null });
  });

  test('grow old, and are thinned at most once an hour', () => {
    const run = backedUp();
    const takenAt = (atMs: number, revision: number) =>
      run
        .send(moved(revision))
        .elapse('snapshotPause')
        .done('takeSnapshot', { ...taken, revision, atMs });
    expect(takenAt(3_600_004, 901).state).toContain('backup.resting');
    expect(takenAt(3_600_005, 902).state).toContain('backup.thinning');
  });

  test('that cannot be thinned are not taken more often for it', () => {
    const run = leader().elapse('snapshotPause').done('takeSnapshot', taken).fails('thinStore');
    expect(run.state).toContain('backup.resting');
    expect(run.delayOf('snapshotPause')).toBe(60_000);
    expect(run.context.backup.fault).not.toBeNull();
  });
});

describe('proofs', () => {
  const looking = () => leader().elapse('proofPause');
  const standing = (ageMs: number | null, newestId: string | null = 's1') => ({
    latest: ageMs === null ? null : proof,
    ageMs,
    newestId,
  });

  test.each([
    ['was never made', null, 's1', 'proof.proving'],
    ['is too old', 86_400_000, 's1', 'proof.proving'],
    ['is recent', 86_399_999, 's1', 'proof.waiting'],
    ['was never made, and there is no snapshot', null, null, 'proof.waiting'],
  ])('the latest one %s', (_, ageMs, newestId, state) => {
    expect(looking().done('readProofs', standing(ageMs, newestId)).state).toContain(state);
  });

  test('are of the newest snapshot, and known when they are made', () => {
    const run = looking().done('readProofs', standing(null));
    expect(run.input('proveSnapshot').snapshotId).toBe('s1');
    run.done('proveSnapshot', proof);
    expect(run.state).toContain('proof.waiting');
    expect(run.context.backup).toMatchObject({ proof, toProve: null });
  });

  test('are looked for often enough, and given up when leadership moves', () => {
    expect(leader().delayOf('proofPause')).toBe(600_000);
    const hourly = settings('a', { snapshots: { ...snapshots, verifyIntervalMs: 60_000 } });
    expect(settledVoter(hourly).delayOf('proofPause')).toBe(15_000);
    const run = looking().done('readProofs', standing(null)).send(led('mb'));
    expect(run.state).toContain('proof.idle');
    expect(run.running).not.toContain('proveSnapshot');
  });

  test('are not made where nobody asked for them', () => {
    const never = settings('a', { snapshots: { ...snapshots, verifyIntervalMs: null } });
    expect(settledVoter(never).state).toContain('proof.idle');
  });
});

describe('S19: trouble with the store stays in its region', () => {
  const elsewhere = (run: ChartRun) =>
    run.state.replaceAll(/(backup|proof)\.\w+/g, '$1').split(/[,|& ]+/);

  test('whatever fails there, and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (choices) => {
        const run = leader();
        const before = elsewhere(run);
        for (const chance of choices) stumble(run, chance);
        expect(elsewhere(run)).toEqual(before);
        expect(run.context).toMatchObject({ store: 'none', fault: null, pid: 7, failedStarts: 0 });
      }),
      { numRuns: 200, seed: 19 },
    );
  });

  /** Something of the two regions comes about: a delay ends, or an effect comes back or fails. */
  function stumble(run: ChartRun, chance: number): void {
    const busy = ['takeSnapshot', 'thinStore', 'readProofs', 'proveSnapshot'].filter((id) =>
      run.running.includes(id),
    );
    const delays = ['snapshotPause', 'snapshotRetry', 'proofPause'].filter(
      (name) => run.delayOf(name) !== undefined,
    );
    const id = busy[chance % Math.max(busy.length, 1)];
    const delay = delays[chance % Math.max(delays.length, 1)];
    if (chance < 5 && id !== undefined) run.fails(id, 'E2D_STORE_DENIED');
    else if (chance < 7 && id === 'takeSnapshot') run.done(id, taken);
    else if (chance < 7 && id === 'readProofs') {
      run.done(id, { latest: null, ageMs: null, newestId: 's1' });
    } else if (delay !== undefined) run.elapse(delay);
  }
});

describe('before the member list changes', () => {
  const surveyed: NodeEvent = {
    type: 'cluster.surveyed',
    atMs: 0,
    answer: {
      kind: 'answers',
      clusterId: 'c1',
      members: [member('b'), member('c')],
      answering: ['mb', 'mc'],
      record: { lineage: 'l1', requiredSize: 3 },
    },
  };
  const joining = () =>
    new ChartRun(own).done('prepare', prepared({ store: 'unread' })).send(surveyed);

  test('a snapshot is taken of the cluster that is to be joined', () => {
    expect(joining().input('takeSnapshot', 'secureBeforeAdmission')).toMatchObject({
      trigger: 'before-change',
      lineage: 'l1',
      endpoints: ['http://b:2379', 'http://c:2379'],
    });
  });

  test.each<[string, (run: ChartRun) => ChartRun]>([
    ['is there', (run) => run.done('takeSnapshot', taken, 'secureBeforeAdmission')],
    ['failed', (run) => run.fails('secureBeforeAdmission', 'E2D_STORE_FULL')],
    ['takes too long', (run) => run.elapse('securingDeadline')],
  ])('the node joins when the snapshot %s', (_, then) => {
    const run = then(joining());
    expect(run.input('addLearner').peerUrl).toBe('http://a:2380');
    expect(run.running).not.toContain('secureBeforeAdmission');
  });

  test('it is taken once, however often the change has to be asked for', () => {
    const run = joining().fails('secureBeforeAdmission');
    const refusal = { rule: 'S13', sentence: 'not now' } as const;
    run.done('addLearner', { kind: 'refused', refusal }).elapse('refusalRetry').send(surveyed);
    expect(run.running).toContain('addLearner');
    expect(run.running).not.toContain('secureBeforeAdmission');
  });

  test('none is taken where there is no store', () => {
    const run = new ChartRun().done('prepare', prepared()).send(surveyed);
    expect(run.running).toContain('addLearner');
  });

  const gone = (atMs: number): NodeEvent => observed(atMs, evidence());
  const suspects = () => {
    const run = leader().send({ type: 'gossip.changed', atMs: 0, peers: evidence().peers });
    for (let atMs = 0; atMs <= 60_000; atMs += 4_000) run.send(gone(atMs));
    return run;
  };

  test.each<[string, (run: ChartRun) => ChartRun]>([
    ['is there', (run) => run.done('takeSnapshot', taken, 'secureBeforeRemoval')],
    ['failed', (run) => run.fails('secureBeforeRemoval', 'E2D_STORE_FULL')],
    ['takes too long', (run) => run.elapse('securingDeadline')],
  ])('a member is removed when the snapshot %s', (_, then) => {
    const run = suspects();
    expect(run.state).toContain('membership.securing');
    expect(run.running).not.toContain('remove');
    expect(then(run).input('changeMembership', 'remove').change).toMatchObject({ memberId: 'mc' });
  });

  test('nobody is removed who came back while the snapshot was taken', () => {
    const run = suspects();
    const back = [peer('b', { status: 'running' }), peer('c', { status: 'running' })];
    run.send({ type: 'gossip.changed', atMs: 60_100, peers: back });
    run.send(observed(60_200, { members: evidence().members, statuses: statuses('a', 'b', 'c') }));
    expect(run.state).toContain('membership.watching');
    expect(run.running).not.toContain('secureBeforeRemoval');
  });

  test('nobody is removed while another is suspected, but not for long enough', () => {
    const run = suspects();
    const peers = [
      peer('b', { status: 'running', liveness: 'failed' }),
      peer('c', { status: 'running', unreachable: ['mb'] }),
    ];
    run.send({ type: 'gossip.changed', atMs: 60_100, peers });
    run.send(observed(60_200, { members: evidence().members, statuses: statuses('a', 'c') }));
    expect(run.state).toContain('membership.securing');
    run.done('takeSnapshot', taken, 'secureBeforeRemoval');
    expect(run.running).not.toContain('remove');
  });
});
