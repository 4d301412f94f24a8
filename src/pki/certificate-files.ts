import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import type { KeyPair } from './authority.ts';
import { pkiFailure } from './failure.ts';

/** A certificate, which everybody may read, or a key, which its owner alone may. */
export interface NewFile {
  readonly path: string;
  readonly content: string;
  readonly kind: 'certificate' | 'key';
}

export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The key first: who finds the new certificate finds its key too. */
export function filesOf(pair: KeyPair, { certFile, keyFile }: PairFiles): readonly NewFile[] {
  return [
    { path: keyFile, content: pair.key, kind: 'key' },
    { path: certFile, content: pair.certificate, kind: 'certificate' },
  ];
}

/**
 * Before anything is made: rejects with `E2D_PKI_EXISTS`, naming all that is in the way, unless it
 * may be written over, and with `E2D_PKI_FILE` when two of the files are to be one.
 */
export async function makeWay(
  paths: readonly string[],
  { force }: { readonly force: boolean },
): Promise<void> {
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) {
    throw pkiFailure('E2D_PKI_FILE', `Two things would be written to the one file ${twice}.`);
  }
  if (force) return;
  const found = await Promise.all(paths.map(isThere));
  const inTheWay = paths.filter((_, at) => found[at] === true);
  if (inTheWay.length === 0) return;
  const verb = inTheWay.length === 1 ? 'is' : 'are';
  throw pkiFailure(
    'E2D_PKI_EXISTS',
    `Nothing was written, because ${inTheWay.join(', ')} ${verb} there already.`,
  );
}

/**
 * Writes all files or, as far as a file system lets it, none: each is written beside its place and
 * synced, and only then are they moved into place in their order, over what is there. What is
 * replaced keeps its owner, a certificate its mode, and a key its group's access; a symbolic link
 * stays one. Folders are made (0755). Rejects with `E2D_PKI_FILE`.
 */
export async function writeFiles(files: readonly NewFile[]): Promise<void> {
  const prepared: Prepared[] = [];
  try {
    for (const file of files) prepared.push(await prepare(file));
    for (const { temporary, target } of prepared) await rename(temporary, target);
    const folders = new Set(prepared.map(({ target }) => dirname(target)));
    for (const folder of folders) await syncFolder(folder);
  } catch (cause) {
    await Promise.all(prepared.map(({ temporary }) => rm(temporary, { force: true })));
    throw pkiFailure(
      'E2D_PKI_FILE',
      `The certificates and keys cannot be written (${textOf(cause)}).`,
      cause,
    );
  }
}

interface Prepared {
  readonly temporary: string;
  readonly target: string;
}

async function prepare({ path, content, kind }: NewFile): Promise<Prepared> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const target = await realpath(path).catch(() => path);
  const previous = await stat(target).catch(() => null);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  const modeOfKey = 0o600 | ((previous?.mode ?? 0) & 0o040);
  const mode = kind === 'key' ? modeOfKey : (previous?.mode ?? 0o644) & 0o777;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  if (previous !== null) await keepOwner(temporary, previous);
  return { temporary, target };
}

/** When root renews for the user that e2d runs as, that user must still read the key. */
async function keepOwner(path: string, previous: { uid: number; gid: number }): Promise<void> {
  const own = await stat(path);
  if (own.uid === previous.uid && own.gid === previous.gid) return;
  await chown(path, previous.uid, previous.gid).catch(async (error) => {
    await rm(path, { force: true });
    throw error;
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A link that leads nowhere is there too. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
