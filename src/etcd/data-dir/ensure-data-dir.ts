import { chmod, mkdir, stat } from 'node:fs/promises';
import { E2dError, textOf } from '../../errors/e2d-error.ts';

/**
 * Creates a directory that only its owner may enter, or narrows an existing one to that: etcd warns
 * about anything wider. Throws `E2D_DATA_DIR` when it cannot be had.
 */
export async function ensureDataDir(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { mode } = await stat(directory);
    if ((mode & 0o777) !== 0o700) await chmod(directory, 0o700);
  } catch (error) {
    throw new E2dError(`The directory ${directory} cannot be used: ${textOf(error)}.`, {
      code: 'E2D_DATA_DIR',
      remedy: 'Give a directory that the user e2d runs as owns and can write to.',
      cause: error,
    });
  }
}
