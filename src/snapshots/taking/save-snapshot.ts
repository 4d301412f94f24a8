import { E2dError } from '../../errors/e2d-error.ts';
import { renderBackupMeta } from '../catalogue/backup-meta.ts';
import {
  type Begun,
  begunKey,
  dataKey,
  makeSnapshotId,
  metaKey,
  recordKey,
  utcSeconds,
} from '../catalogue/layout.ts';
import type { SnapshotRecord } from '../catalogue/snapshot-record.ts';
import { corrupt } from '../formats/format-errors.ts';
import { type PackSummary, packSnapshot } from '../formats/pack-snapshot.ts';
import { PassingBytes } from '../formats/passing-bytes.ts';
import type { SnapshotKey } from '../formats/snapshot-key.ts';
import type { Bounds, ObjectStore, OpenStore, ReadBack } from '../store/object-store.ts';
import {
  counted,
  type OnProgress,
  type SnapshotSource,
  type SourceHash,
} from './snapshot-source.ts';

/** What neither etcd nor the data can tell of a snapshot. */
export type SnapshotDescription = Pick<
  SnapshotRecord,
  'lineage' | 'parent' | 'requiredSize' | 'e2dVersion' | 'retention' | 'trigger'
>;

export interface SaveSnapshotOptions {
  readonly source: SnapshotSource;
  readonly store: OpenStore;
  readonly describe: SnapshotDescription;
  /** What is encrypted is not compressed, whatever stands here. */
  readonly compression: 'gzip' | 'none';
  /** Null: it is not encrypted. */
  readonly key: SnapshotKey | null;
  /** Whether to record what a restore can be proven by: costs etcd a reading of all its keys. */
  readonly withHashKv: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  /**
   * Told what could not be removed after a failure. It does not show as a snapshot, but takes
   * space: `e2d.begun.json` tells whose it was.
   */
  readonly onLeftBehind?: (key: string, problem: unknown) => void;
  readonly wallTime: () => Date;
  /** Six hexadecimal digits that nobody else draws. */
  readonly drawSuffix: () => string;
}

const cleanUpMs = 15_000;

/**
 * Takes a snapshot into the store. It shows there only when all of it is written, read back and
 * compared; after any failure nothing shows, and what was written is removed as far as the store
 * lets it. Rejects with the error of the store or the source as it is, with `E2D_SNAPSHOT_CORRUPT`
 * when what was stored reads differently, or with the reason of the signal.
 */
export async function saveSnapshot(options: SaveSnapshotOptions): Promise<SnapshotRecord> {
  // Also ends the stream of etcd when the store fails before it reads the first byte.
  const ending = new AbortController();
  const bounds = { signal: AbortSignal.any([options.signal, ending.signal]) };
  try {
    const facts = await gatherFacts(options, bounds);
    const upload = new Upload(options, facts.id);
    try {
      return await uploadAll(upload, facts, { options, bounds });
    } catch (problem) {
      ending.abort();
      await upload.undo(problem);
      options.signal.throwIfAborted();
      throw problem;
    }
  } finally {
    ending.abort();
  }
}

type Facts = Awaited<ReturnType<typeof gatherFacts>>;

/** What is asked before the stream begins is certainly in it. */
async function gatherFacts(options: SaveSnapshotOptions, bounds: Bounds) {
  const { source, wallTime, drawSuffix, withHashKv, onProgress } = options;
  const takenAtMs = wallTime().getTime();
  const status = await source.status(bounds);
  const members = await source.members(bounds);
  let hashKv: SourceHash | null = null;
  if (withHashKv) {
    onProgress?.({ phase: 'hashing', doneBytes: 0, totalBytes: null });
    hashKv = await source.hashKv(status.revision, bounds);
  }
  const id = makeSnapshotId({ takenAtMs, revision: status.revision, suffix: drawSuffix() });
  return { id, takenAtMs, status, members, hashKv };
}

interface Work {
  readonly options: SaveSnapshotOptions;
  readonly bounds: Bounds;
}

/** The order is what makes a half snapshot invisible: what shows it comes last. */
async function uploadAll(
  upload: Upload,
  facts: Facts,
  { options, bounds }: Work,
): Promise<SnapshotRecord> {
  const { id, takenAtMs, members, status } = facts;
  const { lineage } = options.describe;
  const begun: Begun = { lineage, begunAt: utcSeconds(takenAtMs) };
  await upload.create(begunKey(id), textBody(json(begun)), bounds);
  const packed = await uploadData(upload, id, { options, bounds });
  const record = recordOf(facts, packed, options.describe);
  await upload.create(recordKey(id), textBody(json(record)), bounds);
  const voters = members.filter(({ learner }) => !learner).length;
  const meta = renderBackupMeta({
    etcdVersion: status.version,
    takenAtSeconds: Math.floor(takenAtMs / 1_000),
    clusterSpec: { memberCount: voters, etcdVersion: status.version },
  });
  await upload.create(metaKey(id), textBody(meta), bounds);
  return record;
}

async function uploadData(upload: Upload, id: string, work: Work): Promise<PackSummary> {
  const { source, compression, key, onProgress } = work.options;
  const { totalBytes, chunks } = await source.stream(work.bounds);
  const content = counted(chunks, (doneBytes) =>
    onProgress?.({ phase: 'streaming', doneBytes, totalBytes }),
  );
  const packed = packSnapshot(content, { compression, key, contentBytes: totalBytes });
  const found = await upload.create(dataKey(id), packed.stored, work.bounds);
  const summary = packed.summary();
  compareStored(found ?? (await readBack(id, summary, work)), summary);
  return summary;
}

async function readBack(id: string, { storedBytes }: PackSummary, work: Work): Promise<ReadBack> {
  const { store, onProgress } = work.options;
  const passed = new PassingBytes();
  const stored = counted(await store.objects.read(dataKey(id), work.bounds), (doneBytes) =>
    onProgress?.({ phase: 'checking', doneBytes, totalBytes: storedBytes }),
  );
  for await (const _ of passed.of(stored)) work.bounds.signal.throwIfAborted();
  return { sizeBytes: passed.count, sha256: passed.sha256() };
}

function compareStored(found: ReadBack, { storedBytes, storedSha256 }: PackSummary): void {
  if (found.sizeBytes !== storedBytes) {
    throw corrupt(`${storedBytes} bytes were stored and ${found.sizeBytes} read back`);
  }
  if (found.sha256 !== storedSha256) {
    throw corrupt('what was read back from the store has another SHA-256 than what was written');
  }
}

function recordOf(
  { id, takenAtMs, status, members, hashKv }: Facts,
  packed: PackSummary,
  describe: SnapshotDescription,
): SnapshotRecord {
  return {
    version: 1,
    id,
    takenAt: utcSeconds(takenAtMs),
    lineage: describe.lineage,
    parent: describe.parent,
    revision: status.revision,
    raftTerm: status.raftTerm,
    raftIndex: status.raftAppliedIndex,
    members: members.map((member) => ({
      ...member,
      peerUrls: [...member.peerUrls],
      clientUrls: [...member.clientUrls],
    })),
    requiredSize: describe.requiredSize,
    etcdVersion: status.version,
    e2dVersion: describe.e2dVersion,
    stored: { sizeBytes: packed.storedBytes, sha256: packed.storedSha256 },
    content: { sizeBytes: packed.contentBytes, sha256: packed.contentSha256 },
    compression: packed.compression,
    encryptionKeyId: packed.encryptionKeyId,
    hashKv: hashKv === null ? null : { ...hashKv },
    retention: describe.retention,
    trigger: describe.trigger,
  };
}

/** Remembers what may have been written, to take it away again. */
class Upload {
  readonly #objects: ObjectStore;
  readonly #onLeftBehind: SaveSnapshotOptions['onLeftBehind'];
  /** The latest first. What failed is among them: it may be there all the same. */
  readonly #attempted: string[] = [];
  readonly #begunKey: string;

  constructor({ store, onLeftBehind }: SaveSnapshotOptions, id: string) {
    this.#objects = store.objects;
    this.#onLeftBehind = onLeftBehind;
    this.#begunKey = begunKey(id);
  }

  async create(
    key: string,
    body: AsyncIterable<Uint8Array>,
    bounds: Bounds,
  ): Promise<ReadBack | null> {
    bounds.signal.throwIfAborted();
    this.#attempted.unshift(key);
    return this.#objects.create(key, body, bounds);
  }

  /**
   * What shows the snapshot goes first, and when that cannot be removed everything stays: whatever
   * may be visible is whole.
   */
  async undo(problem: unknown): Promise<void> {
    if (this.#isAnothers(problem)) return;
    const bounds = { signal: AbortSignal.timeout(cleanUpMs) };
    for (const [place, key] of this.#attempted.entries()) {
      try {
        await withinSignal(this.#objects.remove(key, bounds), bounds.signal);
      } catch (failure) {
        for (const left of this.#attempted.slice(place)) this.#onLeftBehind?.(left, failure);
        return;
      }
    }
  }

  /** The folder has an owner already, who drew the same digits in the same second. */
  #isAnothers(problem: unknown): boolean {
    const [latest] = this.#attempted;
    const exists = problem instanceof E2dError && problem.code === 'E2D_STORE_EXISTS';
    return exists && latest === this.#begunKey;
  }
}

/** A store that does not heed the signal is no longer waited for. */
function withinSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function* textBody(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
