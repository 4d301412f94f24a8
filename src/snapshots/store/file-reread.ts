import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ReadBack } from './object-store.ts';

const bufferBytes = 1024 * 1024;

/** Reads what was written to a file, also part by part while more of it is written. */
export class FileReread {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Goes on to `end`, counted in bytes from the start of the file, or to where the file ends
   * before. `onRead` is told how far it is; what that throws ends the reading.
   */
  async upTo(end: number, onRead?: (bytes: number) => void): Promise<void> {
    while (this.#bytes < end) {
      const length = Math.min(bufferBytes, end - this.#bytes);
      const { bytesRead } = await this.#file.read(this.#buffer, 0, length, this.#bytes);
      if (bytesRead === 0) return;
      this.#hash.update(this.#buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
      onRead?.(this.#bytes);
    }
  }

  /** The rest, and what all of it is: also bytes that nobody meant to write. */
  async toTheEnd(onRead?: (bytes: number) => void): Promise<ReadBack> {
    await this.upTo(Number.POSITIVE_INFINITY, onRead);
    return { sizeBytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}
