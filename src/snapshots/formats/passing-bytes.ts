import { createHash } from 'node:crypto';

/** Counts and hashes the bytes of a stream while they pass. */
export class PassingBytes {
  readonly #hash = createHash('sha256');
  #count = 0;

  async *of(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      this.#count += chunk.length;
      yield chunk;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Of what has passed so far, in hexadecimal. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }
}
