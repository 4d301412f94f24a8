import type { SnapshotEntry } from './snapshot-entry.ts';

/** What the catalogue knows to be wrong with a snapshot, as a sentence; null: nothing. */
export function defectOf(entry: SnapshotEntry): string | null {
  if (entry.storedBytes === 0) return 'It is empty.';
  if (entry.kind !== 'e2d') return null;
  const { stored, content } = entry.record;
  if (content.sizeBytes === 0) return 'It is empty.';
  if (entry.storedBytes !== stored.sizeBytes) {
    return `It has ${entry.storedBytes} bytes in the store, and had ${stored.sizeBytes} when taken.`;
  }
  if (entry.proof?.outcome === 'failed') {
    return `Its proof failed at ${entry.proof.provenAt}: ${entry.proof.sentence}`;
  }
  return null;
}
