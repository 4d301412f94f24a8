import { randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { E2dError } from '../../errors/e2d-error.ts';
import { identifyProcess, isSameProcessAlive } from '../process/proc.ts';
import { ensureStateDir } from './ensure-data-dir.ts';
import { readSmallFile } from './small-file.ts';

const holderSchema = z.object({
  pid: z.int().positive(),
  startTime: z.string().min(1),
  bootId: z.string().min(1),
  /** Tells two locks of one process apart. */
  nonce: z.string().min(1),
});
type Holder = z.infer<typeof holderSchema>;

export interface StateLock {
  readonly path: string;
  /** Gives the lock up; only if it is still this one. */
  release(): Promise<void>;
}

const attempts = 10;

/**
 * Makes sure that one e2d only works with a state dir. The lock is a file that names its holder;
 * one whose holder has ended (or ran before the last boot) is taken over. It appears with its text
 * in it (a hard link of a finished file), so that nobody ever reads a half-written one.
 * Throws `E2D_ALREADY_RUNNING`.
 */
export async function acquireStateLock(stateDir: string): Promise<StateLock> {
  await ensureStateDir(stateDir);
  const path = join(stateDir, 'e2d.lock');
  const self = await identifyProcess(process.pid);
  if (self === null) throw new Error('this process is not in /proc');
  const nonce = randomBytes(8).toString('hex');
  const text = `${JSON.stringify({ ...self, nonce } satisfies Holder)}\n`;
  const draft = `${path}.${nonce}`;
  await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (await linkUnlessThere(draft, path)) return { path, release: () => release(path, text) };
      await clearIfStale(path, stateDir, `${draft}.old`);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw alreadyRunning(stateDir, 'several others that are starting right now');
}

async function release(path: string, text: string): Promise<void> {
  if ((await readOrNull(path)) === text) await rm(path, { force: true });
}

/**
 * Throws while the holder lives. Else puts the lock out of the way, if it is still the stale one.
 */
async function clearIfStale(path: string, stateDir: string, grave: string): Promise<void> {
  const seen = await readOrNull(path);
  if (seen === null) return;
  const holder = parseHolder(seen);
  if (holder !== null && (await isSameProcessAlive(holder))) {
    throw alreadyRunning(stateDir, `process ${holder.pid}`);
  }
  try {
    await rename(path, grave);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Another e2d may have taken the stale lock over between our look and our rename: give it back.
  if ((await readOrNull(grave)) !== seen) await linkUnlessThere(grave, path);
  await rm(grave, { force: true });
}

function parseHolder(text: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readSmallFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function alreadyRunning(stateDir: string, holder: string): E2dError {
  return new E2dError(`The state dir ${stateDir} is in use by another e2d: ${holder}.`, {
    code: 'E2D_ALREADY_RUNNING',
    remedy: 'Stop the other e2d, or give this one a --data-dir (and --state-dir) of its own.',
  });
}
