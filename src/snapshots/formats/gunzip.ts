import { crc32 } from 'node:zlib';
import { ChunkReader, type TrailingBytes } from './chunk-reader.ts';
import { corrupt } from './format-errors.ts';
import { inflate } from './inflate.ts';

export const gzipMagic: Uint8Array = Uint8Array.of(0x1f, 0x8b);
const header = 'its gzip header';
const longestName = 4096;
const flags = { headerChecksum: 2, extra: 4, name: 8, comment: 16 };

export interface GunzipOptions {
  readonly trailing?: TrailingBytes;
}

/**
 * What one gzip stream holds. Throws `E2D_SNAPSHOT_CORRUPT` when it is cut short or does not match
 * its checksum: what comes before the last chunk is not known to be right.
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  { trailing = 'refuse' }: GunzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(chunks);
  try {
    await skipHeader(reader);
    let checksum = 0;
    let total = 0;
    for await (const chunk of inflate(reader)) {
      checksum = crc32(chunk, checksum);
      total += chunk.length;
      yield chunk;
    }
    const trailer = Buffer.from(await reader.exactly(8, 'its gzip checksum'));
    if (trailer.readUInt32LE(0) !== checksum) throw corrupt('its gzip checksum is wrong');
    if (trailer.readUInt32LE(4) !== total % 2 ** 32) throw corrupt('its gzip length is wrong');
    await reader.finish(trailing, 'its gzip stream');
  } finally {
    await reader.close();
  }
}

async function skipHeader(reader: ChunkReader): Promise<void> {
  const [first, second, method, flag = 0] = await reader.exactly(10, header);
  if (first !== gzipMagic[0] || second !== gzipMagic[1] || method !== 8 || flag > 31) {
    throw corrupt('it does not begin as a gzip stream');
  }
  if ((flag & flags.extra) !== 0) {
    const length = Buffer.from(await reader.exactly(2, header)).readUInt16LE();
    await reader.exactly(length, header);
  }
  if ((flag & flags.name) !== 0) await skipText(reader);
  if ((flag & flags.comment) !== 0) await skipText(reader);
  if ((flag & flags.headerChecksum) !== 0) await reader.exactly(2, header);
}

async function skipText(reader: ChunkReader): Promise<void> {
  for (let length = 0; length < longestName; length += 1) {
    const [byte] = await reader.exactly(1, header);
    if (byte === 0) return;
  }
  throw corrupt('its gzip header has no end');
}
