import { onTestFinished } from 'vitest';
import { openS3Store, type S3Store } from '../../../../src/snapshots/store/s3-store.ts';
import type { S3Settings } from '../../../../src/snapshots/store/store-settings.ts';
import type { S3Location } from '../../../../src/snapshots/store/store-url.ts';
import { type S3Server, startS3Server } from '../../../support/s3-server/s3-server.ts';

export const KEY = { id: 'AKIAEXAMPLE', secret: 'a/secret+of=the-tests' };
export const MIB = 1024 * 1024;

export const location: S3Location = {
  kind: 's3',
  bucket: 'backups',
  prefix: 'prod/etcd',
  singleKey: 'prod/etcd',
  endpoint: null,
  regionHint: null,
  isSpaces: false,
  place: 's3://backups/prod/etcd',
};

export const noSettings: S3Settings = {
  endpoint: null,
  roleSessionName: null,
  accessKey: null,
  spacesKey: null,
  region: null,
};

export async function startServer(): Promise<S3Server> {
  const server = await startS3Server({
    buckets: ['backups'],
    credentials: [{ accessKeyId: KEY.id, secretAccessKey: KEY.secret }],
  });
  onTestFinished(() => server.close());
  return server;
}

export async function openStore(
  server: S3Server,
  settings: Partial<S3Settings> = {},
  where: Partial<S3Location> = {},
): Promise<S3Store> {
  const store = await openS3Store(
    { ...location, ...where },
    { ...noSettings, endpoint: server.url, accessKey: KEY, region: 'eu-central-1', ...settings },
  );
  onTestFinished(() => store.objects.close());
  return store;
}

export async function start(settings: Partial<S3Settings> = {}, where: Partial<S3Location> = {}) {
  const server = await startServer();
  const store = await openStore(server, settings, where);
  return { server, store, objects: store.objects };
}

export function bounds() {
  return { signal: new AbortController().signal };
}

export async function* bodyOf(...pieces: readonly (string | Uint8Array)[]) {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** `pieces` times the same MiB, each with its number in front: parts that swap places show. */
export async function* mebibytes(pieces: number): AsyncGenerator<Buffer> {
  for (let number = 0; number < pieces; number++) {
    const piece = Buffer.alloc(MIB, number % 251);
    piece.writeUInt32BE(number);
    yield piece;
  }
}

export async function contentOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Whether it is exactly what `mebibytes` gives. */
export async function isMebibytes(
  stream: AsyncIterable<Uint8Array>,
  pieces: number,
): Promise<boolean> {
  const wanted = mebibytes(pieces);
  let expected: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    let left = Buffer.from(piece);
    while (left.length > 0) {
      if (expected.length === 0) {
        const next = await wanted.next();
        if (next.done === true) return false;
        expected = next.value;
      }
      const length = Math.min(left.length, expected.length);
      if (!left.subarray(0, length).equals(expected.subarray(0, length))) return false;
      left = left.subarray(length);
      expected = expected.subarray(length);
    }
  }
  return expected.length === 0 && (await wanted.next()).done === true;
}
