import type { StoreReading } from '../../../machines/facts.ts';
import { type Candidates, candidatesFor } from '../../snapshots/catalogue/candidates.ts';
import type { Listing } from '../../snapshots/catalogue/read-catalogue.ts';
import type { OpenSnapshots } from './open-snapshots.ts';

/** For whom the store is read. */
export interface Seeker {
  /** Of the cluster, where this node still knows it. */
  readonly lineage: string | null;
  /** Of the etcd that is installed here. */
  readonly etcdVersion: string;
}

export function candidatesIn(
  { entries }: Listing,
  { keys }: Pick<OpenSnapshots, 'keys'>,
  { lineage, etcdVersion }: Seeker,
): Candidates {
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
    return { fact: 'snapshot', sentence: reason ?? `the newest snapshot is ${first.id}` };
  }
  if (entries.length === 0 && problems.length === 0) {
    return { fact: 'empty', sentence: 'the store holds no snapshot' };
  }
  const why = [...candidates.passedOver.map(({ sentence }) => sentence), ...problems];
  return {
    fact: 'unreadable',
    sentence: `none of the store's ${entries.length + problems.length} snapshots can be used: ${why.slice(0, 3).join('; ')}`,
  };
}
