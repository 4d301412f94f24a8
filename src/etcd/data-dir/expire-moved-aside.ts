import { lstat, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { movedAsideAt } from './move-aside.ts';

export interface ExpiryPolicy {
  /** Older than this: removed. */
  readonly maxAgeMs: number;
  /** Below this share of free disk space (0 to 1) the oldest go first, until there is enough. */
  readonly minFreeShare: number;
  /** Younger than this: kept even on a full disk, so that a person has time to look. */
  readonly minAgeMs: number;
}

/**
 * Seven days; earlier, but not within the first hour, when less than a tenth of the disk is free.
 */
export const defaultExpiryPolicy: ExpiryPolicy = {
  maxAgeMs: 7 * 24 * 3_600_000,
  minFreeShare: 0.1,
  minAgeMs: 3_600_000,
};

export interface ExpiryOptions {
  readonly policy: ExpiryPolicy;
  readonly now: Date;
  /** Paths that `moveAside` returned in this run of e2d: never removed by the same run (S3). */
  readonly movedInThisRun: ReadonlySet<string>;
  /** The share of free space where `directory` is; asked again after each removal. */
  readonly freeShare?: (directory: string) => Promise<number>;
}

export interface Expired {
  readonly path: string;
  readonly because: 'age' | 'disk-space';
}

/** Removes data that was moved aside long enough ago, and says what and why. */
export async function expireMovedAside(
  dataDir: string,
  options: ExpiryOptions,
): Promise<readonly Expired[]> {
  const { policy, now } = options;
  const freeShare = options.freeShare ?? freeShareOf;
  const removed: Expired[] = [];
  for (const { path, at } of await movedDirectories(dataDir)) {
    const ageMs = now.getTime() - at.getTime();
    if (options.movedInThisRun.has(path) || ageMs < policy.minAgeMs) continue;
    const tooOld = ageMs > policy.maxAgeMs;
    if (!tooOld && (await freeShare(dataDir)) >= policy.minFreeShare) continue;
    await rm(path, { recursive: true });
    removed.push({ path, because: tooOld ? 'age' : 'disk-space' });
  }
  return removed;
}

/** Oldest first. */
async function movedDirectories(
  dataDir: string,
): Promise<readonly { readonly path: string; readonly at: Date }[]> {
  const found: { path: string; at: Date }[] = [];
  for (const name of await readdir(dataDir)) {
    const at = movedAsideAt(name);
    const path = join(dataDir, name);
    if (at !== null && (await lstat(path)).isDirectory()) found.push({ path, at });
  }
  return found.sort((one, other) => one.at.getTime() - other.at.getTime());
}

async function freeShareOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return blocks === 0 ? 1 : bavail / blocks;
}
