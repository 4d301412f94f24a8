import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../../src/journal/entry.ts';
import { type ReplayResult, replayRun } from '../../../../src/journal/replay/replay-run.ts';
import { RunReplay } from '../../../../src/journal/replay/run-replay.ts';
import { prepared } from '../../../support/chart-run.ts';
import { allAnswer, probe, RecordedRun, removalRun, settledRun } from './recorded-run.ts';

/** A whole life: a join, a promotion's worth of sweeps, an exit, a stop. */
function wholeLife(): RecordedRun {
  const run = settledRun();
  for (let count = 0; count < 5; count += 1) run.after(500).send(allAnswer(run.atMs));
  const reason = { kind: 'crashed', sentence: 'etcd crashed' };
  run.after(100).send({ type: 'etcd.exited', atMs: run.atMs, reason });
  return run
    .after(500)
    .elapse('restartBackoff')
    .done('launchEtcd', { pid: 8 })
    .send(probe())
    .send({ type: 'operator.stop.requested' })
    .fails('handOverLeadership')
    .done('stopEtcd', null)
    .done('leaveGossip', null);
}

/** The log with one of its entries changed. */
function doctored(run: RecordedRun, seq: number, changes: Partial<Entry>): ReplayResult {
  const entries = run.entries.map((entry) =>
    entry.seq === seq ? { ...entry, ...changes } : entry,
  );
  return replayRun(run.header, entries);
}

describe('a log of this version', () => {
  test.each([
    ['of a whole life', wholeLife()],
    ['of a removal', removalRun()],
    ['of a node that only began', new RecordedRun()],
  ])('%s replays the same', (_, run) => {
    const entries = run.entries.length;
    expect(replayRun(run.header, run.entries)).toEqual({ entries, divergence: null });
  });

  test('replays from each of its segments alone, and across them', () => {
    const run = removalRun().cut();
    run.after(10).send(probe()).cut();
    run.after(10).send({ type: 'operator.stop.requested' });
    for (const { header, entries } of run.segments) {
      expect(replayRun(header, entries)).toEqual({ entries: entries.length, divergence: null });
    }
    const replay = new RunReplay();
    for (const { header, entries } of run.segments) {
      for (const entry of entries) replay.take(header, entry, { compare: true });
    }
    expect([replay.same, replay.divergence]).toEqual([run.entries.length, null]);
  });

  test('of a run whose middle was not recorded goes on from the checkpoint', () => {
    const run = removalRun().cut();
    run.after(10).send(probe());
    const replay = new RunReplay();
    const [first, second] = run.segments;
    for (const entry of first?.entries.slice(0, 10) ?? []) {
      replay.take(run.header, entry, { compare: true });
    }
    for (const entry of second?.entries ?? []) {
      replay.take(second?.header ?? run.header, entry, { compare: true });
    }
    expect([replay.same, replay.divergence]).toEqual([11, null]);
  });

  test('is compared between two entries only, where that is asked for', () => {
    const run = wholeLife();
    const entries = run.entries.map((one) => (one.seq === 3 ? { ...one, state: 'else' } : one));
    const limits = { fromSeq: 4, untilSeq: 8 };
    expect(replayRun(run.header, entries, limits)).toEqual({ entries: 5, divergence: null });
    expect(replayRun(run.header, entries, { untilSeq: 2 }).divergence).toBeNull();
    expect(replayRun(run.header, entries, { fromSeq: 3 }).divergence?.seq).toBe(3);
  });
});

describe('a replay diverges', () => {
  test('at a doctored state', () => {
    const run = wholeLife();
    const { entries, divergence } = doctored(run, 4, { state: 'active.deciding.surveying' });
    expect(entries).toBe(3);
    expect(divergence).toEqual({
      seq: 4,
      atMs: run.entries[3]?.atMs,
      expectedState: 'active.deciding.surveying',
      actualState: run.entries[3]?.state,
      differs: ['state'],
      effect: null,
      problem: null,
    });
  });

  test('at a doctored hash, where the context alone differs', () => {
    const { divergence } = doctored(wholeLife(), 5, { contextHash: '0123456789abcdef' });
    expect(divergence).toMatchObject({ seq: 5, differs: ['context'], effect: null });
  });

  test('at a hash that stays though the context changed', () => {
    const run = wholeLife();
    const stale = run.entries[2]?.contextHash ?? '';
    expect(doctored(run, 4, { contextHash: stale }).divergence).toMatchObject({ seq: 4 });
  });

  test('at a doctored effect, and names the first that differs', () => {
    const run = wholeLife();
    const effects = run.entries[2]?.effects.slice(0, 2) ?? [];
    const { divergence } = doctored(run, 3, { effects });
    expect(divergence).toMatchObject({
      seq: 3,
      differs: ['effects'],
      effect: { index: 2, expected: null, actual: { kind: 'start', id: 'observeEtcd' } },
    });
  });

  test('at an effect with another reason', () => {
    const run = removalRun();
    const at = run.entries.find(({ effects }) => effects.some(({ id }) => id === 'remove'));
    const text = JSON.stringify(at?.effects).replace('60000 ms', '6000 ms');
    const { divergence } = doctored(run, at?.seq ?? 0, { effects: JSON.parse(text) });
    expect(divergence).toMatchObject({ seq: at?.seq, differs: ['effects'], effect: { index: 0 } });
  });

  test('where another event came in', () => {
    const run = wholeLife();
    const output = prepared({ data: { kind: 'none' } });
    const event = { type: 'xstate.done.actor.prepare', output, actorId: 'prepare' };
    const { divergence } = doctored(run, 2, { event });
    expect(divergence).toMatchObject({
      seq: 2,
      expectedState: run.entries[1]?.state,
      actualState: 'active.deciding.surveying',
      differs: ['state', 'context', 'effects'],
    });
  });

  test('behind a dropped entry', () => {
    const run = wholeLife();
    const { entries, divergence } = replayRun(
      run.header,
      run.entries.filter(({ seq }) => seq !== 6),
    );
    expect([entries, divergence?.seq]).toEqual([5, 7]);
    expect(divergence?.problem).toBe('it follows entry 5: entry 6 is missing');
  });

  test('at swapped entries, also when their numbers were made to fit', () => {
    const run = wholeLife();
    const [one, two, three, four, ...rest] = run.entries;
    if (!one || !two || !three || !four) throw new Error('too short');
    expect(replayRun(run.header, [one, two, four, three, ...rest]).divergence?.seq).toBe(4);
    const renumbered = [
      { ...four, seq: 3 },
      { ...three, seq: 4 },
    ];
    expect(replayRun(run.header, [one, two, ...renumbered, ...rest]).divergence?.seq).toBe(3);
  });

  test('at a checkpoint that is not what its log led up to', () => {
    const run = removalRun().cut();
    run.send(probe());
    const [, second] = run.segments;
    const checkpoint = second?.header.checkpoint;
    if (!second || !checkpoint) throw new Error('no checkpoint');
    const context = { ...checkpoint.context, failedStarts: 3 };
    const replay = new RunReplay();
    for (const entry of run.segments[0]?.entries ?? []) {
      replay.take(run.header, entry, { compare: true });
    }
    const header = { ...second.header, checkpoint: { ...checkpoint, context } };
    for (const entry of second.entries) replay.take(header, entry, { compare: true });
    expect(replay.divergence).toMatchObject({ seq: checkpoint.seq, differs: ['context'] });
  });

  test('where this chart cannot begin with what the header says', () => {
    const run = wholeLife();
    const { divergence } = replayRun({ ...run.header, settings: {} }, run.entries);
    expect(divergence).toMatchObject({ seq: 1, actualState: null });
    expect(divergence?.problem).toContain('settings');
    const without = replayRun(run.header, run.entries.slice(1)).divergence;
    expect(without?.problem).toContain('begins with entry 2');
  });

  test('where the chart has no such state, or cannot take the event', () => {
    const run = removalRun().cut();
    run.send(probe());
    const [, second] = run.segments;
    const checkpoint = second?.header.checkpoint;
    if (!second || !checkpoint) throw new Error('no checkpoint');
    const header = { ...second.header, checkpoint: { ...checkpoint, value: 'nowhere' } };
    expect(replayRun(header, second.entries).divergence?.problem).toContain('no such state');
    const event = { type: 'etcd.exited', atMs: 1 };
    expect(doctored(run, 5, { event }).divergence?.problem).toContain('cannot take the event');
  });
});

test('nothing but JSON counts: keys in another order are the same effect', () => {
  const run = settledRun();
  const effects = run.entries[1]?.effects.map((effect) =>
    Object.fromEntries(Object.entries(effect).reverse()),
  );
  const changes = { effects: effects as Entry['effects'] };
  expect(doctored(run, 2, changes).divergence).toBeNull();
});
