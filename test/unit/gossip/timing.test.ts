import { describe, expect, test } from 'vitest';
import { backOffMs } from '../../../src/gossip/back-off.ts';
import { jittered, randomIndex, shuffled } from '../../../src/gossip/random.ts';
import { pushPullDelayMs, retransmitLimit } from '../../../src/gossip/spreading.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';

describe('how often news is sent', () => {
  test.each([
    { nodes: 0, limit: 0 },
    { nodes: 1, limit: 4 },
    { nodes: 9, limit: 4 },
    { nodes: 10, limit: 8 },
    { nodes: 99, limit: 8 },
    { nodes: 100, limit: 12 },
  ])('in a pool of $nodes: $limit times', ({ nodes, limit }) => {
    expect(retransmitLimit(4, nodes)).toBe(limit);
  });
});

describe('how often states are exchanged', () => {
  test.each([
    { nodes: 1, times: 1 },
    { nodes: 32, times: 1 },
    { nodes: 33, times: 2 },
    { nodes: 64, times: 2 },
    { nodes: 65, times: 3 },
    { nodes: 128, times: 3 },
  ])('in a pool of $nodes: every $times intervals', ({ nodes, times }) => {
    expect(pushPullDelayMs(30_000, nodes)).toBe(30_000 * times);
  });
});

describe('the back-off', () => {
  test.each([
    [0, 100],
    [1, 100],
    [2, 200],
    [5, 1600],
    [7, 6400],
    [8, 10_000],
    [1_000_000, 10_000],
  ])('after %i failures is %i ms', (failures, ms) => {
    expect(backOffMs({ minMs: 100, maxMs: 10_000 }, failures)).toBe(ms);
  });
});

describe('chance', () => {
  test('jitter stays within its share, on both sides', () => {
    expect(jittered(100, 0.2, { next: () => 0 })).toBe(80);
    expect(jittered(100, 0.2, { next: () => 0.5 })).toBe(100);
    expect(jittered(100, 0.2, { next: () => 0.999_999 })).toBeCloseTo(120, 3);
  });

  test('every index is drawn, and none outside', () => {
    const random = new SeededRandom(3);
    const drawn = new Set(Array.from({ length: 200 }, () => randomIndex(random, 5)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  test('a shuffle keeps all items and gives every order', () => {
    const random = new SeededRandom(5);
    const orders = new Set(
      Array.from({ length: 200 }, () => shuffled(['a', 'b', 'c'], random).join('')),
    );
    expect([...orders].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });
});
