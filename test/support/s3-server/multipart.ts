import { randomUUID } from 'node:crypto';
import { type KeptPart, type KeptUpload, newEtag } from './buckets.ts';
import { bucketOf, type Handler, isOnlyIfNone, keptHeaders, receivedBody } from './operations.ts';
import { answerEmpty, answerXml, S3Refusal, type XmlNode } from './s3-answer.ts';
import type { S3Request } from './s3-request.ts';

const SMALLEST_PART_BYTES = 5 * 1024 * 1024;

function uploadId(request: S3Request): string {
  return request.query.get('uploadId') ?? '';
}

const create: Handler = (work) => {
  const { request, res } = work;
  const bucket = bucketOf(work);
  const id = randomUUID();
  bucket.uploads.set(id, {
    id,
    key: request.key,
    initiatedAt: work.now(),
    headers: keptHeaders(request),
    parts: new Map(),
  });
  answerXml(res, 200, [
    'InitiateMultipartUploadResult',
    [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['UploadId', id],
    ],
  ]);
};

const uploadPart: Handler = async (work) => {
  const { request, res } = work;
  const bucket = bucketOf(work);
  bucket.upload(uploadId(request), request.key);
  const number = Number(request.query.get('partNumber'));
  if (!(number >= 1 && number <= 10_000)) throw new S3Refusal(400, 'InvalidArgument');
  const blob = await work.blobs.write(receivedBody(work));
  const upload = bucket.uploads.get(uploadId(request));
  if (upload === undefined) {
    blob.drop();
    throw new S3Refusal(404, 'NoSuchUpload');
  }
  upload.parts.get(number)?.blob.drop();
  const part: KeptPart = { etag: newEtag(), blob };
  upload.parts.set(number, part);
  answerEmpty(res, 200, { etag: part.etag, 'content-length': 0 });
};

function chosenParts(xml: string, upload: KeptUpload): readonly KeptPart[] {
  const unescaped = xml.replaceAll('&quot;', '"').replaceAll('&#34;', '"');
  let before = 0;
  const parts = [...unescaped.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, text = '']) => {
    const number = Number(/<PartNumber>(\d+)</.exec(text)?.[1]);
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== /<ETag>(.*?)</.exec(text)?.[1]) {
      throw new S3Refusal(400, 'InvalidPart', `part ${number}`);
    }
    if (number <= before) throw new S3Refusal(400, 'InvalidPartOrder');
    before = number;
    return part;
  });
  if (parts.length === 0) throw new S3Refusal(400, 'MalformedXML');
  const short = parts.slice(0, -1).find((part) => part.blob.sizeBytes < SMALLEST_PART_BYTES);
  if (short !== undefined) throw new S3Refusal(400, 'EntityTooSmall');
  return parts;
}

const complete: Handler = async (work) => {
  const { request, res } = work;
  const bucket = bucketOf(work);
  const onlyIfNone = isOnlyIfNone(work);
  const pieces: Buffer[] = [];
  for await (const piece of receivedBody(work)) pieces.push(piece);
  const upload = bucket.upload(uploadId(request), request.key);
  const parts = chosenParts(Buffer.concat(pieces).toString(), upload);
  const object = {
    key: upload.key,
    sizeBytes: parts.reduce((sum, part) => sum + part.blob.sizeBytes, 0),
    etag: newEtag(),
    modifiedAt: work.now(),
    headers: upload.headers,
    blobs: parts.map((part) => part.blob),
  };
  bucket.put(object, onlyIfNone);
  bucket.uploads.delete(upload.id);
  for (const part of upload.parts.values()) if (!parts.includes(part)) part.blob.drop();
  answerXml(res, 200, [
    'CompleteMultipartUploadResult',
    [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['ETag', object.etag],
    ],
  ]);
};

const abort: Handler = (work) => {
  bucketOf(work).abort(uploadId(work.request), work.request.key);
  answerEmpty(work.res, 204);
};

const list: Handler = (work) => {
  const prefix = work.request.query.get('prefix') ?? '';
  const uploads = [...bucketOf(work).uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .map(
      (upload): XmlNode => [
        'Upload',
        [
          ['Key', upload.key],
          ['UploadId', upload.id],
          ['Initiated', upload.initiatedAt.toISOString()],
        ],
      ],
    );
  answerXml(work.res, 200, [
    'ListMultipartUploadsResult',
    [['Bucket', work.request.bucket], ['Prefix', prefix], ['IsTruncated', false], ...uploads],
  ]);
};

export const multipartHandlers = {
  CreateMultipartUpload: create,
  UploadPart: uploadPart,
  CompleteMultipartUpload: complete,
  AbortMultipartUpload: abort,
  ListMultipartUploads: list,
} satisfies Partial<Record<S3Request['operation'], Handler>>;
