import * as nodeFs from 'node:fs';
import { dirname } from 'node:path';

/** The calls to the operating system that writing a segment takes; a test lets them fail. */
export type FileCalls = Pick<
  typeof nodeFs,
  'mkdirSync' | 'openSync' | 'writeSync' | 'fstatSync' | 'ftruncateSync' | 'closeSync' | 'rmSync'
>;

/**
 * The segment that is written to. Each line is with the kernel when `append` returns: it outlives
 * this process, though not a power cut.
 */
export class SegmentFile {
  readonly path: string;
  readonly #fd: number;
  readonly #calls: FileCalls;
  #bytes = 0;

  private constructor(path: string, fd: number, calls: FileCalls) {
    this.path = path;
    this.#fd = fd;
    this.#calls = calls;
  }

  /** Makes the file, its folder too if need be, with its first line; or leaves nothing behind. */
  static create(path: string, header: string, calls: FileCalls = nodeFs): SegmentFile {
    calls.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = new SegmentFile(path, calls.openSync(path, 'w', 0o600), calls);
    try {
      file.append(header);
      return file;
    } catch (error) {
      file.close();
      calls.rmSync(path, { force: true });
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False once the file was removed: what is written would be lost unseen. */
  isThere(): boolean {
    return this.#calls.fstatSync(this.#fd).nlink > 0;
  }

  /** Writes a whole line, or throws and leaves none of it. */
  append(text: string): void {
    const line = Buffer.from(`${text}\n`);
    try {
      for (let done = 0; done < line.length; ) {
        const written = this.#calls.writeSync(this.#fd, line, done, line.length - done);
        if (written === 0) throw new Error('the system takes no more bytes');
        done += written;
      }
    } catch (error) {
      this.#cutToWholeLines();
      throw error;
    }
    this.#bytes += line.length;
  }

  close(): void {
    this.#calls.closeSync(this.#fd);
  }

  #cutToWholeLines(): void {
    try {
      this.#calls.ftruncateSync(this.#fd, this.#bytes);
    } catch {
      // A disk that fails may refuse this too; readers put up with a last line that is torn.
    }
  }
}
