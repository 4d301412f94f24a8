import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { E2dError } from '../../errors/e2d-error.ts';
import { readSmallFile } from '../data-dir/small-file.ts';
import { identifyProcess, isSameProcessAlive, type ProcessIdentity } from '../process/proc.ts';

/**
 * `scratch-<pid>-<start>-<boot id>-<random>`: whose it is stands in its name, so that at no moment
 * there is one without an owner.
 */
const scratchName = /^scratch-(\d+)-(\d+)-([0-9a-f-]{36})-\w{6}$/;
const identityFile = 'etcd.json';
const killedWithinMs = 10_000;

const identitySchema = z.object({
  pid: z.int().positive(),
  startTime: z.string().regex(/^\d+$/),
  bootId: z.string().min(1),
});

/** A new folder in `parentDir` that only this user can enter; whoever makes it removes it. */
export async function makeScratchFolder(parentDir: string): Promise<string> {
  const self = await identifyProcess(process.pid);
  if (self === null) throw new Error('this process is not in the process table');
  const { pid, startTime, bootId } = self;
  return mkdtemp(join(parentDir, `scratch-${pid}-${startTime}-${bootId}-`));
}

/** Writes down which process runs in a scratch folder. */
export async function nameScratchProcess(folder: string, pid: number): Promise<void> {
  const identity = await identifyProcess(pid);
  if (identity === null) return;
  await writeFile(join(folder, identityFile), JSON.stringify(identity), { mode: 0o600 });
}

/**
 * Removes what an e2d that was killed has left in `parentDir`, ends the etcd in it first, and
 * returns the folders' names. Those of an e2d that is alive stay.
 */
export async function removeStaleScratch(parentDir: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await namesIn(parentDir)) {
    const owner = ownerOf(name);
    if (owner === null || (await isSameProcessAlive(owner))) continue;
    const folder = join(parentDir, name);
    const left = await leftProcess(folder);
    if (left !== null) await end(left);
    await rm(folder, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

function ownerOf(name: string): ProcessIdentity | null {
  const [, pid, startTime, bootId] = scratchName.exec(name) ?? [];
  if (pid === undefined || startTime === undefined || bootId === undefined) return null;
  return { pid: Number(pid), startTime, bootId };
}

async function leftProcess(folder: string): Promise<ProcessIdentity | null> {
  try {
    return identitySchema.parse(JSON.parse(await readSmallFile(join(folder, identityFile))));
  } catch {
    // Missing or half-written: nothing got so far as to serve, and what loses its log pipe dies.
    return null;
  }
}

async function end(left: ProcessIdentity): Promise<void> {
  for (let waitedMs = 0; await isSameProcessAlive(left); waitedMs += 20) {
    if (waitedMs > killedWithinMs) {
      throw new E2dError(`A left-over etcd (process ${left.pid}) does not end.`, {
        code: 'E2D_ETCD_STUCK',
        remedy: 'It is most likely waiting for a disk that does not answer.',
      });
    }
    try {
      process.kill(left.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await pause(20);
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
