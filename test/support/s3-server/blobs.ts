import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What is written over this goes to a file: the server's memory stays the same for any size. */
const KEPT_IN_MEMORY_BYTES = 256 * 1024;
const READ_BYTES = 256 * 1024;

/** Bytes at rest. */
export interface Blob {
  readonly sizeBytes: number;
  /** From `start` up to, and without, `end`. */
  read(start: number, end: number): AsyncIterable<Buffer>;
  drop(): void;
}

function inMemory(bytes: Buffer): Blob {
  return {
    sizeBytes: bytes.length,
    async *read(start, end) {
      yield bytes.subarray(start, end);
    },
    drop() {},
  };
}

function inFile(path: string, sizeBytes: number): Blob {
  return {
    sizeBytes,
    read: (start, end) =>
      createReadStream(path, { start, end: end - 1, highWaterMark: READ_BYTES }),
    drop: () => rmSync(path, { force: true }),
  };
}

export class Blobs {
  readonly #folder: string;
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Nothing stays when the body fails. */
  async write(body: AsyncIterable<Buffer>): Promise<Blob> {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    let file: { readonly path: string; readonly fd: number } | null = null;
    try {
      for await (const piece of body) {
        sizeBytes += piece.length;
        if (file === null && sizeBytes <= KEPT_IN_MEMORY_BYTES) {
          pieces.push(piece);
          continue;
        }
        if (file === null) {
          file = this.#create();
          for (const earlier of pieces.splice(0)) writeSync(file.fd, earlier);
        }
        writeSync(file.fd, piece);
      }
    } catch (error) {
      if (file !== null) rmSync(file.path, { force: true });
      throw error;
    } finally {
      if (file !== null) closeSync(file.fd);
    }
    return file === null ? inMemory(Buffer.concat(pieces)) : inFile(file.path, sizeBytes);
  }

  #create() {
    this.#written += 1;
    const path = join(this.#folder, `blob-${this.#written}`);
    return { path, fd: openSync(path, 'wx') };
  }
}
