import { createHash, createHmac } from 'node:crypto';
import { S3Refusal } from './s3-answer.ts';
import { header, type S3Request } from './s3-request.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const LONGEST_SKEW_MS = 15 * 60_000;

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

function canonicalRequest(request: S3Request, signedHeaders: readonly string[]): string {
  const path = request.rawPath
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  const headers = signedHeaders.map((name) => {
    const value = (header(request, name) ?? '').trim().replace(/\s+/g, ' ');
    return `${name}:${value}\n`;
  });
  const payload = header(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  return [
    request.method,
    path,
    canonicalQuery(request.query),
    headers.join(''),
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

function signingKey(secret: string, scope: readonly string[]): Buffer {
  return scope.reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

function requireFresh(date: string): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (parts === null) throw new S3Refusal(403, 'AccessDenied', 'no x-amz-date');
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  if (Math.abs(Date.now() - at) > LONGEST_SKEW_MS) throw new S3Refusal(403, 'RequestTimeTooSkewed');
}

/** Signature version 4 in the Authorization header, as AWS describes it. */
export function verifySignature(request: S3Request, credentials: readonly S3Credentials[]): void {
  const authorization = header(request, 'authorization') ?? '';
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      authorization,
    );
  if (parts === null) throw new S3Refusal(403, 'AccessDenied', 'the request is not signed');
  const [, id = '', scope = '', signedHeaders = '', signature = ''] = parts;
  const known = credentials.find((each) => each.accessKeyId === id);
  if (known === undefined) throw new S3Refusal(403, 'InvalidAccessKeyId');
  if (known.sessionToken !== header(request, 'x-amz-security-token')) {
    throw new S3Refusal(403, 'InvalidToken');
  }
  const date = header(request, 'x-amz-date') ?? '';
  requireFresh(date);
  const canonical = canonicalRequest(request, signedHeaders.split(';'));
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const expected = createHmac('sha256', signingKey(known.secretAccessKey, scope.split('/')))
    .update(['AWS4-HMAC-SHA256', date, scope, hashed].join('\n'))
    .digest('hex');
  if (expected !== signature) throw new S3Refusal(403, 'SignatureDoesNotMatch');
}
