import type { StoreReading } from '../../../machines/facts.ts';
import { type Candidates, candidatesFor } from '../../snapshots/catalogue/candidates.ts';
import type { Listing } from '../../snapshots/catalogue/read-catalogue.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { OpenSnapshots } from './open-snapshots.ts';

/** For whom the store is read. */
export interface Seeker {
  /** Of the cluster as this node remembers it, and what it was restored from; maybe none. */
  readonly lineages: readonly string[];
  /** Of the etcd that is installed here. */
  readonly etcdVersion: string;
}

export function candidatesIn(
  { entries }: Listing,
  { keys }: Pick<OpenSnapshots, 'keys'>,
  { lineages, etcdVersion }: Seeker,
): Candidates {
  const inStore = (lineage: string) =>
    entries.some((entry) => entry.kind === 'e2d' && entry.record.lineage === lineage);
  // A lineage that was lost before it had a snapshot of its own goes back to its parent's.
  const lineage = lineages.find(inStore) ?? lineages[0] ?? null;
  return candidatesFor({ entries, lineage, etcdVersion, keyIds: keys.map(({ id }) => id) });
}

/**
 * What a listing means for a cluster that has no data. `empty` only where there is nothing at all:
 * a store with snapshots that cannot be used is one that could not be read (S1).
 */
export function readingOf(listing: Listing, candidates: Candidates): StoreReading {
  const { entries, problems } = listing;
  if (candidates.ambiguous !== null) {
    const lineages = candidates.ambiguous.join(', ');
    return { fact: 'ambiguous', sentence: `the store holds snapshots of lineages ${lineages}` };
  }
  const [first] = candidates.candidates;
  if (first !== undefined) {
    const reason = candidates.reasons.get(first.id);
    const sentence = reason ?? `the newest snapshot is ${first.id}`;
    return { fact: 'snapshot', sentence, ...originOf(first) };
  }
  if (entries.length === 0 && problems.length === 0) {
    return { fact: 'empty', sentence: 'the store holds no snapshot' };
  }
  const why = [
    ...candidates.passedOver.map(({ id, sentence }) => `${id}: ${sentence}`),
    ...problems,
  ];
  return {
    fact: 'unreadable',
    sentence: `none of the store's ${entries.length + problems.length} snapshots can be used: ${why.slice(0, 3).join('; ')}`,
  };
}

function originOf(entry: SnapshotEntry): Pick<StoreReading, 'origin'> {
  if (entry.kind !== 'e2d') return {};
  const { requiredSize, members } = entry.record;
  return { origin: { requiredSize, voters: members.filter(({ learner }) => !learner) } };
}
