import { randomBytes } from 'node:crypto';
import { type FileHandle, type link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, syncFolder } from './file-fault.ts';
import { TEMPORARY } from './file-key.ts';
import { FileReread } from './file-reread.ts';
import { unlessGone } from './file-walk.ts';
import type { ReadBack } from './object-store.ts';
import { untilAborted } from './retry.ts';

export interface Temporary {
  readonly path: string;
  readonly file: FileHandle;
}

/** Turns a failed call on the file system into an error of the store. */
export type Guard = <T>(work: Promise<T>) => Promise<T>;

/** link(2): fails with EEXIST where the new name is taken, all at once. */
export type Link = typeof link;

/** Opens a new file in a folder that is made when it is missing. */
export async function openTemporary(root: string, folders: readonly string[]): Promise<Temporary> {
  const path = join(root, ...folders, TEMPORARY + randomBytes(8).toString('hex'));
  for (let attempt = 1; ; attempt++) {
    await makeFolders(root, folders);
    try {
      return { path, file: await open(path, 'wx+', 0o600) };
    } catch (error) {
      // Whoever removed the last object of the folder has just removed the folder.
      if (codeOf(error) !== 'ENOENT' || attempt === 5) throw error;
    }
  }
}

async function makeFolders(root: string, folders: readonly string[]): Promise<void> {
  let folder = root;
  for (const part of folders) {
    folder = join(folder, part);
    await makeFolder(folder);
  }
}

/** It is no error when it is there already. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Writes all of `body`: one chunk while the next is made. An abort ends it even where the body
 * gives nothing more; what the body itself throws is passed on as it is. Gives what was read back.
 */
export async function writeBody(
  file: FileHandle,
  body: AsyncIterable<Uint8Array>,
  { signal, guard }: { readonly signal: AbortSignal; readonly guard: Guard },
): Promise<ReadBack> {
  const chunks = body[Symbol.asyncIterator]();
  let ended = false;
  let writing: Promise<void> = Promise.resolve();
  const keeper = new SteadyKeeper(file);
  try {
    for (;;) {
      const chunk = await untilAborted(chunks.next(), signal);
      ended = chunk.done === true;
      await guard(writing);
      if (chunk.done === true) break;
      await guard(keeper.before(chunk.value.length));
      writing = write(file, chunk.value);
      // It is awaited when the next chunk is there: until then a failure has nobody to tell.
      writing.catch(() => undefined);
    }
  } finally {
    // The file is the caller's again: nothing writes to it any more.
    await Promise.allSettled([writing, keeper.idle()]);
    // Not waited for: a body that is stuck would never answer. The first error is the one to tell.
    if (!ended) chunks.return?.().catch(() => undefined);
  }
  return guard(keeper.finish());
}

const keepEveryBytes = 16 * 1024 * 1024;

/**
 * Has the disk take what is written, and reads it back, while more of it is made. Else gigabytes
 * pile up in memory, and are all written at the end, while whatever shares the disk waits.
 */
class SteadyKeeper {
  readonly #file: FileHandle;
  readonly #reread: FileReread;
  #keeping: Promise<void> = Promise.resolve();
  #written = 0;
  #kept = 0;

  constructor(file: FileHandle) {
    this.#file = file;
    this.#reread = new FileReread(file);
  }

  /** Told of bytes that are about to be written. Rejects when earlier ones could not be kept. */
  async before(bytes: number): Promise<void> {
    if (this.#written - this.#kept >= keepEveryBytes) {
      await this.#keeping;
      this.#kept = this.#written;
      this.#keeping = this.#keep(this.#written);
      // It is awaited before the next one.
      this.#keeping.catch(() => undefined);
    }
    this.#written += bytes;
  }

  /** Resolves when nothing is under way; rejects when the latest failed. */
  idle(): Promise<void> {
    return this.#keeping;
  }

  /** When all is written. */
  async finish(): Promise<ReadBack> {
    // A failure is told to one call only: the last sync would not be told of an earlier one's.
    await this.#keeping;
    await this.#file.sync();
    return this.#reread.toTheEnd();
  }

  async #keep(end: number): Promise<void> {
    await this.#file.datasync();
    await this.#reread.upTo(end);
  }
}

async function write(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    from += (await file.write(bytes, from)).bytesWritten;
  }
}

interface Naming {
  readonly from: string;
  readonly to: string;
  readonly root: string;
  readonly link: Link;
}

/**
 * Gives what was written its name, never over another, and makes that durable up to `root`. Rejects
 * with EEXIST where the name is taken; after any failure the name is not there.
 */
export async function publish(naming: Naming): Promise<void> {
  const { from, to, root, link } = naming;
  const named = await giveName(from, to, link);
  try {
    if (named === 'linked') await unlink(from);
    for (let folder = dirname(to); ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === root) return;
    }
  } catch (error) {
    await unlessGone(unlink(to), true);
    throw error;
  }
}

async function giveName(from: string, to: string, link: Link): Promise<'linked' | 'renamed'> {
  try {
    await link(from, to);
    return 'linked';
  } catch (error) {
    if (!/^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(codeOf(error))) throw error;
    await renameUnderClaim(from, to);
    return 'renamed';
  }
}

/**
 * For file systems without links (FAT, some network ones). Rename writes over, so the name is
 * claimed first by a file that only one can make. What a dead claimer left goes with the other
 * temporary files.
 */
async function renameUnderClaim(from: string, to: string): Promise<void> {
  const claim = join(dirname(to), `${TEMPORARY}claim-${basename(to)}`);
  await (await open(claim, 'wx', 0o600)).close();
  try {
    if ((await unlessGone(lstat(to), true)) !== null)
      throw Object.assign(new Error(`${to} is there already`), { code: 'EEXIST' });
    await rename(from, to);
  } finally {
    // Left there it does no harm beside the object, and goes with the left-overs.
    await unlink(claim).catch(() => undefined);
  }
}
