import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { syncDirectory } from './atomic-file.ts';

const movedName = /^member\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.[a-z0-9-]+$/;

/**
 * Renames `<data-dir>/member` to `<data-dir>/member.<utc time>.<reason>` and returns the new path
 * (S3: data is never deleted here). Only a rename inside the data dir, so that it may be a mount
 * point. Throws `E2D_MOVE_ASIDE`; nothing has moved then.
 */
export async function moveAside(dataDir: string, reason: string, now: Date): Promise<string> {
  const from = join(dataDir, 'member');
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const word = reason
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const to = join(dataDir, `member.${time}.${word === '' ? 'unknown' : word}`);
  if (await exists(to)) throw refusal(from, `${to} is there already and is not overwritten`);
  try {
    await rename(from, to);
  } catch (error) {
    throw refusal(from, textOf(error), error);
  }
  await syncDirectory(dataDir);
  return to;
}

/** When a directory was moved aside, by its name; null for a name that `moveAside` did not make. */
export function movedAsideAt(name: string): Date | null {
  const parts = movedName.exec(name)?.slice(1);
  if (parts === undefined) return null;
  const [year, month, day, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function refusal(from: string, problem: string, cause?: unknown): E2dError {
  return new E2dError(`The data in ${from} could not be moved aside (S3): ${problem}.`, {
    code: 'E2D_MOVE_ASIDE',
    remedy: `Make sure that ${from} is a directory of the data dir's own file system.`,
    cause,
  });
}
