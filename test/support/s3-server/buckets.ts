import { randomBytes } from 'node:crypto';
import type { Blob } from './blobs.ts';
import { S3Refusal } from './s3-answer.ts';

export interface KeptObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
  /** What the writer sent that a reader gets back. */
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other they are the object. */
  readonly blobs: readonly Blob[];
}

export interface KeptPart {
  readonly etag: string;
  readonly blob: Blob;
}

export interface KeptUpload {
  readonly id: string;
  readonly key: string;
  readonly initiatedAt: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, KeptPart>;
}

export class Bucket {
  readonly objects = new Map<string, KeptObject>();
  readonly uploads = new Map<string, KeptUpload>();
  #frozen: readonly KeptObject[] | null = null;

  /** What a listing shows, sorted as S3 sorts. */
  listed(prefix: string): readonly KeptObject[] {
    const objects = this.#frozen ?? [...this.objects.values()];
    return objects
      .filter((each) => each.key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  freezeListing(isStale: boolean): void {
    this.#frozen = isStale ? [...this.objects.values()] : null;
  }

  object(key: string): KeptObject {
    const found = this.objects.get(key);
    if (found === undefined) throw new S3Refusal(404, 'NoSuchKey');
    return found;
  }

  upload(id: string, key: string): KeptUpload {
    const found = this.uploads.get(id);
    if (found === undefined || found.key !== key) throw new S3Refusal(404, 'NoSuchUpload');
    return found;
  }

  /** At one moment: of writers that may not write over another, one wins. */
  put(object: KeptObject, onlyIfNone: boolean): void {
    const before = this.objects.get(object.key);
    if (before !== undefined && onlyIfNone) {
      throw new S3Refusal(412, 'PreconditionFailed', 'the object exists');
    }
    this.objects.set(object.key, object);
    for (const blob of before?.blobs ?? []) blob.drop();
  }

  remove(key: string): void {
    const before = this.objects.get(key);
    this.objects.delete(key);
    for (const blob of before?.blobs ?? []) blob.drop();
  }

  abort(id: string, key: string): void {
    const upload = this.upload(id, key);
    this.uploads.delete(id);
    for (const part of upload.parts.values()) part.blob.drop();
  }
}

export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  create(name: string): void {
    if (!this.#buckets.has(name)) this.#buckets.set(name, new Bucket());
  }

  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new S3Refusal(404, 'NoSuchBucket');
    return bucket;
  }

  names(): readonly string[] {
    return [...this.#buckets.keys()];
  }
}

/** No hash of the content, as with S3's own encryption: nobody may take it for one. */
export function newEtag(): string {
  return `"${randomBytes(16).toString('hex')}"`;
}

/** Reads a part of an object, from `start` up to, and without, `end`. */
export async function* readObject(
  object: KeptObject,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const blob of object.blobs) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, blob.sizeBytes);
    if (from < to) yield* blob.read(from, to);
    offset += blob.sizeBytes;
  }
}
