import { open } from 'node:fs/promises';
import { E2dError } from '../../errors/e2d-error.ts';
import { type StoreProblem, storeError } from './store-error.ts';

const problems: Readonly<Record<string, StoreProblem>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOENT: 'missing',
  EEXIST: 'exists',
  ETIMEDOUT: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
};

/** The system's code of a failed call, e.g. `ENOENT`; '' for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** What a failed call on the file system means for the store. A store's own error stays itself. */
export function fileFault(error: unknown, place: string, doing: string): E2dError {
  if (error instanceof E2dError) return error;
  return storeError(problems[codeOf(error)] ?? 'failed', { place, doing, cause: error });
}

/** What a busy process, or a network file system, may answer once and not again. */
export function mayPass(error: unknown): boolean {
  return /^(EAGAIN|EINTR|EBUSY|EMFILE|ENFILE|ESTALE|ETIMEDOUT)$/.test(codeOf(error));
}

/** Makes names in a folder as durable as the files they name. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot, and need not.
    if (!/^(EINVAL|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}
