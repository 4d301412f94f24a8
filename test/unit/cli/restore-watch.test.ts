import { describe, expect, test } from 'vitest';
import type { RestoreOrder } from '../../../machines/facts.ts';
import type { NodeEffects } from '../../../machines/node/effects.ts';
import { followRestore } from '../../../src/cli/follow-restore.ts';
import { RestoreWatch } from '../../../src/cli/restore-watch.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { identity, settings, status } from '../../support/builders.ts';
import { healthyProbe, prepared, probed } from '../../support/chart-run.ts';
import { InspectedRun } from '../../support/inspect-example.ts';

const own = settings('a', {
  requiredSize: 1,
  snapshots: { intervalMs: 60_000, verifyIntervalMs: null },
});
const member = { memberId: 'ma', clusterId: 'c1', lineage: 'l1', requiredSize: 1 };
const choice = { id: 's-1', sha256: 'ff', revision: 800, replaces: 'l1' };
const secured = { kind: 'taken', id: 's-9', revision: 900, storedBytes: 1, atMs: 0 };
const silent = { code: 'deadline', message: 'no answer' };

/** A cluster of one, which leads itself. */
const running = () =>
  new InspectedRun(undefined, own)
    .done(
      'prepare',
      prepared({ identity: identity('a', member), data: { kind: 'readable' }, store: 'snapshot' }),
    )
    .done('launchEtcd', { pid: 7 })
    .send(probed());

function watchOf(run: InspectedRun, kind: RestoreOrder['kind'] = 'goBack'): RestoreWatch {
  const { recent, node, cluster } = run.report();
  const afterSeq = recent.at(-1)?.lastSeq ?? 0;
  return new RestoreWatch({ kind, lineage: cluster.lineage, afterSeq, pid: node.pid });
}

function order(run: InspectedRun, kind: RestoreOrder['kind'] = 'goBack'): InspectedRun {
  const snapshotId = kind === 'rebuild' ? null : 's-1';
  return run.send({
    type: 'operator.restore.requested',
    order: { kind, snapshotId, lineage: 'l1' },
  });
}

/** A disk that writes the identity whenever it is asked to. */
function pinAll(run: InspectedRun, id = 'pinRestore'): void {
  for (let times = 0; times < 9; times += 1) {
    if (!run.report().actors.some((actor) => actor.id === id)) return;
    run.done(id, (run.input(id) as NodeEffects['writeIdentity']['input']).identity);
  }
}

const news = (run: InspectedRun, watch: RestoreWatch) => watch.note(run.report(watch.seq));

describe('a cluster that goes back', () => {
  /** As far as the new cluster has a leader. */
  function restored() {
    const run = running();
    const watch = watchOf(run);
    const lines: string[] = [];
    const note = () => {
      const { lines: more, verdict } = news(run, watch);
      lines.push(...more);
      return verdict.kind;
    };
    order(run);
    const verdicts = [note()];
    run.done('secureBeforeRestore', secured);
    verdicts.push(note());
    run.done('chooseSnapshot', { choice, passedOver: [] });
    pinAll(run);
    run.done('stageSnapshot', {
      planId: (run.input('stageSnapshot') as NodeEffects['stageSnapshot']['input']).plan.id,
    });
    pinAll(run);
    verdicts.push(note());
    run.done('stopReplacedEtcd', null).done('installSnapshot', { movedTo: '/data/member.x' });
    run.done('launchEtcd', { pid: 8 }).send(
      probed({
        ...healthyProbe,
        status: status('a', { memberId: 'mb', clusterId: 'c2', leaderId: 'mb' }),
      }),
    );
    verdicts.push(note());
    const plan = (run.input('installSnapshot') as NodeEffects['installSnapshot']['input']).plan;
    run.done('recordCluster', { lineage: plan.id, requiredSize: 1 });
    pinAll(run, 'rememberIdentity');
    return { run, watch, lines, verdicts, plan };
  }

  test('is told of state by state, with reasons, until the new lineage runs', () => {
    const { run, watch, lines, verdicts, plan } = restored();
    expect(verdicts).toEqual(['goesOn', 'goesOn', 'goesOn', 'goesOn']);
    expect(news(run, watch).verdict).toEqual({ kind: 'done', lineage: plan.id });
    expect(lines[0]).toBe(
      'restoringFromSnapshot.securing: what the cluster holds now must be there to come back to (rule S2)',
    );
    const begun = lines.map((line) => line.split(/[:,]/)[0]);
    expect(begun.slice(0, 4)).toEqual([
      'restoringFromSnapshot.securing',
      'restoringFromSnapshot.choosing',
      'restoringFromSnapshot.pinning',
      'restoringFromSnapshot.staging',
    ]);
    expect(begun).toContain('restoringFromSnapshot.shuttingOut');
    expect(lines.join('\n')).not.toMatch(/\.(agreeing|pinned|beginning)\b/);
  });

  test('knows the snapshot of what is left behind', () => {
    expect(restored().watch.securedAs).toBe('s-9');
  });

  test('has failed when the node runs again as before, and says of what', () => {
    const run = running();
    const watch = watchOf(run);
    order(run).fails('secureBeforeRestore', { code: 'store', message: 'the store is full' });
    const first = news(run, watch);
    expect(first.lines).toContain('secureBeforeRestore failed: the store is full');
    expect(first.verdict).toEqual({ kind: 'goesOn' });
    run.elapse('restoreRetry').send(probed());
    expect(news(run, watch).verdict).toEqual({
      kind: 'failed',
      sentence: 'secureBeforeRestore failed: the store is full',
    });
  });

  test('has failed when the node took no notice of the order', () => {
    const run = new InspectedRun(undefined, own);
    const watch = watchOf(run);
    expect(news(order(run), watch).verdict).toMatchObject({
      kind: 'failed',
      sentence: expect.stringContaining('in no state to take the order (preparing)'),
    });
  });

  test('is told of each step once, also by an e2d that was started anew', () => {
    const run = running();
    const watch = watchOf(run);
    order(run);
    expect(news(run, watch).lines).toHaveLength(1);
    expect(watch.note(run.report()).lines).toEqual([]);
    const report = run.report();
    const restarted = { ...report, node: { ...report.node, pid: 1 } };
    expect(watch.note(restarted).lines.length).toBeGreaterThan(1);
    expect(watch.note(restarted).lines).toEqual([]);
  });
});

describe('other orders', () => {
  test('a rebuilding has failed when the node is again without quorum', () => {
    const run = running().send(probed({ linearizable: silent }));
    const watch = watchOf(run, 'rebuild');
    order(run, 'rebuild').fails('chooseSnapshot', { code: 'x', message: 'the disk is full' });
    expect(news(run, watch).verdict).toEqual({ kind: 'goesOn' });
    run.elapse('restoreRetry').send(probed({ linearizable: silent }));
    expect(news(run, watch).verdict).toMatchObject({ kind: 'failed' });
  });

  test('a rebuilding goes on while its etcd is started', () => {
    const run = running().send(probed({ linearizable: silent }));
    const watch = watchOf(run, 'rebuild');
    order(run, 'rebuild');
    const report = run.report();
    const state = 'active.running.(etcd.launching quorum.unknown standing.unknown)';
    const launching = { ...report, node: { ...report.node, state }, path: report.path };
    expect(watch.note(launching).verdict).toEqual({ kind: 'goesOn' });
  });

  test('a lost cluster is waited for, with what it waits for', () => {
    const lone = settings('a', { ...own, restorePolicy: 'manual' });
    const run = new InspectedRun(undefined, lone).done(
      'prepare',
      prepared({ identity: identity('a', { requiredSize: 1 }), store: 'unread' }),
    );
    run.send({ type: 'cluster.surveyed', atMs: 1, answer: { kind: 'silent' } });
    run.send({ type: 'store.read', atMs: 2, reading: { fact: 'snapshot', sentence: 'one' } });
    const watch = watchOf(run, 'approve');
    expect(news(run, watch).lines[0]).toMatch(/^waits: .* the restore policy is manual$/);
    order(run, 'approve').fails('chooseSnapshot', { code: 'x', message: 'no answer' });
    expect(news(run, watch)).toMatchObject({
      lines: expect.arrayContaining(['chooseSnapshot failed: no answer']),
      verdict: { kind: 'goesOn' },
    });
  });

  test('a node that ends has failed', () => {
    const run = running();
    const watch = watchOf(run);
    const report = run.report();
    const ended = { ...report, node: { ...report.node, state: 'stopped' } };
    expect(watch.note(ended).verdict).toMatchObject({ kind: 'failed' });
  });
});

describe('to follow a restore', () => {
  const options = (run: InspectedRun) => ({
    watch: watchOf(run),
    ask: async (since: number) => run.report(since),
    tell: () => undefined,
    signal: new AbortController().signal,
    waitMs: 1_000,
    pauseMs: 1,
  });

  test('takes no offence at an e2d that does not answer for a while', async () => {
    const run = running();
    const following = options(run);
    let asked = 0;
    const report = await followRestore({
      ...following,
      ask: async (since) => {
        asked += 1;
        if (asked === 1) throw new E2dError('gone', { code: 'E2D_NOT_RUNNING' });
        const found = run.report(since);
        return asked < 3 ? found : { ...found, cluster: { ...found.cluster, lineage: 'l2' } };
      },
    });
    expect(report.cluster.lineage).toBe('l2');
    expect(asked).toBe(3);
  });

  test('ends with any other trouble', async () => {
    const ask = () => Promise.reject(new E2dError('no', { code: 'E2D_CONTROL_DENIED' }));
    await expect(followRestore({ ...options(running()), ask })).rejects.toThrow('no');
  });

  test('ends when the time is over, which ends nothing else', async () => {
    await expect(followRestore({ ...options(running()), waitMs: 0 })).rejects.toMatchObject({
      code: 'E2D_RESTORE_UNFINISHED',
      message: expect.stringContaining('the node is active.running'),
    });
  });

  test('ends with its signal', async () => {
    const ended = new AbortController();
    const following = followRestore({
      ...options(running()),
      signal: ended.signal,
      pauseMs: 60_000,
    });
    ended.abort(new Error('enough'));
    await expect(following).rejects.toThrow();
  });

  test('fails with the restore', async () => {
    const run = running();
    const following = options(run);
    order(run).fails('secureBeforeRestore', { code: 'x', message: 'the store is full' });
    run.elapse('restoreRetry').send(probed());
    await expect(followRestore(following)).rejects.toMatchObject({
      code: 'E2D_RESTORE_FAILED',
      message: 'The restore came to nothing: secureBeforeRestore failed: the store is full.',
    });
  });
});
