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
 * Its length follows from that of `chunks` alone. A chunk is valid until the one after the next is
 * asked for: two buffers take turns, so that a large database leaves no garbage.
 */
export async function* gzipStored(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  let total = 0;
  let blocks = new StoredBlocks();
  let others = new StoredBlocks();
  yield storedHeader;
  for await (const chunk of chunks) {
    checksum = crc32(chunk, checksum);
    total += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      at += blocks.add(chunk, at);
      if (!blocks.isFull) continue;
      yield blocks.take();
      [blocks, others] = [others, blocks];
    }
  }
  if (!blocks.isEmpty) yield blocks.take();
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(total % 2 ** 32, 4);
  yield Buffer.concat([lastBlock, trailer]);
}

/** Some blocks that are handed on together: what is done once a chunk costs more than a block. */
class StoredBlocks {
  readonly #bytes = Buffer.allocUnsafeSlow(4 * (blockHeaderBytes + blockBytes));
  /** Where the block begins that is being filled, and how much of it there is. */
  #start = 0;
  #filled = 0;

  get isEmpty(): boolean {
    return this.#start + this.#filled === 0;
  }

  get isFull(): boolean {
    return this.#start === this.#bytes.length;
  }

  /** Takes what fits into the block that is being filled, and tells how much that was. */
  add(chunk: Uint8Array, from: number): number {
    const part = chunk.subarray(from, from + blockBytes - this.#filled);
    this.#bytes.set(part, this.#start + blockHeaderBytes + this.#filled);
    this.#filled += part.length;
    if (this.#filled === blockBytes) this.#close();
    return part.length;
  }

  take(): Uint8Array {
    if (this.#filled > 0) this.#close();
    const taken = this.#bytes.subarray(0, this.#start);
    this.#start = 0;
    return taken;
  }

  #close(): void {
    this.#bytes.writeUInt8(0, this.#start);
    this.#bytes.writeUInt16LE(this.#filled, this.#start + 1);
    this.#bytes.writeUInt16LE(this.#filled ^ 0xffff, this.#start + 3);
    this.#start += blockHeaderBytes + this.#filled;
    this.#filled = 0;
  }
}
