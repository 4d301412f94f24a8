import type { Scenario } from './draw.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  /** How many runs it took. */
  readonly runs: number;
}

interface ShrinkOptions {
  /** Called before each run with the number of faults that it has. */
  readonly onRun: (faultsLeft: number) => void;
  readonly run?: (scenario: Scenario) => Promise<ScenarioResult>;
}

/**
 * Leaves out faults for as long as the same rule is still broken: first halves of the list, then
 * ever smaller parts of it, down to single faults, until none of them can be left out.
 */
export async function shrink(
  scenario: Scenario,
  failed: ScenarioResult,
  { onRun, run = runScenario }: ShrinkOptions,
): Promise<Shrunk> {
  const rule = failed.violations[0]?.rule;
  let best = scenario;
  let result = failed;
  let runs = 0;
  let size = Math.ceil(best.faults.length / 2);
  while (size >= 1) {
    const before = best.faults.length;
    for (let from = 0; from < best.faults.length; ) {
      const faults = best.faults.filter((_, index) => index < from || index >= from + size);
      runs += 1;
      onRun(faults.length);
      const attempt = await run({ ...best, faults });
      if (attempt.violations.some((violation) => violation.rule === rule)) {
        best = { ...best, faults };
        result = attempt;
      } else from += size;
    }
    const isStuck = best.faults.length === before;
    size = size > 1 ? Math.floor(size / 2) : isStuck ? 0 : 1;
  }
  return { scenario: best, result, runs };
}
