import { catcherOf, type Guard } from './guard.ts';

/** What came of the tests of one run. */
export interface Observed {
  /** Whether the file that the guard stands in was loaded, and so the guard taken out. */
  readonly isTakenOut: boolean;
  /** Files that could not even be loaded, or broke outside of a test, and of what. */
  readonly broken: readonly string[];
  /** Full names of tests. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** Why a guard is not proven by what was seen without it; null when it is. */
export function doubtOf(guard: Guard, without: Observed): string | null {
  const { file, test } = catcherOf(guard);
  const named = (names: readonly string[]) => names.filter((name) => name.includes(test));
  if (without.broken.length > 0) {
    return `without it its tests cannot be run at all, which proves nothing: ${without.broken.join('; ')}`;
  }
  if (!without.isTakenOut) return `${file} does not load ${guard.file}`;
  if (named(without.failed).length > 0) return null;
  return named(without.passed).length > 0
    ? `nothing notices that it is gone: "${test}" of ${file} passes without it`
    : `${file} has no test "${test}"`;
}

/** What is wrong with the tests that are to notice, before anything is taken out. */
export function baselineDoubts(
  guards: readonly Guard[],
  { broken, passed, failed }: Omit<Observed, 'isTakenOut'>,
): readonly string[] {
  const unseen = guards
    .map(catcherOf)
    .filter(({ test }) => !passed.some((name) => name.includes(test)))
    .map(({ file, test }) => `"${test}" of ${file} is not there, or does not pass`);
  return [
    ...broken,
    ...failed.map((name) => `"${name}" fails with all guards in place`),
    ...new Set(unseen),
  ];
}
