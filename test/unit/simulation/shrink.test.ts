import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../../src/simulation/draw.ts';
import type { Fault } from '../../../src/simulation/faults.ts';
import { shrink } from '../../../src/simulation/shrink.ts';
import { calmDraft } from './checkers/run-world.ts';
import { broken, scriptedResult } from './scripted-result.ts';

/** Faults that are told from each other by their time. */
function scenarioOf(count: number): Scenario {
  const faults = Array.from(
    { length: count },
    (_, atMs): Fault => ({ kind: 'crash-e2d', atMs, forMs: 1, machines: [0], strength: 0.5 }),
  );
  return { seed: 7, draft: calmDraft, faults };
}

/** Shrinks what fails by S11 as long as the condition holds for the faults that are left. */
async function shrinkWhile(count: number, fails: (left: readonly number[]) => boolean) {
  const told: number[] = [];
  const failed = scriptedResult({ violations: [broken('S11', 'at first')] });
  const { scenario, result, runs } = await shrink(scenarioOf(count), failed, {
    onRun: (left) => void told.push(left),
    run: async ({ faults }) => {
      const isBroken = fails(faults.map(({ atMs }) => atMs));
      const left = faults.length;
      return scriptedResult({
        violations: isBroken ? [broken('S11', `with ${left}`)] : [broken('S14', 'another')],
      });
    },
  });
  return { left: scenario.faults.map(({ atMs }) => atMs), scenario, result, runs, told };
}

describe('shrinking', () => {
  test('leaves the one fault that matters, in few runs', async () => {
    const { left, result, runs } = await shrinkWhile(16, (faults) => faults.includes(11));
    expect(left).toEqual([11]);
    expect(result.violations).toEqual([broken('S11', 'with 1')]);
    expect(runs).toBeLessThan(16);
  });

  test('leaves faults that only matter together, in their order', async () => {
    const { left } = await shrinkWhile(13, (faults) =>
      [2, 3, 12].every((one) => faults.includes(one)),
    );
    expect(left).toEqual([2, 3, 12]);
  });

  test('leaves none where the rule is broken without any', async () => {
    const { left, scenario } = await shrinkWhile(7, () => true);
    expect(left).toEqual([]);
    expect(scenario).toEqual({ ...scenarioOf(7), faults: [] });
  });

  test('leaves all where each matters, and the result that it was given', async () => {
    const { left, result } = await shrinkWhile(5, (faults) => faults.length === 5);
    expect(left).toHaveLength(5);
    expect(result.violations).toEqual([broken('S11', 'at first')]);
  });

  test('goes on until no fault can be left out, also of those that could not be at first', async () => {
    // The first can be left out only once the third is gone.
    const failing = ['0,1,2,3', '0,1,3', '1,3'];
    const { left } = await shrinkWhile(4, (faults) => failing.includes(faults.join()));
    expect(left).toEqual([1, 3]);
  });

  test('does not take another broken rule for the same', async () => {
    const { left } = await shrinkWhile(4, () => false);
    expect(left).toEqual([0, 1, 2, 3]);
  });

  test('says before each run how many faults it has', async () => {
    const { told, runs } = await shrinkWhile(4, () => false);
    expect(told).toHaveLength(runs);
    expect(told).toEqual([2, 2, 3, 3, 3, 3]);
  });

  test('runs the simulation itself where nothing else is said', async () => {
    const failed = scriptedResult({ violations: [broken('S11')] });
    const { left, runs } = await shrink({ ...scenarioOf(0), faults: [] }, failed, {
      onRun: () => undefined,
    }).then(({ scenario, runs: count }) => ({ left: scenario.faults, runs: count }));
    expect([left, runs]).toEqual([[], 0]);
  });
});
