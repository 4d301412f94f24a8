import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const chunkBytes = 8 * 1024 * 1024;

/**
 * A virtual machine gets its memory from its host at the first touch, which costs seconds for each
 * gigabyte: files as large as those that are measured are written once, and thrown away, so that
 * whoever is measured first does not pay for all who come later.
 */
export async function touchMemory(megabytes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-bench-touch-'));
  try {
    const file = await open(join(folder, 'file'), 'w');
    const chunk = Buffer.alloc(chunkBytes, 1);
    for (let left = megabytes * 1024 * 1024; left > 0; left -= chunkBytes) await file.write(chunk);
    await file.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What one side leaves to be written to the disk is not to hold up the other. */
export async function settleDisk(): Promise<void> {
  await run('sync');
}
