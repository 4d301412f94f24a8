import { createHash, type Hash } from 'node:crypto';

/** Counts the bytes of a stream while they pass, and hashes them unless told otherwise. */
export class PassingBytes {
  readonly #hash: Hash | null;
  #count = 0;

  constructor({ hashed = true }: { readonly hashed?: boolean } = {}) {
    this.#hash = hashed ? createHash('sha256') : null;
  }

  async *of(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#hash?.update(chunk);
      this.#count += chunk.length;
      yield chunk;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Of what has passed so far, in hexadecimal. Throws where nothing is hashed. */
  sha256(): string {
    if (this.#hash === null) throw new Error('the bytes were not hashed');
    return this.#hash.copy().digest('hex');
  }
}
