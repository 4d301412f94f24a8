import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../data-dir/atomic-file.ts';

/**
 * Makes a folder with all that is in it, and its own name in its parent, survive a power cut: a
 * rename of the folder may follow.
 */
export async function syncTree(folder: string, signal: AbortSignal): Promise<void> {
  await syncInside(folder, signal);
  await syncDirectory(dirname(folder));
}

async function syncInside(folder: string, signal: AbortSignal): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    signal.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncInside(path, signal);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncDirectory(folder);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
