import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../data-dir/atomic-file.ts';
import { readSmallFile } from '../data-dir/small-file.ts';

const pidFileSchema = z.object({
  pid: z.int().positive(),
  startTime: z.string().regex(/^\d+$/),
  bootId: z.string().min(1),
  exe: z.string().min(1),
  name: z.string().min(1),
  dataDir: z.string().min(1),
  clientUrl: z.string().min(1),
  version: z.string().min(1),
  /** Fingerprints of the authorities that it was started with; without TLS there are none. */
  authorities: z
    .object({ clients: z.array(z.string()).readonly(), peers: z.array(z.string()).readonly() })
    .optional(),
  /** Where in the log file this launch begins, in bytes. */
  logOffset: z.int().nonnegative(),
});

/** The etcd process that e2d launched, as `<state-dir>/etcd.pid` keeps it for the next e2d. */
export type EtcdPidFile = z.infer<typeof pidFileSchema>;

export function pidFilePath(stateDir: string): string {
  return join(stateDir, 'etcd.pid');
}

export async function writePidFile(stateDir: string, record: EtcdPidFile): Promise<void> {
  await writeFileAtomically(pidFilePath(stateDir), `${JSON.stringify(record)}\n`);
}

/** Null when there is none; `damaged` when there is one that says nothing usable. */
export async function readPidFile(stateDir: string): Promise<EtcdPidFile | 'damaged' | null> {
  let text: string;
  try {
    text = await readSmallFile(pidFilePath(stateDir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return pidFileSchema.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

/** Forgets a process that is known to have ended; another one's record stays. */
export async function removePidFile(stateDir: string, pid: number): Promise<void> {
  const record = await readPidFile(stateDir);
  if (record !== null && record !== 'damaged' && record.pid === pid) {
    await rm(pidFilePath(stateDir), { force: true });
  }
}
