import type { SnapshotEntry } from './snapshot-entry.ts';
import { byRevision, byTime, type E2dEntry, isE2dEntry, takenAtMs } from './snapshot-order.ts';

/** A snapshot, and a sentence that says why it may be restored, or why it may not. */
export interface Judged {
  readonly entry: SnapshotEntry;
  readonly sentence: string;
}

export type CurrentLineage =
  | {
      readonly kind: 'one';
      /** Null where no snapshot tells its lineage. */
      readonly lineage: string | null;
      /** The order in which they come into question for a restore. */
      readonly order: readonly Judged[];
      /** All others: those of other histories. */
      readonly outside: readonly Judged[];
    }
  /** Several lineages could be the one that was lost: a person has to say which. */
  | { readonly kind: 'ambiguous'; readonly leaves: readonly string[] };

interface Lineage {
  readonly name: string;
  readonly parent: E2dEntry['record']['parent'];
  /** The one with the most in it first. */
  readonly entries: readonly E2dEntry[];
}

type Lineages = ReadonlyMap<string, Lineage>;

/** Clocks of two machines differ; a cluster that lived on beside its restored copy, for longer. */
const LIVED_ON_MS = 3_600_000;

/**
 * The history that a lost cluster continues: `known`, where one of its nodes still knows its
 * lineage, else the end of the only chain that the store holds.
 */
export function currentLineage(
  entries: readonly SnapshotEntry[],
  known: string | null,
): CurrentLineage {
  const lineages = lineagesOf(entries.filter(isE2dEntry));
  if (lineages.size === 0) return withoutLineage(entries);
  const leaves = known === null ? leavesOf(lineages) : [known];
  const [leaf = '', ...others] = leaves;
  if (others.length > 0) return { kind: 'ambiguous', leaves };
  const order = descend(lineages, leaf, known === leaf);
  const inside = new Set(order.map(({ entry }) => entry));
  const path = new Set(pathOf(lineages, leaf));
  const outside = entries
    .filter((entry) => !inside.has(entry))
    .map((entry) => ({ entry, sentence: whyOutside(entry, leaf, path) }));
  return { kind: 'one', lineage: leaf, order, outside };
}

function lineagesOf(entries: readonly E2dEntry[]): Lineages {
  const lineages = new Map<
    string,
    { name: string; parent: Lineage['parent']; entries: E2dEntry[] }
  >();
  for (const entry of [...entries].sort(byRevision)) {
    const { lineage: name, parent } = entry.record;
    const lineage = lineages.get(name) ?? { name, parent, entries: [] };
    lineage.entries.push(entry);
    lineages.set(name, lineage);
  }
  return lineages;
}

/** A lineage and those it descends from, as far as the store knows them. */
function pathOf(lineages: Lineages, leaf: string): string[] {
  const path: string[] = [];
  let name: string | null | undefined = leaf;
  while (typeof name === 'string' && lineages.has(name) && !path.includes(name)) {
    path.push(name);
    name = lineages.get(name)?.parent?.lineage;
  }
  return path;
}

/** The ends of all histories. There is one exactly if all lineages form one chain. */
function leavesOf(lineages: Lineages): string[] {
  const leaves = [...lineages.values()].filter((lineage) => {
    const children = [...lineages.values()].filter(
      ({ parent }) => parent?.lineage === lineage.name,
    );
    return children.length === 0 || children.some((child) => livedOn(lineage, child));
  });
  const reached = new Set(leaves.flatMap(({ name }) => pathOf(lineages, name)));
  const unreached = [...lineages.keys()].filter((name) => !reached.has(name));
  return [...leaves.map(({ name }) => name), ...unreached].sort();
}

/** A parent that took snapshots long after its child did was copied, and not replaced by it. */
function livedOn(parent: Lineage, child: Lineage): boolean {
  const lastOfParent = Math.max(...parent.entries.map(takenAtMs));
  const firstOfChild = Math.min(...child.entries.map(takenAtMs));
  return lastOfParent > firstOfChild + LIVED_ON_MS;
}

/** Of the leaf all; of each that it descends from, what it had when it was restored from. */
function descend(lineages: Lineages, leaf: string, known: boolean): Judged[] {
  const order: Judged[] = [];
  let upTo = Number.POSITIVE_INFINITY;
  let sentence = known
    ? `It is of lineage ${leaf}, this cluster's own.`
    : `It is of lineage ${leaf}, the last one in the store.`;
  for (const name of pathOf(lineages, leaf)) {
    const lineage = lineages.get(name);
    const within = (lineage?.entries ?? []).filter(({ record }) => record.revision <= upTo);
    for (const entry of within) order.push({ entry, sentence });
    upTo = lineage?.parent?.revision ?? 0;
    sentence =
      `It is of lineage ${lineage?.parent?.lineage}, ` +
      `which ${name} was restored from at revision ${upTo}.`;
  }
  return order;
}

function whyOutside(entry: SnapshotEntry, leaf: string, path: ReadonlySet<string>): string {
  if (entry.kind !== 'e2d') return 'It does not tell its lineage, and others in the store do.';
  const { lineage } = entry.record;
  return path.has(lineage)
    ? `It is of lineage ${lineage}, from after the point that its successor was restored from.`
    : `It is of lineage ${lineage}, which ${leaf} does not descend from.`;
}

function withoutLineage(entries: readonly SnapshotEntry[]): CurrentLineage {
  const sentence = 'It does not tell its lineage, as none in the store does.';
  const order = [...entries].sort(byTime).map((entry) => ({ entry, sentence }));
  return { kind: 'one', lineage: null, order, outside: [] };
}
