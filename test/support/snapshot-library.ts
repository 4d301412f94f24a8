import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotRecord } from '../../src/snapshots/catalogue/snapshot-record.ts';
import { TestCluster } from './cluster.ts';
import { clientPairs, fill, type Pair } from './keyspace.ts';
import { type FileShelf, fileShelf } from './shelf.ts';

/** A snapshot, and the keys that clients had written when it was taken. */
export interface Volume {
  readonly snapshot: SnapshotRecord;
  readonly pairs: readonly Pair[];
}

/** A store that a cluster left behind, to be copied and damaged. */
export interface Library {
  readonly older: Volume;
  readonly newer: Volume;
  readonly lineage: string;
  /** A copy of its own for one test, in which only these are. */
  copy(volumes?: readonly Volume[], flags?: readonly string[]): FileShelf;
  remove(): void;
}

/** Runs a cluster of one node until it has left two snapshots. */
export async function makeLibrary(flags: readonly string[] = []): Promise<Library> {
  const { folder, shelf, remove } = fileShelf(flags);
  const cluster = new TestCluster({ size: 1, flags: shelf.flags });
  try {
    await cluster.startHealthy();
    const node = cluster.node(0);
    const volume = async (count: number): Promise<Volume> => {
      const revision = await fill(node.gateway, count, `value of ${count}`);
      return {
        snapshot: await shelf.hasSnapshot(revision),
        pairs: await clientPairs(node.endpoint),
      };
    };
    const older = await volume(20);
    const newer = await volume(30);
    const copy = (volumes: readonly Volume[] = [older, newer], more: readonly string[] = []) => {
      const made = fileShelf([...flags, ...more]);
      for (const { snapshot } of volumes) {
        cpSync(join(folder, snapshot.id), join(made.folder, snapshot.id), { recursive: true });
      }
      return made;
    };
    return { older, newer, lineage: older.snapshot.lineage, copy, remove };
  } finally {
    await cluster.destroy();
  }
}

/** What may be wrong with a snapshot that a store shows. */
export const damages = {
  truncated: (folder: string) =>
    rewrite(folder, 'etcd.backup.gz', (bytes) => bytes.subarray(0, -1)),
  flipped: (folder: string) =>
    rewrite(folder, 'etcd.backup.gz', (bytes) => {
      const middle = bytes.length >> 1;
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      return bytes;
    }),
  'of a newer etcd': (folder: string) =>
    rewrite(folder, 'e2d.json', (bytes) =>
      Buffer.from(String(bytes).replace(/"etcdVersion":\s*"[^"]+"/, '"etcdVersion": "9.9.0"')),
    ),
  empty: (folder: string) => rewrite(folder, 'etcd.backup.gz', () => Buffer.alloc(0)),
  'without its record': (folder: string) => rewrite(folder, 'e2d.json', () => Buffer.from('{}')),
} as const;

export type Damage = keyof typeof damages;

function rewrite(folder: string, file: string, change: (bytes: Buffer) => Uint8Array): void {
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path)));
}
