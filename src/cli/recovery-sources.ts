import { refused } from './restore-refusals.ts';

/** A node that may still have the cluster's data, and what its etcd says of it. */
export interface Survivor {
  readonly name: string;
  readonly isOwn: boolean;
  readonly clientUrl: string;
  /** Null while its etcd does not answer; `problem` then says why. */
  readonly standing: SurvivorStanding | null;
  readonly problem: string | null;
}

export interface SurvivorStanding {
  readonly clusterId: string;
  readonly raftTerm: number;
  readonly appliedIndex: number;
  readonly revision: number;
  readonly dbSizeBytes: number;
}

/** A snapshot of the store, as far as its record tells; null where it does not. */
export interface StoredSource {
  readonly id: string;
  readonly lineage: string | null;
  readonly revision: number | null;
  readonly raftTerm: number | null;
  readonly raftIndex: number | null;
  readonly ageMs: number;
  readonly storedBytes: number;
  readonly proof: 'proven' | 'failed' | 'none';
  /** Why it cannot be restored here, as a sentence. */
  readonly obstacle: string | null;
}

export type Source =
  | { readonly kind: 'survivor'; readonly survivor: Survivor }
  | { readonly kind: 'snapshot'; readonly snapshot: StoredSource };

/** Revisions, both included. */
export interface RevisionRange {
  readonly from: number;
  readonly to: number;
}

/** A source, and what would be lost with it. */
export interface WeighedSource {
  readonly source: Source;
  readonly revision: number | null;
  /** Of what is known to exist; null for nothing, or where the two cannot be compared. */
  readonly lost: RevisionRange | null;
  /** Why it is not proposed; null for what could be. */
  readonly unfit: string | null;
}

export interface WeighedSources {
  /** The most complete first; those that are not proposed at the end. */
  readonly sources: readonly WeighedSource[];
  /** Null: nothing is left that could be proposed. */
  readonly best: WeighedSource | null;
  readonly lineage: string;
  /** The highest revision of it that is known to exist. */
  readonly highest: number;
}

export interface Remains {
  readonly survivors: readonly Survivor[];
  readonly snapshots: readonly StoredSource[];
  /** Of the cluster that lost its quorum. */
  readonly clusterId: string | null;
  readonly lineage: string;
}

/**
 * S15: what the cluster can be rebuilt from, the most complete first. Within a lineage revisions
 * are one line, and only what was committed has one: the higher of two holds all of the lower. A
 * raft term is no such measure, for a member may know of a later term and lack what came before
 * it; term and index, in this order, part those of the same revision.
 */
export function weighSources(remains: Remains): WeighedSources {
  const { survivors, snapshots } = remains;
  const all: readonly Source[] = [
    ...survivors.map((survivor) => ({ kind: 'survivor' as const, survivor })),
    ...snapshots.map((snapshot) => ({ kind: 'snapshot' as const, snapshot })),
  ];
  const judged = all.map((source) => ({ source, unfit: unfitness(source, remains) }));
  const fit = judged.filter(({ unfit }) => unfit === null);
  const highest = Math.max(0, ...fit.map(({ source }) => revisionOf(source) ?? 0));
  const weighed = judged.map(({ source, unfit }): WeighedSource => {
    const lost = lossOf(source, { lineage: remains.lineage, highest });
    return { source, revision: revisionOf(source), unfit, lost };
  });
  const ranked = weighed.filter(({ unfit }) => unfit === null).sort(byCompleteness);
  return {
    sources: [...ranked, ...weighed.filter(({ unfit }) => unfit !== null)],
    best: ranked[0] ?? null,
    lineage: remains.lineage,
    highest,
  };
}

function lossOf(
  source: Source,
  { lineage, highest }: Pick<WeighedSources, 'lineage' | 'highest'>,
): RevisionRange | null {
  const revision = revisionOf(source);
  if (source.kind === 'snapshot' && source.snapshot.lineage !== lineage) return null;
  return revision === null || revision >= highest ? null : { from: revision + 1, to: highest };
}

function unfitness(source: Source, { clusterId, lineage }: Remains): string | null {
  if (source.kind === 'survivor') {
    const { standing, problem } = source.survivor;
    if (standing === null) return problem ?? 'it does not answer';
    const isOfOther = clusterId !== null && standing.clusterId !== clusterId;
    return isOfOther ? `it is of cluster ${standing.clusterId}` : null;
  }
  const { snapshot } = source;
  if (snapshot.obstacle !== null) return snapshot.obstacle;
  if (snapshot.revision === null) return 'its revision and lineage are not known beforehand';
  if (snapshot.lineage !== lineage) return `it is of lineage ${snapshot.lineage ?? 'unknown'}`;
  return snapshot.proof === 'failed' ? 'its latest proof failed' : null;
}

function revisionOf(source: Source): number | null {
  return source.kind === 'snapshot'
    ? source.snapshot.revision
    : (source.survivor.standing?.revision ?? null);
}

/** Of equals, what needs no other machine comes first, and data before a copy of it. */
function byCompleteness(a: WeighedSource, b: WeighedSource): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankOf({ source, revision }: WeighedSource): readonly number[] {
  if (source.kind === 'snapshot') {
    const { raftTerm, raftIndex } = source.snapshot;
    return [revision ?? 0, 0, raftTerm ?? 0, raftIndex ?? 0];
  }
  const { standing, isOwn } = source.survivor;
  return [revision ?? 0, isOwn ? 2 : 1, standing?.raftTerm ?? 0, standing?.appliedIndex ?? 0];
}

/**
 * The source that an operator named, `this-node` or a snapshot, else the best. Throws
 * `E2D_RESTORE_REFUSED` where it cannot be rebuilt from here, and as `find` does.
 */
export function chosenSource(
  weighed: WeighedSources,
  named: string | null,
  find: (text: string) => StoredSource,
): WeighedSource {
  const { sources, best } = weighed;
  if (named === null) return proposed(best);
  if (named === 'this-node') {
    const own = sources.find(({ source }) => source.kind === 'survivor' && source.survivor.isOwn);
    if (own !== undefined && own.unfit === null) return own;
    const why = own?.unfit ?? 'it is not asked';
    throw refused(`The data of this node cannot be taken: ${why}.`, 'Name another source.');
  }
  const snapshot = find(named);
  if (snapshot.obstacle !== null) {
    const why = snapshot.obstacle;
    throw refused(`Snapshot ${snapshot.id} cannot be taken: ${why}`, 'Name another source.');
  }
  const source: Source = { kind: 'snapshot', snapshot };
  return { source, revision: snapshot.revision, lost: lossOf(source, weighed), unfit: null };
}

function proposed(best: WeighedSource | null): WeighedSource {
  if (best === null) {
    throw refused(
      'Nothing is left that the cluster could be rebuilt from.',
      'Bring a member or the store back; a snapshot can also be named with --source.',
    );
  }
  const { source } = best;
  if (source.kind === 'snapshot' || source.survivor.isOwn) return best;
  throw refused(
    `The most complete source is the data of ${source.survivor.name}, and not here.`,
    `Run "e2d recover" on ${source.survivor.name}; or name another source with --source.`,
  );
}
