import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
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

/**
 * As `ensureDataDir`, for the folder of the control socket, the identity and the event log: it and
 * what lies in it must be this user's, lest somebody else has put something there or can. Throws
 * `E2D_STATE_DIR`.
 */
export async function ensureStateDir(directory: string): Promise<void> {
  const ownUid = process.geteuid?.();
  const owner = await stat(directory).then(
    ({ uid }) => uid,
    () => ownUid,
  );
  if (owner !== ownUid) {
    throw notOurs(
      `The state dir ${directory} belongs to user ${owner}, and e2d runs as ${ownUid}.`,
      {
        remedy: `Give it to the user that e2d runs as ("chown -R ${ownUid} ${directory}").`,
      },
    );
  }
  await ensureDataDir(directory);
  const names = await readdir(directory);
  for (const name of names) {
    const uid = await lstat(join(directory, name)).then(
      (found) => found.uid,
      () => ownUid,
    );
    if (uid === ownUid || uid === 0) continue;
    throw notOurs(`${join(directory, name)} in the state dir belongs to user ${uid}.`, {
      remedy: 'Somebody else could write there: look at what it is, and remove it or take it over.',
    });
  }
}

function notOurs(message: string, { remedy }: { readonly remedy: string }): E2dError {
  return new E2dError(message, { code: 'E2D_STATE_DIR', remedy });
}
