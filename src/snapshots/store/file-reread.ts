import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ReadBack } from './object-store.ts';

const bufferBytes = 1024 * 1024;

/** Reads what was written to a file, part by part, while more of it is written. */
export class FileReread {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Goes on to `end`, counted in bytes from the start of the file. Rejects where that is less. */
  async upTo(end: number): Promise<void> {
    while (this.#bytes < end) {
      const length = Math.min(bufferBytes, end - this.#bytes);
      const { bytesRead } = await this.#file.read(this.#buffer, 0, length, this.#bytes);
      if (bytesRead === 0) throw new Error(`only ${this.#bytes} of ${end} bytes can be read back`);
      this.#hash.update(this.#buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
    }
  }

  found(): ReadBack {
    return { sizeBytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}
