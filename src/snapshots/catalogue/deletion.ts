import { E2dError } from '../../errors/e2d-error.ts';
import { planRetention } from './retention.ts';
import type { SnapshotEntry } from './snapshot-entry.ts';

export interface DeletionRequest {
  /** Of the whole store. */
  readonly entries: readonly SnapshotEntry[];
  /** What is to go. */
  readonly wanted: readonly SnapshotEntry[];
  readonly nowMs: number;
  /** An operator's word: also the best of a lineage. */
  readonly force: boolean;
}

const nothing = { allMs: 0, hourlyMs: 0, dailyMs: 0, count: null };

/**
 * Throws `E2D_SNAPSHOT_KEPT` for what an operator may not remove: what e2d did not put there, and
 * without force the best that a lineage has, which no retention lets go either.
 */
export function checkDeletion({ entries, wanted, nowMs, force }: DeletionRequest): void {
  for (const entry of wanted) {
    if (entry.kind !== 'e2d') throw kept(entry.id, 'e2d did not put it there, and only reads it.');
    if (force) continue;
    const { lineage } = entry.record;
    const { verdicts } = planRetention({ entries, lineage, policy: nothing, nowMs, force: true });
    const verdict = verdicts.find(({ id }) => id === entry.id);
    if (verdict?.keep === true) throw kept(entry.id, verdict.reason, 'To remove it give --force.');
  }
}

function kept(
  id: string,
  why: string,
  remedy = 'Remove it with the tool that it is of.',
): E2dError {
  return new E2dError(`Nothing is removed, for ${id} stays (S6): ${why}`, {
    code: 'E2D_SNAPSHOT_KEPT',
    remedy,
  });
}
