import { expect, test } from 'vitest';
import { drawScenario } from '../../src/simulation/draw.ts';
import { runScenario } from '../../src/simulation/run-scenario.ts';
import { seedTestOf } from './guard.ts';

const seed = process.env['E2D_GUARD_SEED'] ?? '1';

test(seedTestOf(seed), async () => {
  const { violations } = await runScenario(drawScenario(Number(seed)));
  expect(violations).toEqual([]);
});
