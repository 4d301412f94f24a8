import { afterAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { type Count, fuzz } from '../../hostile/fuzz.ts';
import { targets } from '../../hostile/targets.ts';

/** `npm run fuzz` goes on for longer; its seed and the index of an input do the same here. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const budget = { seed, inputs: 4000, durationMs: 700 };
const counts: Count[] = [];

afterAll(() => {
  const rows = counts.map(({ name, inputs, slowestMs }) => {
    return `${name.padEnd(26)}${String(inputs).padStart(6)} inputs, slowest ${slowestMs.toFixed(0)} ms`;
  });
  process.stdout.write(`Fuzzed with seed ${seed}:\n${rows.join('\n')}\n`);
});

describe('no input breaks its reader', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (_, target) => {
    const count = await fuzz(target, budget);
    counts.push(count);
    expect(count.inputs).toBeGreaterThanOrEqual(20);
  });
});

test('every reader takes some valid inputs, so that its code is reached', async () => {
  for (const target of targets) {
    let taken = 0;
    for (const input of target.corpus) {
      const bytes = typeof input === 'string' ? Buffer.from(input) : input;
      const feed = async () => target.feed(bytes, new SeededRandom(1));
      const [{ status }] = await Promise.allSettled([feed()]);
      if (status === 'fulfilled') taken += 1;
    }
    await target.close?.();
    expect(taken, target.name).toBeGreaterThan(0);
  }
});
