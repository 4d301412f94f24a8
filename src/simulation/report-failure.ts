import type { Fault } from './faults.ts';
import type { ScenarioResult } from './run-scenario.ts';

/** What a person is told of a seed that failed: why, how it came about, and how to see it again. */
export function failureLines({ seed, size, violations, tail }: ScenarioResult): readonly string[] {
  return [
    `Seed ${seed} (${size} nodes) fails:`,
    ...violations.map(
      ({ rule, sentence, atMs }) => `  ${rule} at ${(atMs / 1_000).toFixed(1)}s: ${sentence}`,
    ),
    'The last transitions:',
    ...tail.map((line) => `  ${line}`),
    `Reproduce it: npm run simulate -- --seed ${seed}`,
  ];
}

/** One line for each fault of a list. */
export function faultLines(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ kind, atMs, forMs, machines, strength }) => {
    const at = `${(atMs / 1_000).toFixed(1)}s`.padStart(7);
    const during = `${(forMs / 1_000).toFixed(1)}s`.padStart(6);
    const whom = machines.map((index) => `n${index + 1}`).join(', ');
    return `  ${at} for ${during}  ${kind.padEnd(20)} ${strength.toFixed(2)}  ${whom}`;
  });
}
