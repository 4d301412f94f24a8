import { E2dError } from '../../errors/e2d-error.ts';
import { dataKey } from '../../snapshots/catalogue/layout.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { type UnpackedSnapshot, unpackSnapshot } from '../../snapshots/formats/unpack-snapshot.ts';
import type { Bounds } from '../../snapshots/store/object-store.ts';
import type { OpenSnapshots } from './open-snapshots.ts';

export interface FetchRequest extends Bounds {
  /** The file that the content is written to: etcd's database, as it was taken. */
  readonly to: string;
  /** As for `unpackSnapshot`. */
  readonly isScratch?: boolean;
  readonly onProgress?: (storedBytes: number) => void;
}

/**
 * Fetches a snapshot's content into a file, which stands there only when all of it is what its
 * record says. Rejects as `unpackSnapshot` and the store do.
 */
export async function fetchSnapshot(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  { to, signal, isScratch = false, onProgress }: FetchRequest,
): Promise<UnpackedSnapshot> {
  const source = await readStored(entry, snapshots, { signal });
  const known = entry.kind === 'e2d' ? expectationOf(entry.record) : {};
  return unpackSnapshot(source, {
    to,
    keys: snapshots.keys,
    signal,
    isScratch,
    ...known,
    // The first e2d wrote shorter snapshots over longer ones.
    ...(entry.kind === 'single' ? { trailing: 'ignore' as const } : {}),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** The bytes as they are stored: packed, and encrypted where it is. */
export async function readStored(
  entry: SnapshotEntry,
  { catalogue: { store } }: OpenSnapshots,
  bounds: Bounds,
) {
  if (entry.kind !== 'single') return store.objects.read(dataKey(entry.id), bounds);
  const single = await store.single(bounds);
  if (single !== null) return single.read(bounds);
  throw new E2dError(`The snapshot ${entry.id} is not in the store any more.`, {
    code: 'E2D_SNAPSHOT_UNKNOWN',
    remedy: 'List the store again.',
  });
}

function expectationOf({
  stored,
  content,
  encryptionKeyId,
}: Extract<SnapshotEntry, { kind: 'e2d' }>['record']) {
  return {
    expected: {
      storedBytes: stored.sizeBytes,
      storedSha256: stored.sha256,
      contentBytes: content.sizeBytes,
      contentSha256: content.sha256,
    },
    expectedKeyId: encryptionKeyId,
  };
}
