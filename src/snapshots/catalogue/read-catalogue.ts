import { harmless, shortened } from '../../errors/shown.ts';
import type { Bounds, OpenStore, StoredObject } from '../store/object-store.ts';
import { type BackupMeta, backupMetaSchema } from './backup-meta.ts';
import { inParallel } from './in-parallel.ts';
import {
  BEGUN_FILE,
  DATA_FILE,
  isProofFile,
  META_FILE,
  RECORD_FILE,
  timeOfName,
  utcSeconds,
} from './layout.ts';
import { ObjectReader } from './object-reader.ts';
import type { SnapshotEntry } from './snapshot-entry.ts';
import { byTime } from './snapshot-order.ts';
import {
  proofSchema,
  type SnapshotProof,
  type SnapshotRecord,
  snapshotRecordSchema,
} from './snapshot-record.ts';

/** What a store holds, at the moment of the listing. */
export interface Listing {
  /** The latest first. */
  readonly entries: readonly SnapshotEntry[];
  /** A sentence for every folder that looks like a snapshot and cannot be used as one. */
  readonly problems: readonly string[];
  /** The folders in which e2d began to upload a snapshot that does not show (yet). */
  readonly unfinished: readonly UnfinishedUpload[];
}

export interface UnfinishedUpload {
  readonly id: string;
  /** Its `e2d.begun.json`. */
  readonly begun: StoredObject;
}

interface Folder {
  readonly id: string;
  readonly files: ReadonlyMap<string, StoredObject>;
}

/** A folder that counts as a snapshot. */
interface Shown extends Folder {
  readonly meta: StoredObject;
}

interface FolderReading {
  readonly entry: SnapshotEntry | null;
  readonly problems: readonly string[];
}

const READS_AT_ONCE = 8;
const LONGEST_ID = 256;

/** The snapshots of a store. Keep it: what it has read of a snapshot, it does not read again. */
export class Catalogue {
  readonly store: OpenStore;
  readonly #records: ObjectReader<SnapshotRecord>;
  readonly #proofs: ObjectReader<SnapshotProof>;
  readonly #metas: ObjectReader<BackupMeta>;

  constructor(store: OpenStore) {
    this.store = store;
    this.#records = new ObjectReader(store.objects, snapshotRecordSchema);
    this.#proofs = new ObjectReader(store.objects, proofSchema);
    this.#metas = new ObjectReader(store.objects, backupMetaSchema);
  }

  /**
   * All of it, or a rejection with the store's `E2dError`: a listing of which a part could not be
   * read is never taken for the whole (S1).
   */
  async list({ signal }: Bounds): Promise<Listing> {
    const objects = await this.store.objects.list('', { signal });
    const single = await this.store.single({ signal });
    this.#forgetAllBut(objects);
    const found = foldersOf(objects);
    const folders = found.filter(({ id }) => !isOddName(id));
    const readings = await inParallel(
      folders.flatMap(shown),
      (folder, either) => this.#readFolder(folder, { signal: either }),
      { atMost: READS_AT_ONCE, signal },
    );
    const entries = readings.flatMap(({ entry }) => (entry === null ? [] : [entry]));
    if (single !== null) {
      const { name: id, sizeBytes: storedBytes, modifiedAt } = single;
      const takenAt = utcSeconds(Date.parse(modifiedAt));
      entries.push({ kind: 'single', id, takenAt, storedBytes });
    }
    return {
      entries: entries.sort(byTime),
      problems: [
        ...readings.flatMap(({ problems }) => problems),
        ...found.filter(({ id }) => isOddName(id)).map(oddName),
      ],
      unfinished: folders.flatMap(unfinishedUpload),
    };
  }

  async #readFolder(folder: Shown, bounds: Bounds): Promise<FolderReading> {
    const data = folder.files.get(DATA_FILE);
    if (data === undefined) return skipped(folder, `it has no ${DATA_FILE}`);
    const record = folder.files.get(RECORD_FILE);
    return record === undefined
      ? this.#readForeign(folder, data, bounds)
      : this.#readOwn(folder, { data, record, bounds });
  }

  async #readOwn(
    folder: Folder,
    { data, record, bounds }: { data: StoredObject; record: StoredObject; bounds: Bounds },
  ): Promise<FolderReading> {
    const reading = await this.#records.read(record, bounds);
    if (!reading.ok) return skipped(folder, `its ${RECORD_FILE} ${reading.problem}`);
    const { id } = folder;
    if (reading.value.id !== id) {
      const other = harmless(shortened(reading.value.id, LONGEST_ID));
      return skipped(folder, `its ${RECORD_FILE} is that of "${other}"`);
    }
    const { takenAt } = reading.value;
    const { proof, problems } = await this.#latestProof(folder, bounds);
    const stored = { id, takenAt, storedBytes: data.sizeBytes };
    return { entry: { ...stored, kind: 'e2d', record: reading.value, proof }, problems };
  }

  async #latestProof(
    { id, files }: Folder,
    bounds: Bounds,
  ): Promise<{ proof: SnapshotProof | null; problems: readonly string[] }> {
    const problems: string[] = [];
    const proofs = [...files].filter(([name]) => isProofFile(name));
    const latestFirst = proofs.sort(([a], [b]) => (a < b ? 1 : -1));
    for (const [name, object] of latestFirst) {
      const reading = await this.#proofs.read(object, bounds);
      if (reading.ok) return { proof: reading.value, problems };
      problems.push(`A proof of snapshot ${id} is left out: ${name} ${reading.problem}.`);
    }
    return { proof: null, problems };
  }

  async #readForeign(folder: Shown, data: StoredObject, bounds: Bounds): Promise<FolderReading> {
    const reading = await this.#metas.read(folder.meta, bounds);
    if (!reading.ok) return skipped(folder, `its ${META_FILE} ${reading.problem}`);
    const { etcdVersion, takenAtSeconds } = reading.value;
    const timeMs = timeOfName(folder.id) ?? takenAtSeconds * 1000;
    if (!isTime(timeMs)) return skipped(folder, 'nothing says when it was taken');
    const takenAt = utcSeconds(timeMs);
    const stored = { id: folder.id, takenAt, storedBytes: data.sizeBytes };
    return { entry: { ...stored, kind: 'etcd-manager', etcdVersion }, problems: [] };
  }

  #forgetAllBut(objects: readonly StoredObject[]): void {
    const keys = new Set(objects.map(({ key }) => key));
    for (const reader of [this.#records, this.#proofs, this.#metas]) reader.keepOnly(keys);
  }
}

function skipped({ id }: Folder, why: string): FolderReading {
  return { entry: null, problems: [`Snapshot ${id} is left out: ${why}.`] };
}

/** Nothing that takes snapshots makes such a name, and it could steer a terminal that shows it. */
function isOddName(id: string): boolean {
  return id.length > LONGEST_ID || harmless(id) !== id;
}

function oddName({ id }: Folder): string {
  const shown = JSON.stringify(harmless(shortened(id, LONGEST_ID)));
  return `A folder is left out, whose name no snapshot has: ${shown}.`;
}

/** Not 0, which stands for none, and not what a date of four digits cannot be. */
function isTime(timeMs: number): boolean {
  return timeMs > 0 && timeMs < Date.UTC(10_000, 0);
}

/** The folders at the root. What lies deeper belongs to others, as etcd-manager's `control/`. */
function foldersOf(objects: readonly StoredObject[]): Folder[] {
  const folders = new Map<string, Map<string, StoredObject>>();
  for (const object of objects) {
    const [id = '', name = '', ...deeper] = object.key.split('/');
    if (deeper.length > 0 || name === '' || ['', '.', '..'].includes(id)) continue;
    const files = folders.get(id) ?? new Map<string, StoredObject>();
    folders.set(id, files.set(name, object));
  }
  return [...folders].map(([id, files]) => ({ id, files }));
}

function shown({ id, files }: Folder): Shown[] {
  const meta = files.get(META_FILE);
  return meta === undefined ? [] : [{ id, files, meta }];
}

function unfinishedUpload({ id, files }: Folder): UnfinishedUpload[] {
  const begun = files.get(BEGUN_FILE);
  return begun === undefined || files.has(META_FILE) ? [] : [{ id, begun }];
}
