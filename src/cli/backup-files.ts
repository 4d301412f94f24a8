import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const ownName = /^etcd-\d{8}-\d{6}\.backup$/;

/** `etcd-20261121-100000.backup`, in UTC: the names sort as their times do. */
export function backupName(takenAt: Date): string {
  const digits = takenAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `etcd-${digits.replace('T', '-')}.backup`;
}

/** Removes the oldest files of that name until `most` are left, and returns their names. */
export async function rotateBackups(folder: string, most: number): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => ownName.test(name)).sort();
  const surplus = names.slice(0, Math.max(0, names.length - most));
  for (const name of surplus) await rm(join(folder, name));
  return surplus;
}
