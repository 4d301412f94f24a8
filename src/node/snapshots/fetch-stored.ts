import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { corrupt } from '../../snapshots/formats/format-errors.ts';
import { PassingBytes } from '../../snapshots/formats/passing-bytes.ts';
import { PrivateFile } from '../../snapshots/formats/private-file.ts';
import type { Bounds } from '../../snapshots/store/object-store.ts';
import { type FetchRequest, readStored } from './fetch-snapshot.ts';
import type { OpenSnapshots } from './open-snapshots.ts';

export interface StoredSummary {
  readonly storedBytes: number;
  readonly storedSha256: string;
}

interface Passing extends Bounds {
  readonly onProgress?: (storedBytes: number) => void;
}

/**
 * Reads a snapshot back as it is stored, and compares it with what was written where a record tells
 * that. Rejects with `E2D_SNAPSHOT_CORRUPT`, or as the store does. It needs no key and no disk.
 */
export async function verifyStored(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  bounds: Passing,
): Promise<StoredSummary> {
  return passStored(entry, snapshots, { ...bounds, write: async () => undefined });
}

/** As `verifyStored`, into a file that stands there only when all of it is right. */
export async function fetchStored(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  { to, ...bounds }: FetchRequest,
): Promise<StoredSummary> {
  const file = await PrivateFile.create(to);
  try {
    const summary = await passStored(entry, snapshots, {
      ...bounds,
      write: (chunk) => file.write(chunk),
    });
    await file.publish();
    return summary;
  } finally {
    await file.discard();
  }
}

async function passStored(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  { signal, onProgress, write }: Passing & { readonly write: (chunk: Uint8Array) => Promise<void> },
): Promise<StoredSummary> {
  const passed = new PassingBytes();
  for await (const chunk of passed.of(await readStored(entry, snapshots, { signal }))) {
    signal.throwIfAborted();
    await write(chunk);
    onProgress?.(passed.count);
  }
  const [storedBytes, storedSha256] = [passed.count, passed.sha256()];
  if (entry.kind === 'e2d') {
    const { sizeBytes, sha256 } = entry.record.stored;
    if (storedBytes !== sizeBytes) {
      throw corrupt(`as it is stored it has ${storedBytes} bytes, and had ${sizeBytes}`);
    }
    if (storedSha256 !== sha256) {
      throw corrupt(`as it is stored it has the SHA-256 ${storedSha256}, and had ${sha256}`);
    }
  }
  return { storedBytes, storedSha256 };
}
