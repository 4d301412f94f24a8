import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { E2dError } from '../errors/e2d-error.ts';

/**
 * Looks at a control socket before anything is said to it: one that somebody else has put there is
 * to learn nothing. Gives the token that its e2d asks for; null where it left none, as earlier ones
 * do. Throws `E2D_CONTROL_UNTRUSTED`, or what the system says.
 */
export async function examineSocket(path: string): Promise<{ readonly token: string | null }> {
  const folder = dirname(path);
  const [socket, around] = [await lstat(path), await stat(folder)];
  const ownUid = process.geteuid?.() ?? 0;
  const trusted = [ownUid, 0];
  // Root may look after an e2d that runs as another user, whose folder that is.
  if (ownUid === 0) trusted.push(around.uid);
  if (!trusted.includes(around.uid)) throw untrusted(`${folder} belongs to user ${around.uid}`);
  if ((around.mode & 0o022) !== 0) throw untrusted(`others may write to ${folder}`);
  if (!trusted.includes(socket.uid)) throw untrusted(`${path} belongs to user ${socket.uid}`);
  const token = await readFile(join(folder, 'control.token'), 'utf8').catch(
    (problem: NodeJS.ErrnoException) => {
      if (problem.code === 'ENOENT') return null;
      throw problem;
    },
  );
  return { token: token === null ? null : token.trim() };
}

function untrusted(why: string): E2dError {
  return new E2dError(`The control socket may be another user's: ${why}. Nothing was said to it.`, {
    code: 'E2D_CONTROL_UNTRUSTED',
    remedy:
      'Ask as the user that e2d runs as, or as root; that user alone may write to its state dir.',
  });
}
