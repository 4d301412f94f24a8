import type { RuleId } from '../../machines/rules.ts';

/** What notices that a guard is gone: a test, or a seed of the simulation. */
export type Catcher =
  /** `test` is a text that stands in the file, and in the full name of the test that fails. */
  { readonly file: string; readonly test: string } | { readonly seed: number };

/** A guard of a safety rule: where it stands, how it is taken out, and what notices that. */
export interface Guard {
  /** The rule and a few words, unique: `S11-time-out`. */
  readonly id: string;
  readonly rule: RuleId;
  /** What the guard asks or does, in a few words. */
  readonly guard: string;
  /** What would happen without it, as one sentence. */
  readonly prevents: string;
  readonly file: string;
  /** Text of the file, there exactly once. */
  readonly find: string;
  /** What stands there once the guard is taken out. */
  readonly without: string;
  readonly caughtBy: Catcher;
  /** A seed of the simulation that notices too. */
  readonly seed?: number;
}

/** The guard once for each of its catchers. */
export function eachCatcher({ seed, ...guard }: Guard): readonly Guard[] {
  return seed === undefined
    ? [guard]
    : [guard, { ...guard, id: `${guard.id}@${seed}`, caughtBy: { seed } }];
}

/** The source without the guard. Throws when the guard is not where it is said to be. */
export function takeOut({ id, file, find, without }: Guard, source: string): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(without);
  throw new Error(`${id}: its text is in ${file} ${parts.length - 1} times, not once: ${find}`);
}

export function catcherOf({ caughtBy }: Guard): { readonly file: string; readonly test: string } {
  return 'seed' in caughtBy ? { file: seedTestFile, test: seedTestOf(caughtBy.seed) } : caughtBy;
}

export const seedTestFile = 'test/guards/seed.test.ts';

/** The name of the test that runs a seed. */
export function seedTestOf(seed: number | string): string {
  return `the simulation of seed ${seed} violates no rule`;
}
