import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../etcd/data-dir/atomic-file.ts';
import { readSmallFile } from '../../etcd/data-dir/small-file.ts';

const registerSchema = z.object({
  /** Where the other members look for this one. */
  ownPeerUrls: z.array(z.string()),
  others: z.array(
    z.object({
      name: z.string(),
      standing: z.enum(['plain', 'prepared', 'switched', 'done']),
    }),
  ),
});

/**
 * What the member list last said of the migration. A node that starts cannot ask its own etcd, and
 * must know by which scheme the others look for it.
 */
export type Register = z.infer<typeof registerSchema>;

export function registerPath(stateDir: string): string {
  return join(stateDir, 'tls-migration.json');
}

/** Null where there is none, or none that says anything: such a node must be prepared anew. */
export async function readRegister(stateDir: string): Promise<Register | null> {
  try {
    const text = await readSmallFile(registerPath(stateDir));
    return registerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeRegister(stateDir: string, register: Register | null): Promise<void> {
  const path = registerPath(stateDir);
  if (register === null) await rm(path, { force: true });
  else await writeFileAtomically(path, `${JSON.stringify(register)}\n`);
}
