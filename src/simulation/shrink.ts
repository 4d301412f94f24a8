import type { Scenario } from './draw.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  /** How many runs it took. */
  readonly runs: number;
}

/**
 * Leaves out faults for as long as the same rule is still broken: first halves of the list, then
 * ever smaller parts of it, down to single faults.
 */
export async function shrink(
  scenario: Scenario,
  failed: ScenarioResult,
  onRun: (faultsLeft: number) => void,
): Promise<Shrunk> {
  const rule = failed.violations[0]?.rule;
  let best = scenario;
  let result = failed;
  let runs = 0;
  for (let size = Math.ceil(best.faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.faults.length; ) {
      const faults = best.faults.filter((_, index) => index < from || index >= from + size);
      const attempt = await runScenario({ ...best, faults });
      runs += 1;
      onRun(faults.length);
      if (attempt.violations.some((violation) => violation.rule === rule)) {
        best = { ...best, faults };
        result = attempt;
      } else from += size;
    }
  }
  return { scenario: best, result, runs };
}
