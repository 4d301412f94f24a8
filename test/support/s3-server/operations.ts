import type { ServerResponse } from 'node:http';
import type { Blobs } from './blobs.ts';
import { type Bucket, type Buckets, type KeptObject, newEtag, readObject } from './buckets.ts';
import { faultyDownload, faultyUpload } from './fault-streams.ts';
import type { Fault, S3Faults } from './faults.ts';
import { bodyOf } from './request-body.ts';
import { answerEmpty, answerXml, S3Refusal } from './s3-answer.ts';
import { header, type S3Request } from './s3-request.ts';

export interface Work {
  readonly request: S3Request;
  readonly res: ServerResponse;
  readonly fault: Fault;
  readonly faults: S3Faults;
  readonly buckets: Buckets;
  readonly blobs: Blobs;
  readonly now: () => Date;
}

export type Handler = (work: Work) => Promise<void> | void;

export function bucketOf({ buckets, request }: Work): Bucket {
  return buckets.get(request.bucket);
}

/** The request's body as it comes over a bad line, checked. */
export function receivedBody({ request, fault }: Work): AsyncIterable<Buffer> {
  return faultyUpload(bodyOf(request), fault);
}

/** Whether the write is to happen only where there is no such object. */
export function isOnlyIfNone({ request, faults }: Work): boolean {
  const condition = header(request, 'if-none-match');
  if (condition === undefined) return false;
  if (!faults.conditionalWrites) {
    throw new S3Refusal(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
    );
  }
  if (condition !== '*') throw new S3Refusal(501, 'NotImplemented');
  return true;
}

export function keptHeaders(request: S3Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.incoming.headers).flatMap(([name, value]) =>
      typeof value === 'string' && (name.startsWith('x-amz-meta-') || name === 'content-type')
        ? [[name, value]]
        : [],
    ),
  );
}

const putObject: Handler = async (work) => {
  const bucket = bucketOf(work);
  const onlyIfNone = isOnlyIfNone(work);
  const blob = await work.blobs.write(receivedBody(work));
  const object: KeptObject = {
    key: work.request.key,
    sizeBytes: blob.sizeBytes,
    etag: newEtag(),
    modifiedAt: work.now(),
    headers: keptHeaders(work.request),
    blobs: [blob],
  };
  try {
    bucket.put(object, onlyIfNone);
  } catch (error) {
    blob.drop();
    throw error;
  }
  answerEmpty(work.res, 200, { etag: object.etag, 'content-length': 0 });
};

interface Range {
  readonly start: number;
  readonly end: number;
}

function readRange(text: string | undefined, sizeBytes: number): Range | null {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (parts === null) return null;
  const [, first = '', last = ''] = parts;
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (start >= sizeBytes || start >= end) throw new S3Refusal(416, 'InvalidRange');
  return { start, end };
}

function drainOrClose(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      res.off('drain', end).off('close', end);
      resolve();
    };
    res.on('drain', end).on('close', end);
  });
}

const getObject: Handler = async (work) => {
  const { request, res, fault } = work;
  const object = bucketOf(work).object(request.key);
  const wanted = header(request, 'if-match');
  if (wanted !== undefined && wanted !== object.etag)
    throw new S3Refusal(412, 'PreconditionFailed');
  const sizeBytes = Math.min(object.sizeBytes, fault.truncateToBytes ?? object.sizeBytes);
  const range = readRange(header(request, 'range'), sizeBytes);
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  res.writeHead(range === null ? 200 : 206, {
    ...object.headers,
    etag: object.etag,
    'accept-ranges': 'bytes',
    'last-modified': object.modifiedAt.toUTCString(),
    'content-length': end - start,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
  });
  res.flushHeaders();
  if (request.method === 'HEAD') {
    res.end();
    return;
  }
  const body = faultyDownload(readObject(object, start, end), fault, start);
  for await (const piece of body) {
    if (res.destroyed) return;
    if (!res.write(piece)) await drainOrClose(res);
  }
  res.end();
};

const deleteObject: Handler = (work) => {
  bucketOf(work).remove(work.request.key);
  answerEmpty(work.res, 204);
};

const listBuckets: Handler = ({ res, buckets, now }) => {
  const all = buckets.names().map(
    (name) =>
      [
        'Bucket',
        [
          ['Name', name],
          ['CreationDate', now().toISOString()],
        ],
      ] as const,
  );
  answerXml(res, 200, ['ListAllMyBucketsResult', [['Buckets', all]]]);
};

export const objectHandlers = {
  ListBuckets: listBuckets,
  CreateBucket: ({ buckets, request, res }: Work) => {
    buckets.create(request.bucket);
    answerEmpty(res, 200, { 'content-length': 0 });
  },
  HeadBucket: (work: Work) => {
    bucketOf(work);
    answerEmpty(work.res, 200);
  },
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: deleteObject,
} satisfies Partial<Record<S3Request['operation'], Handler>>;
