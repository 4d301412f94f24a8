import { corrupt } from './format-errors.ts';

/** What follows the end of a layer: refused, or read to its end and left out. */
export type TrailingBytes = 'refuse' | 'ignore';

const nothing = new Uint8Array(0);

/** Reads a stream of chunks by counts of bytes, and gives back the rest as chunks. */
export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = nothing;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]();
  }

  /** The next chunk, never an empty one; null at the end. */
  async next(): Promise<Uint8Array | null> {
    const held = this.#held;
    this.#held = nothing;
    if (held.length > 0) return held;
    while (!this.#ended) {
      const { done, value } = await this.#source.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) return value;
    }
    return null;
  }

  /** Puts back what `next` gave, or the end of it. */
  putBack(chunk: Uint8Array): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([chunk, this.#held]);
  }

  /** The next `count` bytes, which stay to be read; fewer only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    const bytes = await this.take(count);
    this.putBack(bytes);
    return bytes;
  }

  /** The next `count` bytes; fewer only at the end. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.upTo(count)) parts.push(part);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** The next `count` bytes. Throws `E2D_SNAPSHOT_CORRUPT` when the end comes before. */
  async exactly(count: number, what: string): Promise<Uint8Array> {
    const bytes = await this.take(count);
    if (bytes.length < count) throw corrupt(`it ends within ${what}`);
    return bytes;
  }

  /** Reads what follows a layer to the end. Throws `E2D_SNAPSHOT_CORRUPT` where it is refused. */
  async finish(trailing: TrailingBytes, layer: string): Promise<void> {
    for await (const _ of this.rest()) {
      if (trailing === 'refuse') throw corrupt(`other bytes stand behind the end of ${layer}`);
    }
  }

  /** Chunks of `limit` bytes in all; fewer only at the end. */
  async *upTo(limit: number): AsyncGenerator<Uint8Array> {
    for (let left = limit; left > 0; ) {
      const chunk = await this.next();
      if (chunk === null) return;
      if (chunk.length > left) this.putBack(chunk.subarray(left));
      const part = chunk.subarray(0, left);
      left -= part.length;
      yield part;
    }
  }

  /** All that is left. Whoever stops in the middle closes the source. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) yield chunk;
    } finally {
      await this.close();
    }
  }

  /** Lets go of the source, wherever it stands. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }
}
