import { join } from 'node:path';
import { z } from 'zod';
import type { Identity } from '../../../machines/facts.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { ensureDataDir } from './ensure-data-dir.ts';
import { readSmallFile } from './small-file.ts';

const text = z.string().min(1);
const etcdId = z.string().regex(/^[0-9a-f]{1,16}$/);

const bootstrapPlan = z.object({
  id: text,
  coordinator: text,
  members: z.array(z.object({ nodeId: text, name: text, peerUrl: text })).min(1),
  snapshot: z
    .object({
      id: text,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      revision: z.int().nonnegative(),
      replaces: text.exactOptional(),
    })
    .exactOptional(),
});

const identitySchema = z.object({
  nodeId: text,
  name: text,
  peerUrl: text,
  requiredSize: z.int().positive(),
  memberId: etcdId.nullable(),
  clusterId: etcdId.nullable(),
  lineage: text.nullable(),
  parentLineage: text.exactOptional(),
  plan: z
    .object({ stage: z.enum(['acknowledged', 'committed', 'launched']), plan: bootstrapPlan })
    .nullable(),
}) satisfies z.ZodType<Identity>;

export function identityPath(stateDir: string): string {
  return join(stateDir, 'identity.json');
}

/**
 * Who this node was when it last ran; null only when there is no such file. A file that cannot be
 * read is never taken for a new node (S8): it throws `E2D_IDENTITY_UNREADABLE`.
 */
export async function readIdentity(stateDir: string): Promise<Identity | null> {
  const path = identityPath(stateDir);
  let content: string;
  try {
    content = await readSmallFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, textOf(error), error);
  }
  return parseIdentity(content, path);
}

/** Replaces the identity as a whole (mode 0600), creating the state dir (0700) when needed. */
export async function writeIdentity(stateDir: string, identity: Identity): Promise<void> {
  await ensureDataDir(stateDir);
  const checked = identitySchema.parse(identity);
  await writeFileAtomically(identityPath(stateDir), `${JSON.stringify(checked, null, 2)}\n`);
}

function parseIdentity(content: string, path: string): Identity {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw unreadable(path, 'it is not JSON', error);
  }
  const parsed = identitySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const place = first === undefined || first.path.length === 0 ? 'it' : first.path.join('.');
  throw unreadable(path, `${place} is wrong (${first?.message ?? 'unknown'})`, parsed.error);
}

function unreadable(path: string, problem: string, cause: unknown): E2dError {
  return new E2dError(`This node's identity ${path} cannot be read: ${problem}.`, {
    code: 'E2D_IDENTITY_UNREADABLE',
    remedy:
      'Restore the file from a backup, or move it away if this node is to be a new one; e2d does not guess.',
    cause,
  });
}
