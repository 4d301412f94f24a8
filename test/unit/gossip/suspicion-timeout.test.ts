import { describe, expect, test } from 'vitest';
import { suspicionTerms, suspicionTimeoutMs } from '../../../src/gossip/suspicion-timeout.ts';

const lan = { suspicionMult: 4, suspicionMaxTimeoutMult: 6, probeIntervalMs: 1000 };

describe('the terms of a suspicion', () => {
  test.each([
    { nodes: 0, minMs: 4000, confirmationsWanted: 0 },
    { nodes: 1, minMs: 4000, confirmationsWanted: 0 },
    { nodes: 3, minMs: 4000, confirmationsWanted: 0 },
    { nodes: 4, minMs: 4000, confirmationsWanted: 2 },
    { nodes: 10, minMs: 4000, confirmationsWanted: 2 },
    { nodes: 50, minMs: 6792, confirmationsWanted: 2 },
    { nodes: 100, minMs: 8000, confirmationsWanted: 2 },
  ])('in a pool of $nodes: $minMs ms, $confirmationsWanted confirmations', (row) => {
    const terms = suspicionTerms(lan, row.nodes);
    expect(terms).toEqual({
      minMs: row.minMs,
      maxMs: row.minMs * 6,
      confirmationsWanted: row.confirmationsWanted,
    });
  });

  test('a multiplier below 2 never waits for confirmations', () => {
    expect(suspicionTerms({ ...lan, suspicionMult: 1 }, 50).confirmationsWanted).toBe(0);
  });
});

describe('the time-out of a suspicion', () => {
  test.each([
    { nodes: 3, confirmations: 0, timeoutMs: 4000 },
    { nodes: 4, confirmations: 0, timeoutMs: 24_000 },
    { nodes: 4, confirmations: 1, timeoutMs: 11_381 },
    { nodes: 4, confirmations: 2, timeoutMs: 4000 },
    { nodes: 4, confirmations: 3, timeoutMs: 4000 },
  ])('of $nodes nodes with $confirmations confirmations: $timeoutMs ms', (row) => {
    expect(suspicionTimeoutMs(suspicionTerms(lan, row.nodes), row.confirmations)).toBe(
      row.timeoutMs,
    );
  });

  test.each([
    [0, 30_000],
    [1, 16_000],
    [2, 7810],
    [3, 2000],
  ])('with %i of 3 confirmations between 2 s and 30 s: %i ms', (confirmations, timeoutMs) => {
    const terms = { minMs: 2000, maxMs: 30_000, confirmationsWanted: 3 };
    expect(suspicionTimeoutMs(terms, confirmations)).toBe(timeoutMs);
  });
});
