import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { type Manifest, manifestFile, readCached } from './cache.ts';
import type { EtcdBinaries } from './etcd-binaries.ts';
import type { EtcdVersion } from './etcd-version.ts';
import { askVersion } from './probe-binaries.ts';

const workPrefix = '.installing-';
const abandonedAfterMs = 24 * 3600 * 1000;
const programs = ['etcd', 'etcdctl', 'etcdutl'];

/**
 * Gives `use` a work folder inside the cache (so that a rename moves into the cache atomically) and
 * removes it afterwards, whatever happened.
 */
export async function withWorkDir<T>(
  cacheDir: string,
  use: (workDir: string) => Promise<T>,
): Promise<T> {
  const workDir = await makeWorkDir(cacheDir);
  try {
    return await use(workDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function makeWorkDir(cacheDir: string): Promise<string> {
  try {
    await makePublicFolder(cacheDir);
    await sweepAbandoned(cacheDir);
    return await mkdtemp(join(cacheDir, workPrefix));
  } catch (cause) {
    throw new E2dError(`The etcd cache ${cacheDir} cannot be written: ${textOf(cause)}.`, {
      code: 'E2D_ETCD_CACHE',
      remedy: 'Name a folder that can be written with --etcd-cache-dir.',
      cause,
    });
  }
}

/** Programs are no secret, and are one for all users also where a daemon's files are its own. */
async function makePublicFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

/** An installation that was killed leaves its work folder; nobody else's is a day old. */
async function sweepAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(workPrefix)) continue;
    const path = join(cacheDir, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}

export interface Admission {
  readonly cacheDir: string;
  /** A folder of a work folder that has `etcd`, `etcdctl` and perhaps `etcdutl`. */
  readonly dir: string;
  /** What `etcd --version` must say; anything else is refused. */
  readonly version: EtcdVersion;
  readonly source: string;
  readonly signal: AbortSignal;
}

/**
 * Moves unpacked programs into the cache, provided that they run on this machine. Several processes
 * may do this at once: the first rename wins and the others use its result.
 */
export async function admitToCache(admission: Admission): Promise<EtcdBinaries> {
  const { cacheDir, dir, version, source } = admission;
  await verify(admission);
  const manifest: Manifest = { version, source };
  const manifestPath = join(dir, manifestFile);
  await writeFile(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  await chmod(manifestPath, 0o644);
  await chmod(dir, 0o755);
  for (const name of await readdir(dir)) await syncToDisk(join(dir, name));
  await syncToDisk(dir);
  await moveInto(dir, { cacheDir, version });
  await syncToDisk(cacheDir);
  const admitted = await readCached(cacheDir, version);
  if (admitted === null) throw new Error(`${join(cacheDir, version)} vanished while installing`);
  return admitted;
}

async function verify({ dir, version, signal }: Admission): Promise<void> {
  const there = await readdir(dir);
  for (const name of ['etcd', 'etcdctl']) {
    if (!there.includes(name)) throw new Error(`it has no ${name}`);
  }
  for (const name of programs) if (there.includes(name)) await chmod(join(dir, name), 0o755);
  const actual = await askVersion(join(dir, 'etcd'), signal);
  if (actual !== version) throw new Error(`it is etcd ${actual} and not ${version}`);
}

async function moveInto(
  dir: string,
  { cacheDir, version }: { cacheDir: string; version: EtcdVersion },
): Promise<void> {
  const target = join(cacheDir, version);
  try {
    await rename(dir, target);
  } catch (error) {
    if ((await readCached(cacheDir, version)) !== null) return;
    if (!isOccupied(error)) throw error;
    // What is there is no finished installation: move it into our work folder, which is removed.
    await rename(target, `${dir}.damaged`);
    await rename(dir, target);
  }
}

function isOccupied(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR';
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
