import { readFile } from 'node:fs/promises';
import type { SnapshotConfig, SnapshotKeyFile } from '../../config/node-config.ts';
import { Catalogue } from '../../snapshots/catalogue/read-catalogue.ts';
import {
  keyFromCaKey,
  keyFromFile,
  type SnapshotKey,
} from '../../snapshots/formats/snapshot-key.ts';
import { openStore } from '../../snapshots/store/open-store.ts';

/** A configured store, opened: what is in it, and the keys to it. */
export interface OpenSnapshots {
  readonly config: SnapshotConfig;
  readonly catalogue: Catalogue;
  /** Every key that may be needed for reading. */
  readonly keys: readonly SnapshotKey[];
  /** For new snapshots; null: they are not encrypted. */
  readonly encryptionKey: SnapshotKey | null;
  close(): void;
}

/** Rejects as the store does, and with `E2D_SNAPSHOT_KEY` for a key that cannot be used. */
export async function openSnapshots(config: SnapshotConfig): Promise<OpenSnapshots> {
  const { s3Endpoint: endpoint, s3Region: region, ...rest } = config.store;
  const [keys, encryptionKey] = await Promise.all([
    readKeys(config.readKeyFiles),
    config.encryptionKeyFile === null ? null : readKey(config.encryptionKeyFile),
  ]);
  const store = await openStore(config.url, { s3: { endpoint, region, ...rest } });
  return {
    config,
    catalogue: new Catalogue(store),
    keys,
    encryptionKey,
    close: () => store.objects.close(),
  };
}

/** Rejects with `E2D_SNAPSHOT_KEY` for a key that cannot be used. */
export function readKeys(files: readonly SnapshotKeyFile[]): Promise<readonly SnapshotKey[]> {
  return Promise.all(files.map(readKey));
}

async function readKey({ kind, path }: SnapshotKeyFile): Promise<SnapshotKey> {
  return kind === 'key-file' ? keyFromFile(path) : keyFromCaKey(await readFile(path));
}
