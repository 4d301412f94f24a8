import { afterAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { type Count, fuzz, type Target } from '../../hostile/fuzz.ts';
import { targets } from '../../hostile/targets.ts';

/** `npm run fuzz` goes on for longer; its seed and the index of an input do the same here. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const budget = { seed, inputs: 1500, durationMs: 150 };
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
    expect(await takesOneOf(target), target.name).toBe(true);
  }
});

/** Some choose by chance what they make of an input, so each has a few turns. */
async function takesOneOf(target: Target): Promise<boolean> {
  const random = new SeededRandom(seed);
  const feed = async (input: Uint8Array) => target.feed(input, random);
  try {
    for (let turn = 0; turn < 20; turn += 1) {
      for (const input of target.corpus) {
        const [{ status }] = await Promise.allSettled([feed(Buffer.from(input))]);
        if (status === 'fulfilled') return true;
      }
    }
    return false;
  } finally {
    await target.close?.();
  }
}
