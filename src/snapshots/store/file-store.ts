import { link, lstat, realpath, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileFault, mayPass, syncFolder } from './file-fault.ts';
import { isKeyPart, keyParts } from './file-key.ts';
import { readRegularFile } from './file-reading.ts';
import { type FileRoot, findFileRoot, placeOf } from './file-root.ts';
import { filesUnder, removeEmptyFolders, removeLeftOvers, unlessGone } from './file-walk.ts';
import {
  type Guard,
  type Link,
  makeFolder,
  openTemporary,
  publish,
  type Temporary,
  writeBody,
} from './file-writing.ts';
import type {
  Bounds,
  ObjectStore,
  OpenStore,
  ReadBack,
  SingleObject,
  StoredObject,
} from './object-store.ts';
import { retrying, untilAborted } from './retry.ts';
import { storeError } from './store-error.ts';

export interface FileStoreOptions {
  /** In place of link(2). */
  readonly link?: Link;
}

/**
 * A store in a folder of this machine, or beside the one file that a path names. Nothing is looked
 * at before it is used: a disk that is mounted later is found then. See `findFileRoot` for why a
 * folder that is missing is an error and no empty store.
 */
export function openFileStore(path: string, options: FileStoreOptions = {}): OpenStore {
  const absolute = resolve(path);
  const objects = new FileStore(absolute, options.link ?? link);
  return { objects, single: (bounds) => singleFile(absolute, bounds) };
}

class FileStore implements ObjectStore {
  readonly place: string;
  readonly #path: string;
  readonly #link: Link;
  #hasSwept = false;

  constructor(path: string, link: Link) {
    this.#path = path;
    this.#link = link;
    this.place = placeOf(path);
  }

  async list(prefix: string, { signal }: Bounds): Promise<readonly StoredObject[]> {
    const listing = this.#attempt(`list ${JSON.stringify(prefix)}`, signal, async () => {
      const root = await findFileRoot(this.#path);
      if (root.identity === null) return [];
      const objects: StoredObject[] = [];
      const enter = (key: string) => `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
      for await (const { key, name, sizeBytes } of filesUnder(root.folder, enter)) {
        signal.throwIfAborted();
        if (isKeyPart(name) && key.startsWith(prefix)) objects.push({ key, sizeBytes });
      }
      await this.#checkUnmoved(root);
      return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
    });
    return untilAborted(listing, signal);
  }

  async read(key: string, { signal }: Bounds): Promise<Readable> {
    const doing = `read ${JSON.stringify(key)}`;
    const opening = this.#attempt(doing, signal, async () => {
      const { path } = await this.#find(key);
      return await readRegularFile(path, { signal, place: this.place, doing });
    });
    return untilAborted(opening, signal);
  }

  async create(
    key: string,
    body: AsyncIterable<Uint8Array>,
    { signal }: Bounds,
  ): Promise<ReadBack> {
    const doing = `write ${JSON.stringify(key)}`;
    const guard: Guard = (work) =>
      work.catch((error: unknown) => {
        throw fileFault(error, this.place, doing);
      });
    const { root, path, temporary } = await this.#attempt(doing, signal, () => this.#begin(key));
    const { file } = temporary;
    try {
      await this.#sweepOnce(root, temporary);
      const found = await writeBody(file, body, { signal, guard });
      await guard(file.close());
      signal.throwIfAborted();
      await guard(publish({ from: temporary.path, to: path, root: root.folder, link: this.#link }));
      return found;
    } catch (error) {
      await discard(temporary, root);
      throw error;
    }
  }

  async remove(key: string, { signal }: Bounds): Promise<void> {
    await this.#attempt(`remove ${JSON.stringify(key)}`, signal, async () => {
      const { path, root } = await this.#find(key);
      if ((await unlessGone(unlink(path), true)) === null) return;
      await syncFolder(dirname(path));
      await removeEmptyFolders(dirname(path), root.folder);
    });
  }

  close(): void {
    // Nothing is open between calls.
  }

  async #attempt<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await retrying(work, { signal, mayPass });
    } catch (error) {
      signal.throwIfAborted();
      throw fileFault(error, this.place, doing);
    }
  }

  /** The file of a key. No folder on its way may be a link: that would lead out of the store. */
  async #find(key: string): Promise<Found> {
    const parts = keyParts(key, this.place);
    const root = await findFileRoot(this.#path);
    const path = join(root.folder, ...parts);
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = join(root.folder, ...parts.slice(0, depth));
      const info = await unlessGone(lstat(folder), true);
      if (info === null) break;
      if (!info.isDirectory()) throw this.#unusable(`${folder} is not a folder`);
    }
    return { root, path, folders: parts.slice(0, -1) };
  }

  async #begin(key: string): Promise<Found & { readonly temporary: Temporary }> {
    const found = await this.#find(key);
    const { root, path, folders } = found;
    if ((await unlessGone(lstat(path), true)) !== null)
      throw storeError('exists', { place: this.place, doing: `write ${JSON.stringify(key)}` });
    if (root.identity === null) {
      await makeFolder(root.folder);
      await syncFolder(dirname(root.folder));
    }
    return { ...found, temporary: await openTemporary(root.folder, folders) };
  }

  /** At the first writing: what cannot be cleaned up then does no harm, and is tried next time. */
  async #sweepOnce(root: FileRoot, { file }: Temporary): Promise<void> {
    if (this.#hasSwept) return;
    this.#hasSwept = true;
    const now = await file.stat();
    await removeLeftOvers(root.folder, now.mtimeMs).catch(() => undefined);
  }

  /** Where the disk goes meanwhile, files only seem to be gone: no such listing is whole. */
  async #checkUnmoved(before: FileRoot): Promise<void> {
    const after = await findFileRoot(this.#path);
    if (after.identity !== before.identity)
      throw this.#unusable('its disk came or went at the same time');
  }

  #unusable(detail: string) {
    return storeError('failed', { place: this.place, doing: 'be used', detail });
  }
}

interface Found {
  readonly root: FileRoot;
  readonly path: string;
  readonly folders: readonly string[];
}

/** The first error is the one to tell; what cannot be removed now goes with the left-overs. */
async function discard({ file, path }: Temporary, root: FileRoot): Promise<void> {
  await file.close().catch(() => undefined);
  await unlink(path).catch(() => undefined);
  await removeEmptyFolders(dirname(path), root.folder).catch(() => undefined);
}

async function singleFile(path: string, { signal }: Bounds): Promise<SingleObject | null> {
  const place = placeOf(path);
  const doing = 'read its one file';
  signal.throwIfAborted();
  await findFileRoot(path);
  try {
    const info = await unlessGone(stat(path), true);
    if (!info?.isFile()) return null;
    return {
      name: path,
      sizeBytes: info.size,
      modifiedAt: info.mtime.toISOString(),
      read: async (bounds) => {
        try {
          return await readRegularFile(await realpath(path), { ...bounds, place, doing });
        } catch (error) {
          bounds.signal.throwIfAborted();
          throw fileFault(error, place, doing);
        }
      },
    };
  } catch (error) {
    throw fileFault(error, place, doing);
  }
}
