import type { OptionValues } from '../config/options.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { candidatesFor } from '../snapshots/catalogue/candidates.ts';
import { findEntry } from '../snapshots/catalogue/find.ts';
import type { SnapshotEntry } from '../snapshots/catalogue/snapshot-entry.ts';
import type { Invocation } from './command.ts';
import type { StoredSource } from './recovery-sources.ts';
import { type Session, tellProblems, withStore } from './snapshot-session.ts';

/** What the store has for a recovery; the snapshots that cannot be used say why. */
export interface StoredSources {
  readonly snapshots: readonly StoredSource[];
  /** Why there are none; null where the store was read. */
  readonly problem: string | null;
  /** The one that a person means by an id or its beginning. Throws `E2D_SNAPSHOT_UNKNOWN`. */
  readonly find: (text: string) => StoredSource;
}

export interface SoughtFor {
  readonly lineage: string;
  /** Of the etcd on this machine; null while it is not known. */
  readonly etcdVersion: string | null;
  /** Wall time. */
  readonly nowMs: number;
}

/** A store that cannot be read hides no survivor: the others are shown without it. */
export async function storedSources(
  sought: SoughtFor,
  invocation: Invocation,
  session: Session,
): Promise<StoredSources> {
  if (!hasStore(session.values)) return nothing('no --snapshot-backup-url is given');
  try {
    return await withStore(session, invocation, async ({ snapshots, signal }) => {
      const { entries, problems } = await snapshots.catalogue.list({ signal });
      tellProblems(problems, invocation);
      const keyIds = snapshots.keys.map(({ id }) => id);
      return sourcesOf(entries, sought, keyIds);
    });
  } catch (problem) {
    session.signal.throwIfAborted();
    if (!(problem instanceof E2dError) || problem.exit === 2) throw problem;
    return nothing(problem.message);
  }
}

function hasStore(values: OptionValues): boolean {
  return values['snapshot-backup-url'] !== undefined;
}

function nothing(problem: string): StoredSources {
  return {
    snapshots: [],
    problem,
    find: (text) => {
      throw new E2dError(`Snapshot "${text}" cannot be looked up: ${problem}.`, {
        code: 'E2D_SNAPSHOT_UNKNOWN',
        remedy: 'Give the --snapshot-backup-url of the nodes, or remove what keeps it from view.',
      });
    },
  };
}

export function sourcesOf(
  entries: readonly SnapshotEntry[],
  { lineage, etcdVersion, nowMs }: SoughtFor,
  keyIds: readonly string[],
): StoredSources {
  const passedOver = new Map(
    etcdVersion === null
      ? []
      : candidatesFor({ entries, lineage, etcdVersion, keyIds }).passedOver.map(
          ({ id, sentence }) => [id, sentence] as const,
        ),
  );
  const source = (entry: SnapshotEntry): StoredSource => ({
    ...known(entry),
    id: entry.id,
    ageMs: Math.max(0, nowMs - Date.parse(entry.takenAt)),
    storedBytes: entry.storedBytes,
    // Of another lineage is no obstacle to who names it; of which one it is, is shown.
    obstacle: isOf(lineage, entry) ? (passedOver.get(entry.id) ?? null) : null,
  });
  return {
    snapshots: entries.map(source),
    problem: null,
    find: (text) => source(findEntry(entries, text)),
  };
}

function known(
  entry: SnapshotEntry,
): Pick<StoredSource, 'lineage' | 'revision' | 'raftTerm' | 'raftIndex' | 'proof'> {
  if (entry.kind !== 'e2d') {
    return { lineage: null, revision: null, raftTerm: null, raftIndex: null, proof: 'none' };
  }
  const { lineage, revision, raftTerm, raftIndex } = entry.record;
  return { lineage, revision, raftTerm, raftIndex, proof: entry.proof?.outcome ?? 'none' };
}

function isOf(lineage: string, entry: SnapshotEntry): boolean {
  return entry.kind === 'e2d' && entry.record.lineage === lineage;
}
