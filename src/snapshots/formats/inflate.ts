import { createInflateRaw, type InflateRaw } from 'node:zlib';
import type { ChunkReader } from './chunk-reader.ts';
import { corrupt } from './format-errors.ts';

const chunkSize = 256 * 1024;
/** How far back a deflate stream may point. */
const windowBytes = 32 * 1024;

/**
 * Reads one deflate stream, and leaves what stands behind it in the reader. Stored blocks, of which
 * a stream that is not compressed is made, are taken as they are: that is several times faster.
 */
export async function* inflate(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  let window: Uint8Array = new Uint8Array(0);
  for (;;) {
    const block = storedBlock(await reader.peek(5));
    if (block === null) return yield* inflateBlocks(reader, window);
    await reader.take(5);
    let left = block.length;
    for await (const part of reader.upTo(left)) {
      left -= part.length;
      const joined = part.length < windowBytes ? Buffer.concat([window, part]) : part;
      window = joined.subarray(-windowBytes);
      yield part;
    }
    if (left > 0) throw corrupt('its gzip stream is cut short');
    if (block.isLast) return;
  }
}

/** Reads the header of a stored block that begins with a byte; null for any other block. */
function storedBlock(header: Uint8Array): { length: number; isLast: boolean } | null {
  const [kind = 0xff, lengthLow = 0, lengthHigh = 0, checkLow = 0, checkHigh = 0] = header;
  if (kind > 1 || header.length < 5) return null;
  const length = lengthLow | (lengthHigh << 8);
  const check = checkLow | (checkHigh << 8);
  return length === (check ^ 0xffff) ? { length, isLast: kind === 1 } : null;
}

/** Reads blocks to the last one. `dictionary` is what stands before them, where they may point. */
async function* inflateBlocks(
  reader: ChunkReader,
  dictionary: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize, dictionary });
  const feeder = new Feeder(reader, inflater);
  const feeding = feeder.run();
  try {
    for await (const chunk of inflater) yield chunk;
  } catch (error) {
    throw feeder.failure ?? corrupt('its gzip stream cannot be read', error);
  } finally {
    inflater.destroy();
    await feeding;
  }
  feeder.giveBack();
}

/** Writes the reader's chunks into an inflater until either has ended. */
class Feeder {
  readonly #reader: ChunkReader;
  readonly #inflater: InflateRaw;
  /** What the inflater may not have used all of. */
  #unused: Uint8Array[] = [];
  #fed = 0;
  /** Why the reader could not be read on. */
  failure: Error | null = null;

  constructor(reader: ChunkReader, inflater: InflateRaw) {
    this.#reader = reader;
    this.#inflater = inflater;
  }

  async run(): Promise<void> {
    try {
      while (!this.#inflater.readableEnded && !this.#inflater.destroyed) {
        const chunk = await this.#reader.next();
        if (chunk === null) {
          this.#inflater.end();
          return;
        }
        await this.#write(chunk);
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.#inflater.destroy(this.failure);
    }
  }

  /** Resolves when the chunk is used, or when the inflater wants no more. */
  #write(chunk: Uint8Array): Promise<void> {
    if (this.#fed === this.#inflater.bytesWritten) this.#unused = [];
    this.#unused.push(chunk);
    this.#fed += chunk.length;
    return new Promise((resolve) => {
      const done = () => {
        this.#inflater.off('end', done).off('close', done);
        resolve();
      };
      this.#inflater.once('end', done).once('close', done);
      this.#inflater.write(chunk, done);
    });
  }

  /** Once the deflate stream has ended: what was fed of that which follows. */
  giveBack(): void {
    const count = this.#fed - this.#inflater.bytesWritten;
    if (count > 0) this.#reader.putBack(Buffer.concat(this.#unused).subarray(-count));
  }
}
