import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Refusal } from './s3-answer.ts';
import { header, type S3Request } from './s3-request.ts';

type Trailers = Map<string, string>;

/** Takes the frames of `aws-chunked` off a stream; what comes after the last goes to `trailers`. */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  trailers: Trailers,
): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let dataLeft = 0;
  let inTrailers = false;
  for await (const piece of source) {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    while (pending.length > 0) {
      if (dataLeft > 0) {
        const data = pending.subarray(0, dataLeft);
        pending = pending.subarray(data.length);
        dataLeft -= data.length;
        yield data;
        continue;
      }
      const end = pending.indexOf('\r\n');
      if (end < 0) break;
      const line = pending.toString('latin1', 0, end);
      pending = pending.subarray(end + 2);
      if (line === '') continue;
      if (inTrailers) {
        const colon = line.indexOf(':');
        trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
        continue;
      }
      dataLeft = Number.parseInt(line, 16);
      if (Number.isNaN(dataLeft)) throw new S3Refusal(400, 'IncompleteBody', 'no chunk size');
      inTrailers = dataLeft === 0;
    }
  }
  if (!inTrailers) throw new S3Refusal(400, 'IncompleteBody', 'the last chunk is missing');
}

interface Check {
  update(piece: Buffer): void;
  /** Refuses when the body was not what the client said. */
  finish(trailers: Trailers): void;
}

function hashCheck(algorithm: string, encoding: 'hex' | 'base64', expected: Expected): Check {
  const hash = createHash(algorithm);
  return {
    update: (piece) => hash.update(piece),
    finish: (trailers) => expected.compare(hash.digest(encoding), trailers),
  };
}

function crcCheck(expected: Expected): Check {
  let sum = 0;
  return {
    update: (piece) => {
      sum = crc32(piece, sum);
    },
    finish: (trailers) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum >>> 0);
      expected.compare(bytes.toString('base64'), trailers);
    },
  };
}

class Expected {
  readonly #name: string;
  readonly #value: string | undefined;
  readonly #code: string;

  constructor(name: string, value: string | undefined, code: string) {
    this.#name = name;
    this.#value = value;
    this.#code = code;
  }

  compare(actual: string, trailers: Trailers): void {
    const value = this.#value ?? trailers.get(this.#name);
    if (value !== actual) throw new S3Refusal(400, this.#code, `${this.#name} is not ${actual}`);
  }
}

function checksOf(request: S3Request): Check[] {
  const checks: Check[] = [];
  const payload = header(request, 'x-amz-content-sha256') ?? '';
  if (/^[0-9a-f]{64}$/.test(payload)) {
    const expected = new Expected('x-amz-content-sha256', payload, 'XAmzContentSHA256Mismatch');
    checks.push(hashCheck('sha256', 'hex', expected));
  }
  const md5 = header(request, 'content-md5');
  if (md5 !== undefined) {
    checks.push(hashCheck('md5', 'base64', new Expected('content-md5', md5, 'BadDigest')));
  }
  const trailer = header(request, 'x-amz-trailer') ?? '';
  for (const algorithm of ['crc32', 'sha1', 'sha256']) {
    const name = `x-amz-checksum-${algorithm}`;
    const value = header(request, name);
    if (value === undefined && trailer !== name) continue;
    const expected = new Expected(name, value, 'BadDigest');
    checks.push(
      algorithm === 'crc32' ? crcCheck(expected) : hashCheck(algorithm, 'base64', expected),
    );
  }
  return checks;
}

/** The object's bytes of a request, unframed; throws at the end if any checksum is wrong. */
export async function* bodyOf(request: S3Request): AsyncGenerator<Buffer> {
  const checks = checksOf(request);
  const trailers: Trailers = new Map();
  const isChunked = (header(request, 'x-amz-content-sha256') ?? '').startsWith('STREAMING-');
  const pieces = isChunked ? decodeChunked(request.incoming, trailers) : request.incoming;
  let sizeBytes = 0;
  for await (const piece of pieces) {
    sizeBytes += piece.length;
    for (const check of checks) check.update(piece);
    yield piece;
  }
  const declared = header(request, 'x-amz-decoded-content-length');
  if (declared !== undefined && Number(declared) !== sizeBytes) {
    throw new S3Refusal(400, 'IncompleteBody');
  }
  for (const check of checks) check.finish(trailers);
}
