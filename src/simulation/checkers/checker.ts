import type { RuleId } from '../../../machines/rules.ts';
import type { World, WorldWatcher } from '../world.ts';

/** What must never happen, and did. */
export interface Violation {
  readonly rule: RuleId | 'liveness' | 'replay' | 'reason';
  readonly sentence: string;
  readonly atMs: number;
}

/** Watches a world from the outside, and knows more than any node in it. */
export interface Checker extends Partial<WorldWatcher> {
  readonly violations: readonly Violation[];
  /** Asked every little while. */
  look?(world: World): void;
  /** Asked once when the run is over. */
  finish?(world: World): void;
}
