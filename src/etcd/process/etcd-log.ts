import { copyFile, type FileHandle, open, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogLimits {
  readonly maxBytes: number;
  /** How many older files are kept beside the current one: `etcd.log.1` is the newest of them. */
  readonly keep: number;
}

export const defaultLogLimits: LogLimits = { maxBytes: 16 * 1024 * 1024, keep: 4 };
const tailBytes = 64 * 1024;

/**
 * The file that etcd writes its log to, through a descriptor it was born with. etcd cannot be told
 * to reopen it, and must not depend on a pipe to e2d. So: before a launch an overlong file is
 * simply renamed; while etcd runs it is copied and truncated. The descriptor appends, hence etcd
 * goes on at the new end. The lines written between copy and truncation are lost: a known price,
 * paid once in `maxBytes`, for an etcd that does not notice whether e2d lives.
 */
export class EtcdLog {
  readonly path: string;
  readonly #limits: LogLimits;

  constructor(stateDir: string, limits: LogLimits = defaultLogLimits) {
    this.path = join(stateDir, 'etcd.log');
    this.#limits = limits;
  }

  /** A descriptor to append to, and the size so far. The caller closes it. */
  async openForLaunch(): Promise<{ readonly file: FileHandle; readonly offset: number }> {
    if ((await sizeOf(this.path)) > this.#limits.maxBytes) {
      await this.#shiftOlder();
      await rename(this.path, `${this.path}.1`);
    }
    const file = await open(this.path, 'a', 0o600);
    return { file, offset: (await file.stat()).size };
  }

  /** Rotates under a running etcd if the file has grown too long; says whether it did. */
  async rotateIfLong(): Promise<boolean> {
    if ((await sizeOf(this.path)) <= this.#limits.maxBytes) return false;
    await this.#shiftOlder();
    await copyFile(this.path, `${this.path}.1`);
    await truncate(this.path, 0);
    return true;
  }

  /**
   * The last 64 KiB at most, not reaching back before `offset`. When the file has been truncated
   * since (it is shorter than `offset`), all of it is younger.
   */
  async tail(offset: number): Promise<string> {
    let file: FileHandle;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
    try {
      const { size } = await file.stat();
      const start = Math.max(offset <= size ? offset : 0, size - tailBytes);
      const buffer = Buffer.alloc(Math.max(0, size - start));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** Makes room for a new `etcd.log.1`; what falls off the end was kept long enough. */
  async #shiftOlder(): Promise<void> {
    await rm(`${this.path}.${this.#limits.keep}`, { force: true });
    for (let number = this.#limits.keep - 1; number >= 1; number -= 1) {
      try {
        await rename(`${this.path}.${number}`, `${this.path}.${number + 1}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
