import { E2dError } from '../../errors/e2d-error.ts';
import type { SnapshotEntry } from './snapshot-entry.ts';

/**
 * The snapshot that a person means: `latest`, an id, or its beginning where only one begins so.
 * `entries` are those of a listing, the latest first.
 *
 * @throws E2dError `E2D_SNAPSHOT_UNKNOWN`, with those that may have been meant.
 */
export function findEntry(entries: readonly SnapshotEntry[], text: string): SnapshotEntry {
  const [latest] = entries;
  if (latest === undefined) {
    throw unknown('The store holds no snapshot.', 'Check the URL, or take one first.');
  }
  if (text === 'latest') return latest;
  const exact = entries.find(({ id }) => id === text);
  if (exact !== undefined) return exact;
  const matches = text === '' ? [] : entries.filter(({ id }) => id.startsWith(text));
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  if (match !== undefined) {
    throw unknown(`${matches.length} snapshots begin with "${text}".`, didYouMean(matches));
  }
  throw unknown(`There is no snapshot "${text}".`, didYouMean(nearMisses(entries, text)));
}

const SHOWN = 3;

function didYouMean(entries: readonly SnapshotEntry[]): string {
  if (entries.length === 0) return '"e2d snapshot list" shows those that there are.';
  const shown = entries.slice(0, SHOWN).map(({ id }) => id);
  const more = entries.length > SHOWN ? ` (and ${entries.length - SHOWN} more)` : '';
  return `Did you mean ${shown.join(', or ')}?${more}`;
}

/** Those with the text somewhere in their ids; else those that begin alike, for a good part. */
function nearMisses(entries: readonly SnapshotEntry[], text: string): readonly SnapshotEntry[] {
  if (text.trim() === '') return [];
  const within = entries.filter(({ id }) => id.includes(text));
  if (within.length > 0) return within;
  const alike = entries.map((entry) => ({ entry, length: commonStart(entry.id, text) }));
  const longest = Math.max(...alike.map(({ length }) => length));
  if (longest * 2 < text.length) return [];
  return alike.filter(({ length }) => length === longest).map(({ entry }) => entry);
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function unknown(message: string, remedy: string): E2dError {
  return new E2dError(message, { code: 'E2D_SNAPSHOT_UNKNOWN', remedy, exit: 2 });
}
