import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type SnapshotRecord,
  snapshotRecordSchema,
} from '../../src/snapshots/catalogue/snapshot-record.ts';
import { type S3Server, startS3Server } from './s3-server/s3-server.ts';
import { waitUntil } from './wait-until.ts';

/** Keys of a store, `<folder>/<file>`, and what is in them. */
type Objects = ReadonlyMap<string, Buffer>;

/** Often enough for a test; nothing is proven by itself, for that is another test's subject. */
const briskly = ['--snapshot-interval', '1s', '--snapshot-verify-interval', 'off'];

const accessKey = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a/secret+of=the-tests' };

/** A snapshot store as a test sees it: past e2d, and byte by byte. */
export class Shelf {
  /** What has a node keep its snapshots here. */
  readonly flags: readonly string[];
  readonly #read: () => Promise<Objects>;

  constructor(url: string, flags: readonly string[], read: () => Promise<Objects>) {
    this.flags = ['--snapshot-backup-url', url, ...briskly, ...flags];
    this.#read = read;
  }

  objects(): Promise<Objects> {
    return this.#read();
  }

  /** What e2d took and let show, the latest first. */
  async snapshots(): Promise<SnapshotRecord[]> {
    const objects = await this.#read();
    const shown = [...objects.keys()].filter((key) => key.endsWith('/_etcd_backup.meta'));
    return shown
      .map((key) => objects.get(key.replace('_etcd_backup.meta', 'e2d.json')))
      .map((bytes) => snapshotRecordSchema.safeParse(bytes && JSON.parse(String(bytes))).data)
      .filter((record) => record !== undefined)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The latest snapshot of all that holds the revision; its lineage may be named. */
  async hasSnapshot(revision: number, lineage?: string): Promise<SnapshotRecord> {
    return waitUntil(
      async () => {
        const own = (await this.snapshots()).filter(
          (one) => lineage === undefined || one.lineage === lineage,
        );
        return own.find((one) => one.revision >= revision);
      },
      {
        what: `the store shows a snapshot of revision ${revision} or later`,
        withinMs: 20_000,
        explain: async () => [...(await this.#read()).keys()].sort().join('\n'),
      },
    );
  }

  /** SHA-256 by key. */
  async fingerprints(): Promise<Map<string, string>> {
    const sums = [...(await this.#read())].map(
      ([key, bytes]) => [key, createHash('sha256').update(bytes).digest('hex')] as const,
    );
    return new Map(sums.sort());
  }
}

export interface FileShelf {
  readonly folder: string;
  readonly shelf: Shelf;
  remove(): void;
}

/** A store in a folder of its own. */
export function fileShelf(flags: readonly string[] = []): FileShelf {
  const folder = mkdtempSync(join(tmpdir(), 'e2d-shelf-'));
  return {
    folder,
    shelf: new Shelf(`file://${folder}`, flags, () => filesIn(folder)),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A store at a path within a folder that there is; all of the folder counts. */
export function shelfAt(folder: string, path: string, flags: readonly string[]): Shelf {
  return new Shelf(`file://${path}`, flags, () => filesIn(folder));
}

async function filesIn(folder: string): Promise<Objects> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  const read = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const bytes = await readFile(path).catch(() => null);
    return bytes === null ? [] : [[path.slice(folder.length + 1), bytes] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

export interface S3Shelf {
  readonly server: S3Server;
  readonly shelf: Shelf;
}

const bucket = 'backups';
const prefix = 'prod/etcd';

/** A store in a bucket of an S3 server of its own, which the caller closes. */
export async function s3Shelf(flags: readonly string[] = []): Promise<S3Shelf> {
  const server = await startS3Server({ buckets: [bucket], credentials: [accessKey] });
  const { accessKeyId, secretAccessKey } = accessKey;
  const access = ['--aws-access-key', accessKeyId, '--aws-secret-key', secretAccessKey];
  const where = ['--s3-endpoint', server.url, '--s3-region', 'eu-central-1'];
  const shelf = new Shelf(`s3://${bucket}/${prefix}`, [...where, ...access, ...flags], async () => {
    const keys = server.objects().map(({ key }) => key);
    const read = keys.map(
      async (key) => [key.slice(prefix.length + 1), await server.read(bucket, key)] as const,
    );
    return new Map(await Promise.all(read));
  });
  return { server, shelf };
}

/** Puts there what another store holds. */
export async function fillBucket(server: S3Server, from: Shelf): Promise<void> {
  for (const [key, bytes] of await from.objects()) {
    await server.write(bucket, `${prefix}/${key}`, bytes);
  }
}

/** Writes what the URL of an S3 shelf itself names: the one object of the first e2d. */
export function writeSingle(server: S3Server, bytes: Uint8Array): Promise<void> {
  return server.write(bucket, prefix, bytes);
}
