import type { Violation } from '../../../src/simulation/checkers/checker.ts';
import { Coverage } from '../../../src/simulation/coverage.ts';
import type { ScenarioResult } from '../../../src/simulation/run-scenario.ts';

/** What a run would have come to that broke these rules. */
export function scriptedResult(changes: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    seed: 7,
    size: 3,
    traceHash: '0123456789abcdef',
    violations: [],
    faults: {},
    virtualMs: 300_000,
    steps: 100,
    acknowledged: 10,
    isWell: false,
    stands: [],
    tail: [],
    coverage: new Coverage().data(),
    ...changes,
  };
}

export function broken(rule: Violation['rule'], sentence = 'broken'): Violation {
  return { rule, sentence, atMs: 12_340 };
}
