import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, fileFault, syncFolder } from './file-fault.ts';
import { storeError } from './store-error.ts';

/** The folder of a store on disk, and what its path itself is. */
export interface FileRoot {
  readonly folder: string;
  /** The path is the first e2d's one file: the folder is beside it, perhaps not there yet. */
  readonly besideFile: boolean;
  /** Of the folder; null while it is not there. Another one means that a disk came or went. */
  readonly identity: string | null;
}

/**
 * Looks where the objects of the store at `path` are: in it when it is a folder, and in
 * `<path>.e2d` when it is a regular file.
 *
 * A path that leads nowhere is never taken for an empty store, even where the folder could be made:
 * it is just what a backup disk looks like that is not mounted, and a cluster that lost its disks
 * would be founded anew although its snapshots are safe (S1, S7). Neither does a parent that exists
 * prove anything, for it may be the bare mount point. So nothing but `makeFileRoot`, on a person's
 * word, makes the folder. Only the folder beside a file may be missing: the file shows that the
 * disk is there.
 */
export async function findFileRoot(path: string): Promise<FileRoot> {
  const found = await kindOf(path);
  const beside = `${path}.e2d`;
  if (found?.isDirectory) return { folder: path, besideFile: false, identity: found.identity };
  const besides = await kindOf(beside);
  if (besides?.isDirectory) return { folder: beside, besideFile: true, identity: besides.identity };
  if (found === null) throw missing(path);
  if (found.isFile && besides === null) return { folder: beside, besideFile: true, identity: null };
  throw storeError('failed', {
    place: placeOf(path),
    doing: 'be opened',
    detail: `${found.isFile ? beside : path} is not a folder`,
    remedy: 'Name a folder with --snapshot-backup-url.',
  });
}

/** Makes the folder of a store in a parent that exists. It is no error when it is there already. */
export async function makeFileRoot(path: string): Promise<void> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { mode: 0o700 });
    await syncFolder(dirname(folder));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw fileFault(error, placeOf(folder), 'be made');
  }
}

export function placeOf(path: string): string {
  return `file://${path}`;
}

interface Kind {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly identity: string;
}

async function kindOf(path: string): Promise<Kind | null> {
  try {
    const found = await stat(path, { bigint: true });
    const identity = `${found.dev}:${found.ino}`;
    return { isDirectory: found.isDirectory(), isFile: found.isFile(), identity };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileFault(error, placeOf(path), 'be opened');
  }
}

function missing(path: string) {
  return storeError('missing', {
    place: placeOf(path),
    doing: 'be opened',
    detail: 'e2d does not make this folder: it may be on a disk that is not mounted',
    remedy: `Mount its disk; for a new store make the folder with "mkdir ${path}".`,
  });
}
