import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { Bounds, ObjectStore, StoredObject } from '../store/object-store.ts';
import { inParallel } from './in-parallel.ts';
import { BEGUN_FILE, begunSchema, META_FILE, metaKey, parseSnapshotId } from './layout.ts';
import { ObjectReader } from './object-reader.ts';
import type { Catalogue, UnfinishedUpload } from './read-catalogue.ts';
import { planRetention, type RetentionPlan, type RetentionRequest } from './retention.ts';

export interface PruneRequest extends Omit<RetentionRequest, 'entries'> {
  /** Tell what would go, and remove nothing. */
  readonly dryRun?: boolean;
  /** Uploads that this process is busy with. */
  readonly inProgress?: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface Removal {
  readonly id: string;
  /** A sentence. */
  readonly reason: string;
}

export interface PruneReport {
  readonly plan: RetentionPlan;
  /** What was removed, or, in a dry run, would be: snapshots, and what was left of uploads. */
  readonly removed: readonly Removal[];
  /** What was to be removed and is not, or not wholly; `reason` says what went wrong. */
  readonly failed: readonly Removal[];
  /** Of the listing: what was left out, and so stays. */
  readonly problems: readonly string[];
}

/** An upload that began so long ago is not going on anywhere. */
const ABANDONED_MS = 24 * 3_600_000;
const REMOVALS_AT_ONCE = 8;

/**
 * Removes what the policy lets go of this lineage, and what uploads of it left behind. Rejects,
 * and removes nothing, when the store could not be listed as a whole (S1, S6).
 */
export async function pruneStore(
  catalogue: Catalogue,
  request: PruneRequest,
): Promise<PruneReport> {
  const { signal, dryRun = false } = request;
  const { objects } = catalogue.store;
  const { entries, problems, unfinished } = await catalogue.list({ signal });
  const plan = planRetention({ ...request, entries });
  const going = [
    ...plan.verdicts.filter(({ keep }) => !keep),
    ...(await abandonedOf(unfinished, objects, request)),
  ];
  if (dryRun) return { plan, removed: going.map(removalOf), failed: [], problems };
  const removed: Removal[] = [];
  const failed: Removal[] = [];
  let unreachable = false;
  const remove = async ({ id, reason }: Removal, either: AbortSignal): Promise<void> => {
    if (unreachable) return;
    try {
      await removeSnapshot(objects, id, { signal: either });
      removed.push({ id, reason });
    } catch (error) {
      unreachable ||= error instanceof E2dError && error.code === 'E2D_STORE_UNREACHABLE';
      failed.push({ id, reason: textOf(error) });
    }
  };
  const oldestFirst = going.map(removalOf).sort((a, b) => (a.id < b.id ? -1 : 1));
  await inParallel(oldestFirst, remove, { atMost: REMOVALS_AT_ONCE, signal });
  return { plan, removed, failed, problems };
}

/**
 * Removes a snapshot's folder. `_etcd_backup.meta` goes first, so that one which is half removed
 * shows no more; `e2d.begun.json` goes last, so that the rest of it is known to be e2d's.
 */
export async function removeSnapshot(
  objects: ObjectStore,
  id: string,
  bounds: Bounds,
): Promise<void> {
  await objects.remove(metaKey(id), bounds);
  const rest = await objects.list(`${id}/`, bounds);
  const rank = ({ key }: StoredObject) => (key === `${id}/${BEGUN_FILE}` ? 1 : 0);
  for (const { key } of [...rest].sort((a, b) => rank(a) - rank(b))) {
    await objects.remove(key, bounds);
  }
}

/** What uploads of this lineage left behind that ended long ago, by the time in their ids. */
async function abandonedOf(
  unfinished: readonly UnfinishedUpload[],
  objects: ObjectStore,
  { lineage, nowMs, inProgress, signal }: PruneRequest,
): Promise<Removal[]> {
  const reader = new ObjectReader(objects, begunSchema);
  const old = unfinished.filter(({ id }) => {
    const beganMs = parseSnapshotId(id)?.takenAtMs ?? nowMs;
    return nowMs - beganMs > ABANDONED_MS && inProgress?.has(id) !== true;
  });
  const own = await inParallel(
    old,
    async ({ id, begun }, either) => {
      const bounds = { signal: either };
      const reading = await reader.read(begun, bounds);
      if (!reading.ok || reading.value.lineage !== lineage) return [];
      const now = await objects.list(`${id}/`, bounds);
      if (now.some(({ key }) => key === `${id}/${META_FILE}`)) return [];
      return [{ id, reason: 'Its upload was begun more than a day ago and never finished.' }];
    },
    { atMost: REMOVALS_AT_ONCE, signal },
  );
  return own.flat();
}

function removalOf({ id, reason }: Removal): Removal {
  return { id, reason };
}
