import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './file-fault.ts';
import { isKeyPart, TEMPORARY } from './file-key.ts';

export interface FoundFile {
  /** Relative to the folder that was walked. */
  readonly key: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

const LEFT_OVER_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * The regular files in `folder`, and in those of its folders that `enter` lets in. Symbolic links
 * are neither followed nor given. What goes in the meantime is left out; the folder itself may not.
 */
export async function* filesUnder(
  folder: string,
  enter: (key: string) => boolean,
  below = '',
): AsyncGenerator<FoundFile> {
  const names = await unlessGone(readdir(join(folder, below)), below !== '');
  for (const name of names ?? []) {
    const key = below === '' ? name : `${below}/${name}`;
    const info = await unlessGone(lstat(join(folder, key)), true);
    if (info?.isDirectory() && isKeyPart(name) && enter(key)) yield* filesUnder(folder, enter, key);
    if (info?.isFile()) yield { key, name, sizeBytes: info.size, modifiedMs: info.mtimeMs };
  }
}

/**
 * Removes what writers that died have left, a day after they last wrote: younger files may be those
 * of another e2d at work. `nowMs` is the file system's own time, for a server's may differ.
 */
export async function removeLeftOvers(folder: string, nowMs: number): Promise<void> {
  for await (const file of filesUnder(folder, () => true)) {
    if (!file.name.startsWith(TEMPORARY)) continue;
    if (file.modifiedMs > nowMs - LEFT_OVER_AFTER_MS) continue;
    const path = join(folder, file.key);
    await unlessGone(unlink(path), true);
    await removeEmptyFolders(dirname(path), folder);
  }
}

/** Removes `from` and the folders above it as long as they are empty, but never `root`. */
export async function removeEmptyFolders(from: string, root: string): Promise<void> {
  for (let folder = from; folder !== root; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (/^(ENOTEMPTY|EEXIST)$/.test(codeOf(error))) return;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

export async function unlessGone<T>(work: Promise<T>, mayBeGone: boolean): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (mayBeGone && codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
