import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';

const ownerOnly = 0o600;
const bufferBytes = 1024 * 1024;

/** A file that only its owner can read, under a name of its own until it is published. */
export class PrivateFile {
  readonly handle: FileHandle;
  readonly #path: string;
  readonly #to: string;
  #isOpen = true;
  #filling = Buffer.allocUnsafe(bufferBytes);
  #spare = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;
  /** The write that is under way: it goes on while the next buffer is filled. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, path: string, to: string) {
    this.handle = handle;
    this.#path = path;
    this.#to = to;
  }

  /** Beside `to`. Rejects with `E2D_OUTPUT_FILE`, as all of this class does. */
  static async create(to: string): Promise<PrivateFile> {
    const name = `.${basename(to)}.${randomBytes(4).toString('hex')}.part`;
    const path = join(dirname(to), name);
    const handle = await orFailed(to, open(path, 'wx+', ownerOnly));
    return new PrivateFile(handle, path, to);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + bufferBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled === bufferBytes) await this.#swap();
    }
  }

  /** Resolves when all that was given to `write` can be read from the handle. */
  async flush(): Promise<void> {
    await this.#swap();
    await this.#writing;
  }

  /** Makes it durable, and gives it its name. */
  async publish(): Promise<void> {
    await this.flush();
    await orFailed(this.#to, this.handle.sync());
    await this.#giveName();
    await orFailed(this.#to, syncFolder(dirname(this.#to)));
  }

  /** Gives it its name, for this process alone: what a power cut leaves of it is not known. */
  async lend(): Promise<void> {
    await this.flush();
    await this.#giveName();
  }

  /** Removes it, unless it has been published. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#writing]);
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #giveName(): Promise<void> {
    await orFailed(this.#to, this.#close());
    await orFailed(this.#to, rename(this.#path, this.#to));
  }

  async #swap(): Promise<void> {
    await this.#writing;
    const full = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#spare, this.#filled] = [this.#spare, this.#filling, 0];
    this.#writing = orFailed(this.#to, writeAll(this.handle, full));
    // It is awaited by the next swap: until then a failure has nobody else to tell.
    this.#writing.catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at);
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function orFailed<T>(to: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new E2dError(`The file ${to} cannot be written: ${textOf(cause)}.`, {
      code: 'E2D_OUTPUT_FILE',
      cause,
    });
  }
}
