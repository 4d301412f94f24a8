import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGzip } from 'node:zlib';

/** The fastest on databases of etcd, and its output is hardly bigger than that of higher ones. */
const level = 3;
const chunkSize = 256 * 1024;
const storedHeader = Buffer.from('1f8b08000000000000ff', 'hex');
const lastBlock = Buffer.from('010000ffff', 'hex');
const blockBytes = 0xffff;
const blockHeaderBytes = 5;

/** `chunks`, compressed. */
export async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compressor = createGzip({ level, chunkSize });
  const fed = pipeline(Readable.from(chunks), compressor);
  // A failure is thrown where the compressor is read: the pipeline hands it over.
  const settled = fed.catch(() => undefined);
  try {
    yield* compressor;
    await fed;
  } finally {
    compressor.destroy();
    await settled;
  }
}

/**
 * `chunks` in the frame of gzip, not compressed: as gzip does at level 0, several times faster.
 * Its length follows from that of `chunks` alone.
 */
export async function* gzipStored(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  let total = 0;
  let block = Buffer.allocUnsafe(blockHeaderBytes + blockBytes);
  let filled = 0;
  yield storedHeader;
  for await (const chunk of chunks) {
    checksum = crc32(chunk, checksum);
    total += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + blockBytes - filled);
      block.set(part, blockHeaderBytes + filled);
      at += part.length;
      filled += part.length;
      if (filled < blockBytes) continue;
      yield storedBlock(block, filled);
      block = Buffer.allocUnsafe(blockHeaderBytes + blockBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield storedBlock(block, filled);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(total % 2 ** 32, 4);
  yield Buffer.concat([lastBlock, trailer]);
}

function storedBlock(block: Buffer, length: number): Uint8Array {
  block.writeUInt8(0, 0);
  block.writeUInt16LE(length, 1);
  block.writeUInt16LE(length ^ 0xffff, 3);
  return block.subarray(0, blockHeaderBytes + length);
}
