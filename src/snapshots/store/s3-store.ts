import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Bounds, ObjectStore, OpenStore, SingleObject, StoredObject } from './object-store.ts';
import { type CallOptions, openBucket, type S3Bucket } from './s3-bucket.ts';
import { download } from './s3-download.ts';
import { failureOf, isUnsettled, refusesCondition, s3Error } from './s3-errors.ts';
import { upload, type WriteCondition } from './s3-upload.ts';
import { storeError } from './store-error.ts';
import type { S3Settings } from './store-settings.ts';
import type { S3Location } from './store-url.ts';

/** Names the one call of `create` that wrote an object, whose answer may be lost. */
const WRITER = 'e2d-writer';
/** How long it is asked for, after an abort, whether the object appeared nevertheless. */
const AFTER_ABORT_MS = 2_000;
/** A multipart upload that began before this was left behind: by a crash, or a lost connection. */
const STALE_UPLOAD_MS = 24 * 3_600_000;
/** Of one listing: hourly snapshots of many years. A service that goes on and on is no store. */
const MOST_PAGES = 1_000;
const endless = 'its listing has no end';
const foreign = 'it lists what was not asked for';

export interface S3Store extends OpenStore {
  /**
   * Takes back the multipart uploads below the root that began more than a day before `nowMs` (of
   * the epoch): they cost money and no listing shows them. Gives how many there were.
   */
  cleanUp(nowMs: number, bounds: Bounds): Promise<number>;
}

/** Opens without asking the service. Rejects when the region to sign for cannot be found. */
export async function openS3Store(location: S3Location, settings: S3Settings): Promise<S3Store> {
  const bucket = await openBucket(location, settings);
  const objects = new S3Objects(bucket, location.prefix);
  return {
    objects,
    single: (bounds) => findSingle(bucket, location.singleKey, bounds),
    cleanUp: (nowMs, bounds) => objects.cleanUp(nowMs, bounds),
  };
}

/** null where there is none; not to know is an error. */
async function head(
  bucket: S3Bucket,
  key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | null> {
  const object = { Bucket: bucket.name, Key: key };
  try {
    return await bucket.send((options) => bucket.s3.headObject(object, options), signal);
  } catch (error) {
    if (failureOf(error).status === 404) return null;
    signal.throwIfAborted();
    throw s3Error(error, { place: bucket.place, doing: `look for "${key}"` });
  }
}

async function findSingle(
  bucket: S3Bucket,
  key: string,
  { signal }: Bounds,
): Promise<SingleObject | null> {
  const found = await head(bucket, key, signal);
  if (found === null) return null;
  return {
    name: key,
    sizeBytes: found.ContentLength ?? 0,
    modifiedAt: (found.LastModified ?? new Date(0)).toISOString(),
    read: (bounds) => download({ bucket, key, name: key, ...bounds }),
  };
}

class S3Objects implements ObjectStore {
  readonly place: string;
  readonly #bucket: S3Bucket;
  /** Of all keys: '' or one that ends with a slash. */
  readonly #root: string;
  /** Until the service refused one. */
  #knowsConditions = true;

  constructor(bucket: S3Bucket, prefix: string) {
    this.#bucket = bucket;
    this.place = bucket.place;
    this.#root = prefix === '' ? '' : `${prefix}/`;
  }

  async list(prefix: string, { signal }: Bounds): Promise<readonly StoredObject[]> {
    const { s3, name: Bucket } = this.#bucket;
    const found: StoredObject[] = [];
    let from: { ContinuationToken?: string } = {};
    for (let pages = 1; ; pages += 1) {
      if (pages > MOST_PAGES) throw this.#unlisted(prefix, endless);
      const request = { Bucket, Prefix: this.#root + prefix, ...from };
      const page = await this.#bucket.call(
        `list "${prefix}"`,
        (options) => s3.listObjectsV2(request, options),
        signal,
      );
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key === undefined || Size === undefined) throw this.#unlisted(prefix);
        if (!Key.startsWith(request.Prefix)) throw this.#unlisted(prefix, foreign);
        if (!Number.isSafeInteger(Size) || Size < 0) throw this.#unlisted(prefix);
        found.push({ key: this.#nameOf(Key), sizeBytes: Size });
      }
      if (page.IsTruncated !== true) break;
      const { NextContinuationToken: token } = page;
      if (token === undefined) throw this.#unlisted(prefix);
      if (from.ContinuationToken === token) {
        throw this.#unlisted(prefix, endless);
      }
      from = { ContinuationToken: token };
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  read(key: string, { signal }: Bounds): Promise<Readable> {
    return download({ bucket: this.#bucket, key: this.#root + key, name: key, signal });
  }

  async create(key: string, body: AsyncIterable<Uint8Array>, { signal }: Bounds): Promise<null> {
    const fullKey = this.#root + key;
    const writer = randomUUID();
    const source = new Source(body);
    try {
      await upload(source, {
        bucket: this.#bucket,
        key: fullKey,
        metadata: { [WRITER]: writer },
        signal,
        appear: (write) => this.#appear(fullKey, writer, { write, signal }),
      });
      return null;
    } catch (error) {
      signal.throwIfAborted();
      source.throwIfFailed();
      throw s3Error(error, { place: this.place, doing: `write "${key}"` });
    }
  }

  async remove(key: string, { signal }: Bounds): Promise<void> {
    await this.#bucket.call(
      `remove "${key}"`,
      (options) => this.#remove(this.#root + key, options),
      signal,
    );
  }

  close(): void {
    this.#bucket.s3.destroy();
  }

  async cleanUp(nowMs: number, { signal }: Bounds): Promise<number> {
    const { s3, name: Bucket } = this.#bucket;
    let takenBack = 0;
    let from = {};
    for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
      const request = { Bucket, Prefix: this.#root, ...from };
      const page = await this.#bucket.call(
        'list unfinished uploads',
        (options) => s3.listMultipartUploads(request, options),
        signal,
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Initiated === undefined || nowMs - Initiated.getTime() < STALE_UPLOAD_MS) continue;
        await this.#bucket.call(
          `take back the unfinished upload of "${Key}"`,
          (options) => s3.abortMultipartUpload({ Bucket, Key, UploadId }, options),
          signal,
        );
        takenBack += 1;
      }
      if (page.IsTruncated !== true) return takenBack;
      from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
    return takenBack;
  }

  async #remove(Key: string, options: CallOptions): Promise<void> {
    try {
      await this.#bucket.s3.deleteObject({ Bucket: this.#bucket.name, Key }, options);
    } catch (error) {
      // S3 itself does not mind; other services do.
      if (failureOf(error).name !== 'NoSuchKey') throw error;
    }
  }

  /** As callers call it. */
  #nameOf(key: string): string {
    return key.slice(this.#root.length);
  }

  #unlisted(prefix: string, detail = 'the answer is incomplete') {
    return storeError('failed', { place: this.place, doing: `list "${prefix}"`, detail });
  }

  /** The moment of a write in which the object comes to be, or is found to be there already. */
  async #appear(key: string, writer: string, { write, signal }: Appearing): Promise<void> {
    try {
      await this.#writeIfNone(key, { write, signal });
    } catch (error) {
      if (signal.aborted) await this.#forget(key, writer);
      signal.throwIfAborted();
      if (!isUnsettled(error) || !(await this.#isBy(writer, key, signal))) throw error;
    }
  }

  async #writeIfNone(key: string, { write, signal }: Appearing): Promise<void> {
    if (this.#knowsConditions) {
      try {
        await write({ IfNoneMatch: '*' });
        return;
      } catch (error) {
        if (!refusesCondition(error)) throw error;
      }
    }
    // Between the two requests another writer may come: such a service has nothing better.
    if ((await head(this.#bucket, key, signal)) !== null) {
      throw storeError('exists', { place: this.place, doing: `write "${this.#nameOf(key)}"` });
    }
    await write({});
    this.#knowsConditions = false;
  }

  async #isBy(writer: string, key: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await head(this.#bucket, key, signal))?.Metadata?.[WRITER] === writer;
    } catch {
      // Then nothing is known of it, and what the write itself failed with is the better reason.
      return false;
    }
  }

  /** An aborted write may have been done: what nobody waited for is not to be found. */
  async #forget(key: string, writer: string): Promise<void> {
    const abortSignal = AbortSignal.timeout(AFTER_ABORT_MS);
    if (!(await this.#isBy(writer, key, abortSignal))) return;
    await this.#remove(key, { abortSignal }).catch(() => {});
  }
}

interface Appearing {
  readonly write: (condition: WriteCondition) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** A body that remembers that it failed itself: that is not the store's fault. */
class Source implements AsyncIterable<Uint8Array> {
  readonly #body: AsyncIterable<Uint8Array>;
  #failure: { readonly error: unknown } | null = null;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#body;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
