import type { SnapshotEntry } from './snapshot-entry.ts';

/** A snapshot that e2d took. */
export type E2dEntry = Extract<SnapshotEntry, { kind: 'e2d' }>;

export function isE2dEntry(entry: SnapshotEntry): entry is E2dEntry {
  return entry.kind === 'e2d';
}

export function takenAtMs(entry: SnapshotEntry): number {
  return Date.parse(entry.takenAt);
}

/** For `sort`: the latest first. It says nothing of who has more, across lineages. */
export function byTime(a: SnapshotEntry, b: SnapshotEntry): number {
  return takenAtMs(b) - takenAtMs(a) || (a.id < b.id ? 1 : -1);
}

/** For `sort`, in one lineage: the one with the most in it first, whatever the clocks said. */
export function byRevision(a: E2dEntry, b: E2dEntry): number {
  return b.record.revision - a.record.revision || byTime(a, b);
}
