import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the token of a control socket lies. */
export function tokenPathOf(socketPath: string): string {
  return join(dirname(socketPath), 'control.token');
}

/**
 * Draws a new token and leaves it where its owner alone can read it. That a client knows it is what
 * the server can have in place of its user id, which Node cannot ask a socket for.
 */
export async function writeToken(path: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, `${token}\n`, { flag: 'wx', mode: 0o600 });
  await rename(draft, path);
  return token;
}

/** Takes as long wherever the two differ. */
export function isToken(given: string | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
