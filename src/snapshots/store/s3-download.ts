import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { E2dError } from '../../errors/e2d-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { failureOf, s3Error } from './s3-errors.ts';
import { storeError } from './store-error.ts';

/** How often one download goes on where its connection broke. */
const RESUMES = 8;

export interface Download {
  readonly bucket: S3Bucket;
  readonly key: string;
  /** How the caller calls it. */
  readonly name: string;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly body: Readable;
  readonly etag: string | null;
  readonly sizeBytes: number | null;
}

function act({ bucket, name }: Download) {
  return { place: bucket.place, doing: `read "${name}"` };
}

function answerOf(output: GetObjectCommandOutput, download: Download): Answer {
  if (!(output.Body instanceof Readable)) {
    throw storeError('failed', { ...act(download), detail: 'the answer has no body' });
  }
  return {
    body: output.Body,
    etag: output.ETag ?? null,
    sizeBytes: output.ContentLength ?? null,
  };
}

/** Resolves when the service has begun to answer: then the object is there. */
export async function download(target: Download): Promise<Readable> {
  const { bucket, key, signal } = target;
  const output = await bucket.call(
    act(target).doing,
    (options) => bucket.s3.getObject({ Bucket: bucket.name, Key: key }, options),
    signal,
  );
  return Readable.from(piecesOf(answerOf(output, target), target), { objectMode: false });
}

/** All bytes of the object, over as many connections as it takes within bounds. */
async function* piecesOf(first: Answer, target: Download): AsyncGenerator<Uint8Array> {
  let { body } = first;
  let offset = 0;
  for (let resumes = 0; ; resumes++) {
    let broke: unknown = null;
    try {
      for await (const piece of body) {
        offset += piece.length;
        yield piece;
      }
      if (first.sizeBytes === null || offset === first.sizeBytes) return;
    } catch (error) {
      broke = error;
    } finally {
      body.destroy();
    }
    target.signal.throwIfAborted();
    if (first.etag === null || resumes >= RESUMES) {
      const detail = `the connection broke after ${offset} of ${first.sizeBytes ?? '?'} bytes`;
      throw storeError('unreachable', { ...act(target), cause: broke, detail });
    }
    body = await resume(target, offset, first.etag);
  }
}

/** The rest of the same object: another one under its key has another ETag. */
async function resume(target: Download, offset: number, etag: string): Promise<Readable> {
  const { bucket, key, signal } = target;
  const rest = { Bucket: bucket.name, Key: key, Range: `bytes=${offset}-`, IfMatch: etag };
  try {
    const output = await bucket.send((options) => bucket.s3.getObject(rest, options), signal);
    const { body } = answerOf(output, target);
    if (output.ContentRange?.startsWith(`bytes ${offset}-`) === true) return body;
    body.destroy();
    throw storeError('failed', { ...act(target), detail: 'the service cannot resume a download' });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof E2dError || failureOf(error).status !== 412) {
      throw s3Error(error, act(target));
    }
    throw storeError('failed', {
      ...act(target),
      cause: error,
      detail: 'it was replaced while it was read',
    });
  }
}
