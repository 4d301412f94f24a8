import { describe, expect, test } from 'vitest';
import type { SnapshotProof, TakenSnapshot } from '../../../machines/facts.ts';
import { snapshotReport, snapshotWarnings } from '../../../src/node/snapshot-status.ts';
import { identity, settings } from '../../support/builders.ts';
import { ChartRun, prepared, probed, settledVoter } from '../../support/chart-run.ts';

const day = 86_400_000;
const provenAt = '2026-11-21T04:00:00Z';
const clock = (nowMs: number, wall = '2026-11-21T10:00:00Z') => ({
  nowMs: () => nowMs,
  wallTime: () => new Date(wall),
});
const withStore = settings('a', { snapshots: { intervalMs: 60_000, verifyIntervalMs: day } });
const taken: TakenSnapshot = {
  kind: 'taken',
  id: 's-900',
  revision: 900,
  storedBytes: 2_048,
  atMs: 1_000,
};
const proof: SnapshotProof = {
  snapshotId: 's-800',
  outcome: 'proven',
  sentence: 'all 12 keys are there.',
  provenAt,
  rtoMs: 1_500,
};
const thinning = { atMs: 2_000, kept: 7, removed: 2, refusal: null };

/** A leader that is about to take its first snapshot. */
const taking = () => settledVoter(withStore).elapse('snapshotPause');
const withProof = (changes: Partial<SnapshotProof> = {}) =>
  taking()
    .elapse('proofPause')
    .done('readProofs', { latest: { ...proof, ...changes }, ageMs: 1, newestId: 's-900' });
const warningsOf = (run: ChartRun, wall?: string) =>
  snapshotWarnings(snapshotReport(run.snapshot, clock(5_000, wall)));

describe('what a node says of snapshots', () => {
  test('is nothing without a store', () => {
    expect(snapshotReport(settledVoter().snapshot, clock(0))).toBeNull();
    expect(snapshotWarnings(null)).toEqual([]);
  });

  test('is that another takes them, while it does not lead', () => {
    const before = new ChartRun(withStore).done('prepare', prepared({ identity: identity() }));
    expect(snapshotReport(before.snapshot, clock(0))).toMatchObject({ state: 'idle', last: null });
  });

  test('is the state of the chart, and ages by its clocks', () => {
    const run = taking();
    expect(snapshotReport(run.snapshot, clock(0))?.state).toBe('taking');
    run.done('takeSnapshot', taken).done('thinStore', thinning);
    run.elapse('proofPause').done('readProofs', { latest: proof, ageMs: 1, newestId: 's-900' });
    expect(snapshotReport(run.snapshot, clock(5_000))).toEqual({
      state: 'resting',
      last: { id: 's-900', revision: 900, storedBytes: 2_048, ageMs: 4_000 },
      failures: 0,
      fault: null,
      retention: { kept: 7, removed: 2, refusal: null, ageMs: 3_000 },
      proof: {
        snapshotId: 's-800',
        outcome: 'proven',
        sentence: 'all 12 keys are there.',
        provenAt,
        ageMs: 21_600_000,
        rtoSeconds: 1.5,
      },
      proofFault: null,
      verifyIntervalMs: day,
      proofOverdue: false,
    });
    expect(warningsOf(run)).toEqual([]);
  });
});

describe('an operator is warned', () => {
  test('while snapshots fail, with how often', () => {
    const run = taking().fails('takeSnapshot');
    expect(warningsOf(run)).toEqual([
      'the latest snapshot failed; the cluster goes on without (rule S19): takeSnapshot failed',
    ]);
    run.elapse('snapshotRetry').fails('takeSnapshot');
    expect(snapshotReport(run.snapshot, clock(0))).toMatchObject({ state: 'failing', failures: 2 });
    expect(warningsOf(run)[0]).toMatch(/^the latest 2 snapshots failed/);
    run.elapse('snapshotRetry').done('takeSnapshot', taken);
    expect(warningsOf(run)).toEqual([]);
  });

  test('of a proof that failed', () => {
    expect(warningsOf(withProof({ outcome: 'failed', sentence: 'a hash differs.' }))).toEqual([
      'snapshot s-800 could not be proven: a hash differs.',
    ]);
  });

  test('of a proof that is older than twice what it may be', () => {
    const run = withProof();
    const at = (wall: string) => snapshotReport(run.snapshot, clock(0, wall))?.proofOverdue;
    expect(at('2026-11-23T04:00:00Z')).toBe(false);
    expect(at('2026-11-23T04:00:01Z')).toBe(true);
    expect(warningsOf(run, '2026-11-24T04:00:00Z')).toEqual([
      'the latest proof of a snapshot is 72h old, more than twice the 24h of --snapshot-verify-interval',
    ]);
  });

  test('of attempts at a proof that come to nothing', () => {
    const run = taking().elapse('proofPause').fails('readProofs');
    expect(warningsOf(run)).toEqual(['no snapshot could be put to the proof: readProofs failed']);
  });

  test('of a retention that refuses', () => {
    const refusal = 'most of them would go';
    const run = taking()
      .done('takeSnapshot', taken)
      .done('thinStore', { ...thinning, refusal });
    expect(warningsOf(run)).toEqual([`retention removed no snapshot: ${refusal}`]);
  });

  test('of nothing by a node that leads no more', () => {
    const run = taking().fails('takeSnapshot');
    run.send(probed({ status: { code: 'deadline', message: 'no answer' } }));
    expect(snapshotReport(run.snapshot, clock(0))).toMatchObject({ state: 'idle', failures: 1 });
    expect(warningsOf(run)).toEqual([]);
  });
});
