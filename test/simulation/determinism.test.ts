import { expect, test } from 'vitest';
import { drawScenario } from '../../src/simulation/draw.ts';
import { runScenario } from '../../src/simulation/run-scenario.ts';

async function hashOf(seed: number): Promise<string> {
  return (await runScenario(drawScenario(seed))).traceHash;
}

test('the same seed gives the same trace, whatever ran in between; another seed another', async () => {
  const first = await hashOf(1);
  const other = await hashOf(2);
  expect(await hashOf(1)).toBe(first);
  expect(other).not.toBe(first);
}, 120_000);
