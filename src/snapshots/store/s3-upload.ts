import type { CompletedPart } from '@aws-sdk/client-s3';
import { untilAborted } from './retry.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { abortable, cutIntoParts, type Part } from './s3-parts.ts';

/** What is done after a failure has a time of its own: the caller's signal may have aborted. */
const AFTERMATH_MS = 10_000;

/** Of a write that is to happen only where there is no such object. */
export interface WriteCondition {
  readonly IfNoneMatch?: '*';
}

export interface Upload {
  readonly bucket: S3Bucket;
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Makes the object appear, by the write that it is given. */
  readonly appear: (write: (condition: WriteCondition) => Promise<unknown>) => Promise<void>;
}

/**
 * Sends a body, in one request when it is one part. While one part is on its way the next is
 * filled, and nothing else is held. Not the SDK's own `Upload`: that lets requests in flight run on
 * after an abort, and rejects before it has taken the upload back.
 */
export async function upload(body: AsyncIterable<Uint8Array>, target: Upload): Promise<void> {
  const { bucket, key, metadata, signal } = target;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const parts = cutIntoParts(abortable(body, either));
  const first = await parts.next();
  if (first.done === true) return;
  if (!first.value.isLast) {
    await uploadParts(first.value, parts, { ...target, failed });
    return;
  }
  const object = { Bucket: bucket.name, Key: key, Body: first.value.bytes, Metadata: metadata };
  await target.appear((condition) =>
    bucket.send((options) => bucket.s3.putObject({ ...object, ...condition }, options), signal),
  );
}

interface PartsTarget extends Upload {
  /** Aborted when a part cannot be sent, so that nobody waits for the body. */
  readonly failed: AbortController;
}

async function uploadParts(
  first: Part,
  rest: AsyncGenerator<Part>,
  target: PartsTarget,
): Promise<void> {
  const { bucket, key, signal } = target;
  const UploadId = await begin(target);
  const upload = { Bucket: bucket.name, Key: key, UploadId };
  const sent: CompletedPart[] = [];
  const send = async ({ number: PartNumber, bytes: Body }: Part) => {
    const part = { ...upload, PartNumber, Body };
    const answer = await bucket.send((options) => bucket.s3.uploadPart(part, options), signal);
    const { $metadata: _, ...checks } = answer;
    sent.push({ PartNumber, ...checks });
  };
  let sending: Promise<void> = Promise.resolve();
  const start = (part: Part) => {
    sending = send(part);
    sending.catch((error: unknown) => target.failed.abort(error));
  };
  try {
    start(first);
    for await (const part of rest) {
      await sending;
      start(part);
    }
    await sending;
    const all = { ...upload, MultipartUpload: { Parts: sent } };
    await target.appear((condition) =>
      bucket.send(
        (options) => bucket.s3.completeMultipartUpload({ ...all, ...condition }, options),
        signal,
      ),
    );
  } catch (error) {
    await sending.catch(() => {});
    await takeBack(bucket, key, UploadId);
    throw error;
  }
}

/** An upload that begins while the signal aborts is taken back when its name is known. */
async function begin({ bucket, key, metadata, signal }: Upload): Promise<string> {
  const aftermath = new AbortController();
  const outlast = () => {
    setTimeout(() => aftermath.abort(), AFTERMATH_MS).unref();
  };
  signal.addEventListener('abort', outlast, { once: true });
  const beginning = bucket.s3
    .createMultipartUpload(
      { Bucket: bucket.name, Key: key, Metadata: metadata },
      { abortSignal: aftermath.signal },
    )
    .then(({ UploadId }) => {
      if (UploadId === undefined) throw new Error('The service gave the upload no name.');
      return UploadId;
    });
  try {
    return await untilAborted(beginning, signal);
  } catch (error) {
    if (signal.aborted) void beginning.then((id) => takeBack(bucket, key, id)).catch(() => {});
    throw error;
  } finally {
    if (!signal.aborted) signal.removeEventListener('abort', outlast);
  }
}

/** One that cannot be taken back now is stale in a day, and goes then: see `S3Store.cleanUp`. */
async function takeBack(bucket: S3Bucket, Key: string, UploadId: string): Promise<void> {
  const upload = { Bucket: bucket.name, Key, UploadId };
  const options = { abortSignal: AbortSignal.timeout(AFTERMATH_MS) };
  await bucket.s3.abortMultipartUpload(upload, options).catch(() => {});
}
