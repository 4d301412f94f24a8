import type { Entry, Header } from '../entry.ts';
import type { Divergence } from './divergence.ts';
import { RunReplay } from './run-replay.ts';

export interface ReplayOptions {
  /** Entries before this one are folded, but not compared. */
  readonly fromSeq?: number;
  /** The last entry to be taken in. */
  readonly untilSeq?: number;
}

export interface ReplayResult {
  /** How many entries were compared and found the same. */
  readonly entries: number;
  readonly divergence: Divergence | null;
}

/** Folds one segment of a run again, in virtual time, and compares entry by entry. */
export function replayRun(
  header: Header,
  entries: Iterable<Entry>,
  { fromSeq = 0, untilSeq = Number.POSITIVE_INFINITY }: ReplayOptions = {},
): ReplayResult {
  const replay = new RunReplay();
  for (const entry of entries) {
    if (entry.seq > untilSeq) break;
    if (replay.take(header, entry, { compare: entry.seq >= fromSeq }) === null) break;
  }
  return { entries: replay.same, divergence: replay.divergence };
}
