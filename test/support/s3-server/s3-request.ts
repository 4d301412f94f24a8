import type { IncomingMessage } from 'node:http';
import { S3Refusal } from './s3-answer.ts';

export type S3Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

export interface S3Request {
  readonly operation: S3Operation;
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  /** As it was sent. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly incoming: IncomingMessage;
}

export function header(request: S3Request, name: string): string | undefined {
  const value = request.incoming.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function operationOnBucket(method: string, query: URLSearchParams): S3Operation | null {
  if (method === 'PUT') return 'CreateBucket';
  if (method === 'HEAD') return 'HeadBucket';
  if (method !== 'GET') return null;
  if (query.has('uploads')) return 'ListMultipartUploads';
  return query.get('list-type') === '2' ? 'ListObjectsV2' : null;
}

function operationOnObject(method: string, query: URLSearchParams): S3Operation | null {
  const ofUpload = query.has('uploadId');
  if (method === 'PUT') return ofUpload ? 'UploadPart' : 'PutObject';
  if (method === 'GET') return ofUpload ? null : 'GetObject';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'DELETE') return ofUpload ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method !== 'POST') return null;
  if (query.has('uploads')) return 'CreateMultipartUpload';
  return ofUpload ? 'CompleteMultipartUpload' : null;
}

/** Path style only: `/bucket/key`. */
export function readRequest(incoming: IncomingMessage): S3Request {
  const method = incoming.method ?? 'GET';
  const [rawPath = '/', rawQuery = ''] = (incoming.url ?? '/').split('?', 2);
  // S3 reads a plus sign in a query as itself.
  const query = new URLSearchParams(rawQuery.replaceAll('+', '%2B'));
  const path = decodeURIComponent(rawPath).slice(1);
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  const operation =
    bucket === ''
      ? 'ListBuckets'
      : key === ''
        ? operationOnBucket(method, query)
        : operationOnObject(method, query);
  if (operation === null) throw new S3Refusal(501, 'NotImplemented', `${method} ${incoming.url}`);
  return { operation, method, bucket, key, rawPath, query, incoming };
}
