import { afterEach, describe, expect, test } from 'vitest';
import { type Flood, FloodedPool, type PoolHealth } from '../../support/flooded-pool.ts';

const watchMs = 5_000;
let pool: FloodedPool | undefined;

afterEach(() => pool?.stop());

async function watch(flood: Flood): Promise<PoolHealth> {
  await pool?.stop();
  pool = new FloodedPool();
  await pool.start();
  return pool.watch(flood, watchMs);
}

/** Other programs may take the processor meanwhile: the best of a few looks counts. */
async function watchUntil(flood: Flood, isWell: (health: PoolHealth) => boolean) {
  const seen: PoolHealth[] = [];
  for (let look = 0; look < 3; look += 1) {
    seen.push(await watch(flood));
    if (seen.some(isWell)) break;
  }
  return seen;
}

describe('a flood from outside the key at full speed', () => {
  test.each<{ flood: Flood; leastFlood: number; answered: number }>([
    // What a node does not get to read the kernel drops, whoever sent it.
    { flood: 'packets', leastFlood: 20_000, answered: 0.4 },
    { flood: 'largePackets', leastFlood: 5_000, answered: 0.4 },
    { flood: 'streams', leastFlood: 500, answered: 0.95 },
  ])('of $flood accuses nobody, and leaves room for members', async (kind) => {
    const { flood, leastFlood, answered } = kind;
    const seen = await watchUntil(flood, (health) => health.answeredShare >= answered);
    const best = seen.at(-1);
    expect(seen.flatMap(({ accused }) => accused)).toEqual([]);
    expect(best?.flooded).toBeGreaterThan(leastFlood);
    expect(best?.answeredShare).toBeGreaterThanOrEqual(answered);
    expect(best?.roundTripP50Ms).toBeLessThan(200);
    expect(best?.loopDelayP99Ms).toBeLessThan(250);
    // Thousands of packets a second are a few lines, not one each.
    expect(Math.max(...seen.map(({ problems }) => problems.length))).toBeLessThan(20);
  });
});
