import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { E2dError } from '../errors/e2d-error.ts';
import { compressedSuffix } from './segment-name.ts';
import { systemFailure } from './system-failure.ts';

/** A file by its path, or bytes from anywhere under a name for sentences. */
export type LogSource = string | NamedBytes;

export interface NamedBytes {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export function sourceName(source: LogSource): string {
  return typeof source === 'string' ? source : source.name;
}

/**
 * The plain bytes of a log, compressed or not. @throws E2dError `E2D_LOG_UNREADABLE` where they
 * cannot be read or unpacked.
 */
export async function* bytesOf(source: LogSource): AsyncGenerator<Uint8Array> {
  const name = sourceName(source);
  try {
    yield* unpacked(typeof source === 'string' ? await chunksOfFile(source) : source.bytes);
  } catch (error) {
    if (error instanceof E2dError) throw error;
    throw new E2dError(`The event log ${name} cannot be read: ${readFailure(error)}.`, {
      code: 'E2D_LOG_UNREADABLE',
      exit: 2,
      remedy: 'Give the path of a segment, or of a folder of segments, that this user can read.',
      cause: error,
    });
  }
}

function readFailure(error: unknown): string {
  const isPacked = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
  return isPacked ? `it is a damaged gzip file (${error.message})` : systemFailure(error);
}

/** A segment that was compressed since it was listed is found under its new name. */
async function chunksOfFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await opened(path);
  } catch (error) {
    if (!path.endsWith('.jsonl') || !isMissing(error)) throw error;
    return await opened(`${path}${compressedSuffix}`).catch((second: unknown) => {
      throw isMissing(second) ? error : second;
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function opened(path: string): Promise<AsyncIterable<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const file = createReadStream(path);
    file.once('open', () => resolve(file));
    file.once('error', reject);
  });
}

/** gzip is known by its first two bytes, whatever the file is called. */
async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array();
    while (head.length < 2) {
      const next = await iterator.next();
      if (next.done) break;
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
    const rest = continued(head, iterator);
    if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(rest);
    else yield* rest;
  } finally {
    await iterator.return?.();
  }
}

async function* continued(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield next.value;
  }
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(chunks, { objectMode: false });
  const plain = createGunzip();
  packed.once('error', (error) => plain.destroy(error));
  packed.pipe(plain);
  try {
    yield* plain;
  } finally {
    packed.destroy();
    plain.destroy();
  }
}
