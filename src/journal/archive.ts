import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { compressedSuffix, parseSegmentName } from './segment-name.ts';

export interface ArchiveOptions {
  readonly folder: string;
  /** What all closed segments may take up together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Wall time: files of other runs tell their age by nothing else. */
  readonly wallNowMs: () => number;
  /** The name of the segment that is written to: it is never touched. */
  readonly current: () => string | null;
  /** Called when the first of a row of attempts fails. */
  readonly onTrouble: (thrown: unknown) => void;
}

interface ClosedSegment {
  readonly name: string;
  readonly bytes: number;
  readonly endedMs: number;
}

const partSuffix = `${compressedSuffix}.part`;

/** Compresses closed segments and drops old ones, in the background, one file after the other. */
export class Archive {
  readonly #options: ArchiveOptions;
  readonly #closing = new AbortController();
  #work: Promise<void> | null = null;
  #isAskedAgain = false;
  #hasFailed = false;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** Starts the work, or has it done once more if it is under way. */
  tidy(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#work !== null) this.#isAskedAgain = true;
    else this.#work = this.#run();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Ends the work as soon as possible: the next run does what is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    try {
      do {
        this.#isAskedAgain = false;
        await tidyFolder(this.#options, signal);
        this.#hasFailed = false;
      } while (this.#isAskedAgain && !signal.aborted);
    } catch (error) {
      if (!signal.aborted && !this.#hasFailed) {
        this.#hasFailed = true;
        this.#options.onTrouble(error);
      }
    } finally {
      this.#work = null;
    }
  }
}

async function tidyFolder(options: ArchiveOptions, signal: AbortSignal): Promise<void> {
  await removeParts(options.folder);
  try {
    for (const { name } of await closedSegments(options)) {
      if (signal.aborted) return;
      if (!name.endsWith(compressedSuffix)) await compress(join(options.folder, name), signal);
    }
  } finally {
    // A disk that is too full for compressing needs it all the more.
    await dropOld(options);
  }
}

/** What a compression left that was ended by force. */
async function removeParts(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const isPart = name.endsWith(partSuffix) && parseSegmentName(name.slice(0, -5)) !== null;
    if (isPart) await rm(join(folder, name), { force: true });
  }
}

/** Oldest first. */
async function closedSegments(options: ArchiveOptions): Promise<readonly ClosedSegment[]> {
  const { folder, current } = options;
  const segments: ClosedSegment[] = [];
  for (const name of await namesIn(folder)) {
    if (parseSegmentName(name) === null || name === current()) continue;
    const { size, mtimeMs } = await stat(join(folder, name));
    segments.push({ name, bytes: size, endedMs: mtimeMs });
  }
  return segments.sort((a, b) => a.endedMs - b.endedMs || (a.name < b.name ? -1 : 1));
}

async function dropOld(options: ArchiveOptions): Promise<void> {
  const { folder, maxBytes, maxAgeMs, wallNowMs } = options;
  const segments = await closedSegments(options);
  let total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, endedMs } of segments) {
    if (total <= maxBytes && wallNowMs() - endedMs <= maxAgeMs) continue;
    await rm(join(folder, name), { force: true });
    total -= bytes;
  }
}

/** At any instant the segment is there as a whole: as it was, compressed, or as both. */
async function compress(path: string, signal: AbortSignal): Promise<void> {
  const part = `${path}${partSuffix}`;
  try {
    const { atime, mtime } = await stat(path);
    await pipeline(
      createReadStream(path),
      createGzip(),
      createWriteStream(part, { mode: 0o600, flush: true }),
      { signal },
    );
    await utimes(part, atime, mtime);
    await rename(part, `${path}${compressedSuffix}`);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(path);
  await rm(path);
}

/** Without it a power cut could leave neither file. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '..'), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
