import { describe, expect, test } from 'vitest';
import {
  Awareness,
  adjustedScore,
  delayScore,
  probeVerdictDelta,
} from '../../../src/gossip/awareness.ts';

describe('the health score', () => {
  test.each([
    { score: 0, delta: -1, result: 0 },
    { score: 0, delta: 1, result: 1 },
    { score: 3, delta: 2, result: 5 },
    { score: 6, delta: 5, result: 7 },
    { score: 7, delta: 1, result: 7 },
    { score: 7, delta: -1, result: 6 },
  ])('$score with $delta is $result of at most 7', ({ score, delta, result }) => {
    expect(adjustedScore(score, delta, 8)).toBe(result);
  });

  test.each([
    { acknowledged: true, nacksExpected: 3, nacksReceived: 0, delta: -1 },
    { acknowledged: false, nacksExpected: 0, nacksReceived: 0, delta: 1 },
    { acknowledged: false, nacksExpected: 3, nacksReceived: 3, delta: 0 },
    { acknowledged: false, nacksExpected: 3, nacksReceived: 1, delta: 2 },
    { acknowledged: false, nacksExpected: 1, nacksReceived: 2, delta: 0 },
  ])('a probe $acknowledged with $nacksReceived of $nacksExpected nacks: $delta', (row) => {
    expect(probeVerdictDelta(row)).toBe(row.delta);
  });

  test.each([
    { delayMs: -5, points: 0 },
    { delayMs: 0, points: 0 },
    { delayMs: 249, points: 0 },
    { delayMs: 250, points: 1 },
    { delayMs: 999, points: 3 },
  ])('a delay of $delayMs ms is worth $points points', ({ delayMs, points }) => {
    expect(delayScore(delayMs, 250)).toBe(points);
  });
});

describe('awareness', () => {
  const awareness = () => new Awareness({ maxMultiplier: 8, slowLoopMs: 250 });

  test('a delay raises the score while it stands, and leaves no trace', () => {
    const own = awareness();
    own.adjust(2);
    own.setLocalDelay(600);
    expect(own.score()).toBe(4);
    expect(own.isSlow()).toBe(true);
    expect(own.scaled(1000)).toBe(5000);
    own.setLocalDelay(10);
    expect(own.score()).toBe(2);
    expect(own.isSlow()).toBe(false);
  });

  test('probes alone never make us count as slow', () => {
    const own = awareness();
    own.adjust(100);
    expect(own.score()).toBe(7);
    expect(own.isSlow()).toBe(false);
  });

  test.each([
    { dueMs: 1000, nowMs: 1000, late: false },
    { dueMs: 1000, nowMs: 1249, late: false },
    { dueMs: 1000, nowMs: 1250, late: true },
  ])('a timer due at $dueMs that runs at $nowMs is late: $late', ({ dueMs, nowMs, late }) => {
    expect(awareness().isLate(dueMs, nowMs)).toBe(late);
  });
});
