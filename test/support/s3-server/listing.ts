import type { KeptObject } from './buckets.ts';
import { bucketOf, type Handler } from './operations.ts';
import { answerXml, type XmlNode } from './s3-answer.ts';

/** A row of a listing: an object, or all those that share a folder. */
type Row = { readonly key: string; readonly object: KeptObject | null };

function rowsOf(objects: readonly KeptObject[], prefix: string, delimiter: string): readonly Row[] {
  if (delimiter === '') return objects.map((object) => ({ key: object.key, object }));
  const rows = new Map<string, Row>();
  for (const object of objects) {
    const end = object.key.indexOf(delimiter, prefix.length);
    const key = end < 0 ? object.key : object.key.slice(0, end + delimiter.length);
    rows.set(key, { key, object: end < 0 ? object : null });
  }
  return [...rows.values()];
}

function nodeOf({ key, object }: Row): XmlNode {
  if (object === null) return ['CommonPrefixes', [['Prefix', key]]];
  return [
    'Contents',
    [
      ['Key', key],
      ['LastModified', object.modifiedAt.toISOString()],
      ['ETag', object.etag],
      ['Size', object.sizeBytes],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

const encode = (key: string) => Buffer.from(key).toString('base64url');
const decode = (token: string) => Buffer.from(token, 'base64url').toString();

export const listObjects: Handler = (work) => {
  const { query, bucket } = work.request;
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : decode(token);
  const all = rowsOf(bucketOf(work).listed(prefix), prefix, query.get('delimiter') ?? '');
  const left = all.filter((row) => Buffer.compare(Buffer.from(row.key), Buffer.from(after)) > 0);
  const size = Math.min(Number(query.get('max-keys') ?? 1000), work.faults.pageSize);
  const page = left.slice(0, size);
  const isTruncated = page.length < left.length;
  const last = page.at(-1)?.key ?? '';
  const next: readonly XmlNode[] = isTruncated ? [['NextContinuationToken', encode(last)]] : [];
  answerXml(work.res, 200, [
    'ListBucketResult',
    [
      ['Name', bucket],
      ['Prefix', prefix],
      ['KeyCount', page.length],
      ['MaxKeys', size],
      ['IsTruncated', isTruncated],
      ...next,
      ...page.map(nodeOf),
    ],
  ]);
};
