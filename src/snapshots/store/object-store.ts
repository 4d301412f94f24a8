import type { Readable } from 'node:stream';

/** An object as a listing shows it. `key` is relative to the store's root, with `/` in it. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** What was read of an object after it was written. */
export interface ReadBack {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface Bounds {
  readonly signal: AbortSignal;
}

/**
 * A place where objects are kept by key. It is append-only (S6): an object that exists is never
 * written over, and a failed or aborted `create` leaves nothing that a listing would show. Every
 * method retries what may pass, and rejects with an `E2dError` whose code says what is wrong:
 * `E2D_STORE_UNREACHABLE`, `E2D_STORE_DENIED`, `E2D_STORE_MISSING` (no such bucket, folder or
 * object), `E2D_STORE_EXISTS`, `E2D_STORE_FULL` or `E2D_STORE_FAILED`.
 */
export interface ObjectStore {
  /** Where it is, for people: never with a secret in it. */
  readonly place: string;
  /** All objects whose key begins with `prefix`, sorted by key. Rejects rather than list a part. */
  list(prefix: string, bounds: Bounds): Promise<readonly StoredObject[]>;
  /** The object's bytes. Errors in mid-read come through the stream, as `E2dError` too. */
  read(key: string, bounds: Bounds): Promise<Readable>;
  /**
   * Durable when it resolves. It is done with a chunk of the body when it asks for the one after
   * the next. Gives what it read back on the way; null where only `read` can tell.
   */
  create(key: string, body: AsyncIterable<Uint8Array>, bounds: Bounds): Promise<ReadBack | null>;
  /** It is no error when it is gone already. */
  remove(key: string, bounds: Bounds): Promise<void>;
  close(): void;
}

/** What a store's URL leads to. */
export interface OpenStore {
  /** The root of e2d's layout: a folder a snapshot. */
  readonly objects: ObjectStore;
  /**
   * The one object that the URL itself names, as the first e2d kept its snapshot; null where there
   * is none. It is read, and never written.
   */
  readonly single: (bounds: Bounds) => Promise<SingleObject | null>;
  /**
   * Takes back what uploads of processes that died more than a day ago left in the service, unseen
   * by any listing; gives their number. Absent where there can be nothing of that kind.
   */
  readonly cleanUp?: (nowMs: number, bounds: Bounds) => Promise<number>;
}

export interface SingleObject {
  /** How it is called, for people: its key or path. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string;
  read(bounds: Bounds): Promise<Readable>;
}
