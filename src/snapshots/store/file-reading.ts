import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileFault } from './file-fault.ts';
import { storeError } from './store-error.ts';

export interface Reading {
  readonly signal: AbortSignal;
  readonly place: string;
  /** For an error, e.g. `read "a"`. */
  readonly doing: string;
}

const CHUNK_BYTES = 256 * 1024;

/** The bytes of a regular file. Failed calls reject as the system gives them until it is open. */
export async function readRegularFile(path: string, reading: Reading): Promise<Readable> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) {
      const problem = info.isDirectory() ? 'missing' : 'failed';
      throw storeError(problem, { ...reading, detail: `${path} is not a regular file` });
    }
    reading.signal.throwIfAborted();
  } catch (error) {
    await file.close();
    throw error;
  }
  return bytesOf(file, reading);
}

function bytesOf(file: FileHandle, reading: Reading): Readable {
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    signal: reading.signal,
    read() {
      file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES).then(
        ({ bytesRead, buffer }) => {
          this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead));
        },
        (error: unknown) => this.destroy(fileFault(error, reading.place, reading.doing)),
      );
    },
    destroy(error, done) {
      file.close().then(
        () => done(error),
        (closing: unknown) => done(error ?? fileFault(closing, reading.place, reading.doing)),
      );
    },
  });
}
