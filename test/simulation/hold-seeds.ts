import { expect, test } from 'vitest';
import { drawScenario } from '../../src/simulation/draw.ts';
import { failureLines } from '../../src/simulation/report-failure.ts';
import { runScenario } from '../../src/simulation/run-scenario.ts';

/** One test for each of these seeds: every safety rule holds, and the cluster heals. */
export function holdSeeds(from: number, count: number): void {
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  test.each(seeds)(
    'seed %i holds',
    async (seed) => {
      const result = await runScenario(drawScenario(seed));
      expect(result.violations, failureLines(result).join('\n')).toEqual([]);
      expect(result.virtualMs).toBeGreaterThanOrEqual(300_000);
    },
    120_000,
  );
}
