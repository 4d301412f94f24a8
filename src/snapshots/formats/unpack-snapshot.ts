import { beginsAsBolt, boltBytes } from './bolt.ts';
import { ChunkReader, type TrailingBytes } from './chunk-reader.ts';
import { ContentCheck, type ContentSummary } from './content-check.ts';
import { decrypt, encryptionMagic, longestOverhead } from './encryption.ts';
import { corrupt, empty, noKeyFits } from './format-errors.ts';
import { gunzip, gzipMagic } from './gunzip.ts';
import { PassingBytes } from './passing-bytes.ts';
import { PrivateFile } from './private-file.ts';
import type { SnapshotKey } from './snapshot-key.ts';
import { untilAborted } from './until-aborted.ts';

const defaultMaxContentBytes = 64 * 2 ** 30;

/** What is known of a snapshot from when it was taken. */
export interface ExpectedSnapshot {
  readonly storedBytes: number;
  readonly storedSha256: string;
  readonly contentBytes: number;
  readonly contentSha256: string;
}

export interface UnpackOptions {
  /** Where the database goes. A file that is there is replaced, and only by a whole one. */
  readonly to: string;
  /** The one that fits is taken; with none only what is not encrypted can be read. */
  readonly keys: readonly SnapshotKey[];
  readonly expected?: ExpectedSnapshot;
  /** The key it was encrypted with, where that is known: tells a wrong key from damage. */
  readonly expectedKeyId?: string | null;
  readonly signal: AbortSignal;
  /** How many stored bytes have been read. */
  readonly onProgress?: (storedBytes: number) => void;
  /** Nothing bigger is written; 64 GiB where it is left out. */
  readonly maxContentBytes?: number;
  /**
   * Bytes behind the end of the gzip stream or the encrypted data: refused by default. The first
   * e2d wrote shorter snapshots over longer ones, whose ends then stayed in the file.
   */
  readonly trailing?: TrailingBytes;
  /**
   * For a file that this process uses and throws away: it need not outlive a power cut, and of a
   * snapshot whose content is known only the content is hashed. Whoever finds such a file later
   * cannot know what is in it.
   */
  readonly isScratch?: boolean;
}

export interface UnpackedSnapshot extends ContentSummary {
  readonly storedBytes: number;
  /** Null where only the content was hashed. */
  readonly storedSha256: string | null;
  readonly encryptionKeyId: string | null;
  /** Whether it was stored smaller than it is. */
  readonly compression: 'gzip' | 'none';
}

/**
 * Unpacks a stored snapshot into a file, whatever it is packed in: gzip, encryption, both, or
 * nothing. The bytes go to a private file beside `to`, which takes its name only once all of them
 * are authenticated, checked and on disk, or for scratch on their way there; until then, and after
 * any failure, nothing new stands at `to` and nothing is left beside it.
 *
 * Rejects with `E2D_SNAPSHOT_EMPTY`, `E2D_SNAPSHOT_KEY` or `E2D_SNAPSHOT_CORRUPT`, with
 * `E2D_OUTPUT_FILE` when the file cannot be written, with the signal's reason when that aborts, and
 * with whatever `source` throws.
 */
export async function unpackSnapshot(
  source: AsyncIterable<Uint8Array>,
  options: UnpackOptions,
): Promise<UnpackedSnapshot> {
  const { isScratch = false, expected } = options;
  const hashed = !isScratch || expected === undefined;
  const passed = new PassingBytes({ hashed });
  const reader = new ChunkReader(passed.of(untilAborted(source, options.signal)));
  try {
    const file = await PrivateFile.create(options.to);
    try {
      const unpacked = await unpackInto(file, reader, { ...options, passed, hashed });
      options.signal.throwIfAborted();
      await (isScratch ? file.lend() : file.publish());
      return unpacked;
    } finally {
      await file.discard();
    }
  } finally {
    await reader.close();
  }
}

interface Unpacking extends UnpackOptions {
  readonly passed: PassingBytes;
  readonly hashed: boolean;
}

async function unpackInto(
  file: PrivateFile,
  reader: ChunkReader,
  unpacking: Unpacking,
): Promise<UnpackedSnapshot> {
  const { passed, hashed, expected, onProgress } = unpacking;
  const layers = new Layers(unpacking);
  const check = new ContentCheck();
  for await (const chunk of layers.open(reader)) {
    check.add(chunk);
    if (check.bytes > layers.maxContentBytes) throw tooBig(layers.maxContentBytes);
    await file.write(chunk);
    onProgress?.(passed.count);
  }
  const storedSha256 = hashed ? passed.sha256() : null;
  const found = { ...check.finish(), storedBytes: passed.count, storedSha256 };
  if (expected !== undefined) compare(found, expected);
  await checkDatabase(file, found.contentBytes);
  const compression = found.storedBytes < found.contentBytes ? 'gzip' : 'none';
  return { ...found, compression, encryptionKeyId: layers.key?.id ?? null };
}

/** Finds out by the magic bytes what a snapshot is packed in, and takes it off. */
class Layers {
  readonly maxContentBytes: number;
  readonly #options: UnpackOptions;
  /** The one it is encrypted with, once that is found. */
  key: SnapshotKey | null = null;

  constructor(options: UnpackOptions) {
    this.#options = options;
    this.maxContentBytes = options.maxContentBytes ?? defaultMaxContentBytes;
  }

  async *open(stored: ChunkReader): AsyncGenerator<Uint8Array> {
    const { trailing = 'refuse' } = this.#options;
    if (!(await beginsWith(stored, gzipMagic))) return yield* this.#decrypted(stored);
    const unzipped = atMost(gunzip(stored.rest(), { trailing }), this.maxContentBytes);
    yield* this.#decrypted(new ChunkReader(unzipped));
  }

  async *#decrypted(reader: ChunkReader): AsyncGenerator<Uint8Array> {
    const { trailing = 'refuse' } = this.#options;
    if (!(await beginsWith(reader, encryptionMagic))) return yield* reader.rest();
    yield* decrypt(reader.rest(), {
      maxPlainBytes: this.maxContentBytes,
      trailing,
      pickKey: (plainBytes, preview) => {
        if (plainBytes === 0) throw empty();
        this.key = pickKey(this.#options, preview);
        return this.key;
      },
    });
  }
}

function pickKey(
  { keys, expectedKeyId }: UnpackOptions,
  preview: (key: SnapshotKey) => Uint8Array,
): SnapshotKey {
  if (keys.length === 0) throw noKeyFits('The snapshot is encrypted, and no key was given.');
  const fitting = keys.find((key) => beginsAsBolt(preview(key)));
  if (fitting !== undefined) return fitting;
  const names = keys.map(({ id }) => id).join(', ');
  if (keys.some(({ id }) => id === expectedKeyId)) {
    throw corrupt(`its first bytes cannot be read with the key ${expectedKeyId} it is meant for`);
  }
  const meant = typeof expectedKeyId === 'string' ? ` with the key ${expectedKeyId}` : '';
  throw noKeyFits(
    `The snapshot is encrypted${meant}, which no key that was given opens (${names}), or its ` +
      'first bytes are damaged.',
  );
}

async function beginsWith(reader: ChunkReader, magic: Uint8Array): Promise<boolean> {
  const start = await reader.peek(magic.length);
  return Buffer.from(magic).equals(start);
}

/** Ends what would fill the disk: a few bytes of gzip can hold any number of zeros. */
async function* atMost(
  chunks: AsyncIterable<Uint8Array>,
  maxContentBytes: number,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > maxContentBytes + longestOverhead) throw tooBig(maxContentBytes);
    yield chunk;
  }
}

function tooBig(maxContentBytes: number): Error {
  return corrupt(`it holds more than the ${maxContentBytes} bytes allowed`);
}

type Hashed = Pick<UnpackedSnapshot, keyof ExpectedSnapshot>;

function compare(found: Hashed, expected: ExpectedSnapshot): void {
  for (const [form, bytes, sha256] of [
    ['as it is stored', 'storedBytes', 'storedSha256'],
    ['its content', 'contentBytes', 'contentSha256'],
  ] as const) {
    if (found[bytes] !== expected[bytes]) {
      throw corrupt(`${form} it has ${found[bytes]} bytes, and had ${expected[bytes]}`);
    }
    if (found[sha256] !== null && found[sha256] !== expected[sha256]) {
      throw corrupt(`${form} has the SHA-256 ${found[sha256]}, and had ${expected[sha256]}`);
    }
  }
}

async function checkDatabase(file: PrivateFile, contentBytes: number): Promise<void> {
  await file.flush();
  const needed = await boltBytes(file.handle);
  if (needed === null) throw corrupt('its database has no meta page that is sound');
  if (contentBytes >= needed) return;
  throw corrupt(`its database needs ${needed} bytes, and only ${contentBytes} are there`);
}
