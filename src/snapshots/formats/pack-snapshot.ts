import { ContentCheck } from './content-check.ts';
import { encrypt } from './encryption.ts';
import { corrupt } from './format-errors.ts';
import { gzip, gzipStored } from './gzip.ts';
import { PassingBytes } from './passing-bytes.ts';
import type { SnapshotKey } from './snapshot-key.ts';

export interface PackOptions {
  /** What is encrypted is not compressed, whatever stands here. */
  readonly compression: 'gzip' | 'none';
  /** null: it is not encrypted. */
  readonly key: SnapshotKey | null;
  /** How many bytes come: fewer or more are an error. */
  readonly contentBytes: number;
}

export interface PackSummary {
  readonly contentBytes: number;
  readonly contentSha256: string;
  readonly storedBytes: number;
  readonly storedSha256: string;
  readonly compression: 'gzip' | 'none';
  readonly encryptionKeyId: string | null;
  readonly hasTrailer: boolean;
}

export interface PackedSnapshot {
  /** The bytes to store; can be read once. */
  readonly stored: AsyncIterable<Uint8Array>;
  /** What was packed. Throws before `stored` has been read to its end. */
  summary(): PackSummary;
}

/**
 * Packs a snapshot as etcd gives it into what is stored: always a gzip stream, in which the content
 * is compressed, or encrypted, or as it is. Reading `stored` throws `E2D_SNAPSHOT_EMPTY` or
 * `E2D_SNAPSHOT_CORRUPT` when the content is not a whole database, and whatever `content` throws.
 */
export function packSnapshot(
  content: AsyncIterable<Uint8Array>,
  options: PackOptions,
): PackedSnapshot {
  const { key } = options;
  const compression = key === null ? options.compression : 'none';
  const passed = new PassingBytes();
  let summary: PackSummary | null = null;

  async function* checked(): AsyncGenerator<Uint8Array> {
    const check = new ContentCheck();
    for await (const chunk of content) {
      check.add(chunk);
      yield chunk;
    }
    const found = check.finish();
    if (found.contentBytes !== options.contentBytes) {
      throw corrupt(`${found.contentBytes} bytes came of it instead of ${options.contentBytes}`);
    }
    sealed = found;
  }
  let sealed: ReturnType<ContentCheck['finish']> | null = null;

  async function* stored(): AsyncGenerator<Uint8Array> {
    const plain = checked();
    const inner = key === null ? plain : encrypt(plain, { key, plainBytes: options.contentBytes });
    yield* passed.of(compression === 'gzip' ? gzip(inner) : gzipStored(inner));
    if (sealed === null) return;
    const encryptionKeyId = key?.id ?? null;
    const storedBytes = passed.count;
    const storedSha256 = passed.sha256();
    summary = { ...sealed, storedBytes, storedSha256, compression, encryptionKeyId };
  }

  return {
    stored: stored(),
    summary() {
      if (summary === null) throw new Error('the snapshot has not been packed to its end');
      return summary;
    },
  };
}
