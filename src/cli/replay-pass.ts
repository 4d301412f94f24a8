import { statePath } from '../../machines/state-path.ts';
import type { Divergence } from '../journal/replay/divergence.ts';
import type { Folded } from '../journal/replay/run-fold.ts';
import { RunReplay } from '../journal/replay/run-replay.ts';
import type { Instant, NamedRun, Timeline } from '../journal/replay/timeline.ts';
import { isBehind, isReached, noSuchEntry, type Place } from './replay-moment.ts';

export interface PassOptions {
  readonly from: Place | undefined;
  readonly until: Place | undefined;
  /**
   * Called for each entry from `from` on; what it folds to is null once its run has diverged.
   * `before` is the recorded state before it, null where the run begins.
   */
  readonly visit?: (instant: Instant, folded: Folded | null, before: string | null) => void;
  /** Asked after each visit: whether enough was seen. */
  readonly isOver?: () => boolean;
  /** Called for every entry, with their number. */
  readonly onProgress?: (entries: number) => void;
}

/** How the replay of one run came out. */
export interface RunVerdict {
  readonly run: NamedRun;
  /** The run's first and last entry that were looked at. */
  readonly first: Instant;
  readonly last: Instant;
  /** Entries that were compared and found the same. */
  readonly same: number;
  readonly divergence: Divergence | null;
}

interface OpenRun {
  readonly first: Instant;
  readonly replay: RunReplay;
  last: Instant;
}

/**
 * Goes along the time line once and replays every run on it.
 * @throws E2dError `E2D_NO_SUCH_ENTRY` when `from` or `until` is not there, and as reading does.
 */
export async function passOver(
  { instants }: Timeline,
  { from, until, visit, isOver, onProgress }: PassOptions,
): Promise<readonly RunVerdict[]> {
  const open = new Map<NamedRun, OpenRun>();
  let last: Instant | null = null;
  let entries = 0;
  let isShown = from === undefined;
  for await (const instant of instants) {
    if (until !== undefined && isBehind(until, instant)) break;
    last = instant;
    entries += 1;
    onProgress?.(entries);
    isShown ||= from !== undefined && isReached(from, instant);
    const known = open.get(instant.run);
    const before = known?.last.entry.state ?? checkpointState(instant);
    const run = known ?? { first: instant, replay: new RunReplay(), last: instant };
    run.last = instant;
    open.set(instant.run, run);
    const folded = run.replay.take(instant.header, instant.entry, { compare: isShown });
    if (isShown) visit?.(instant, folded, before);
    if (isOver?.() === true) return verdictsOf(open);
    if (until !== undefined && 'seq' in until && isReached(until, instant)) break;
  }
  if (from !== undefined && !isShown) throw noSuchEntry(from, last);
  if (until !== undefined && !isThere(until, last)) throw noSuchEntry(until, last);
  return verdictsOf(open);
}

function verdictsOf(open: ReadonlyMap<NamedRun, OpenRun>): readonly RunVerdict[] {
  return [...open].map(([run, { first, last, replay }]) => ({
    run,
    first,
    last,
    same: replay.same,
    divergence: replay.divergence,
  }));
}

/** The state that the log itself says the run was in before this, its first entry at hand. */
function checkpointState({ header, entry }: Instant): string | null {
  const { checkpoint } = header;
  return checkpoint === null || checkpoint.seq >= entry.seq ? null : statePath(checkpoint.value);
}

function isThere(place: Place, last: Instant | null): boolean {
  if (last === null) return false;
  return !('seq' in place) || (last.run.label === place.label && last.entry.seq === place.seq);
}
