import type { Member, MemberStatus } from '../../../machines/facts.ts';
import type { Bounds } from '../store/object-store.ts';

/** The etcd member that a snapshot is taken of. */
export interface SnapshotSource {
  status(bounds: Bounds): Promise<SourceStatus>;
  members(bounds: Bounds): Promise<readonly Member[]>;
  /** etcd's hash of all keys as they were at `revision`. */
  hashKv(revision: number, bounds: Bounds): Promise<SourceHash>;
  /** The member's database as it is from now on: with everything that `status` told before. */
  stream(bounds: Bounds): Promise<SourceStream>;
}

export type SourceStatus = Pick<
  MemberStatus,
  'revision' | 'raftTerm' | 'raftAppliedIndex' | 'version'
>;

export interface SourceHash {
  readonly revision: number;
  readonly compactRevision: number;
  readonly hash: number;
}

export interface SourceStream {
  readonly totalBytes: number;
  /** Throws where it is cut short; ends with the signal it was opened with. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** How far the taking of a snapshot is. */
export interface SaveProgress {
  /** `hashing` the live keys, `streaming` them into the store, `checking` what was stored. */
  readonly phase: 'hashing' | 'streaming' | 'checking';
  readonly doneBytes: number;
  /** Null while it is not known: etcd does not tell how far its hash is. */
  readonly totalBytes: number | null;
}

export type OnProgress = (progress: SaveProgress) => void;

/** Tells of the bytes that pass. */
export async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  tell: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    doneBytes += chunk.length;
    tell(doneBytes);
  }
}
