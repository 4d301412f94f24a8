import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../binaries/etcd-binaries.ts';
import { compareVersions } from '../binaries/etcd-version.ts';
import { readBoltFile } from '../data-dir/bolt-file.ts';
import { etcdEnvironment } from '../flags/etcd-environment.ts';
import { runTool, type ToolEnd } from './run-tool.ts';
import { syncTree } from './sync-tree.ts';
import { corruptSnapshot, toolFailure } from './tool-failure.ts';

export interface SnapshotStatus {
  readonly revision: number;
  /** Rows of the database, as this tool counts them: a key counts once for each revision of it. */
  readonly keys: number;
  readonly sizeBytes: number;
  readonly hash: number;
  /** Told by etcd 3.6's tool of a snapshot of etcd 3.6 or later, e.g. `3.6.0`; else null. */
  readonly storageVersion: string | null;
}

export interface RestoreRequest {
  /** etcd's database, as `Maintenance.Snapshot` gives it or as it lies in a data dir. */
  readonly file: string;
  /** Must not exist; its parent must. */
  readonly dataDir: string;
  readonly name: string;
  readonly peerUrl: string;
  /** `name=peerURL` pairs joined by commas, this member's among them. */
  readonly initialCluster: string;
  readonly token: string;
  /**
   * What vouches for the database: etcd's SHA-256 behind it; every page of it, where there is none;
   * or whoever asks, who has just checked the content.
   */
  readonly integrity: 'trailer' | 'pages' | 'known';
  /** How far revisions jump, marked as compacted, so that watchers notice; null: not at all. */
  readonly bumpRevision: number | null;
  readonly signal: AbortSignal;
}

export interface SnapshotTool {
  /**
   * Reads and checks every page. Throws `E2D_SNAPSHOT_CORRUPT` for what is no sound database, and
   * `E2D_RESTORE_FAILED` where that cannot be found out here.
   */
  status(file: string, bounds: { readonly signal: AbortSignal }): Promise<SnapshotStatus>;
  /**
   * Makes a data dir of a snapshot, durably. When it rejects, the data dir is gone again and no
   * process of it runs. Throws `E2D_SNAPSHOT_CORRUPT`, `E2D_RESTORE_FAILED` (the target exists, the
   * disk is full, ...) or the signal's reason.
   */
  restore(request: RestoreRequest): Promise<void>;
  /** Whether `bumpRevision` can be used: etcd 3.6, and the later patches of 3.5. */
  canBump(bounds: { readonly signal: AbortSignal }): Promise<boolean>;
}

const helpTimeoutMs = 15_000;
/** For the largest database that etcd is meant for, on a slow disk. */
const workTimeoutMs = 30 * 60_000;

const statusSchema = z.object({
  revision: z.int().nonnegative(),
  totalKey: z.int().nonnegative(),
  totalSize: z.int().nonnegative(),
  hash: z.int().nonnegative(),
  version: z.string().optional(),
});

/** etcd's own tool for snapshots in files: etcdutl, or etcdctl where that still can do it. */
export function snapshotTool(binaries: EtcdBinaries): SnapshotTool {
  const program = programOf(binaries);
  // Without the stacks of all goroutines: the reason is what is wanted of a crash.
  const environment = {
    ...etcdEnvironment(process.env),
    ETCDCTL_API: '3',
    GOTRACEBACK: 'none',
  };
  const run = (args: readonly string[], signal: AbortSignal, timeoutMs = workTimeoutMs) =>
    runTool(program(), { args: ['snapshot', ...args], environment, signal, timeoutMs });

  const status: SnapshotTool['status'] = async (file, { signal }) => {
    await checkHeader(file);
    const end = await run(['status', resolve(file), '--write-out=json'], signal);
    if (end.code !== 0) throw toolFailure(program(), file, end);
    return statusOf(program(), end);
  };

  const canBump: SnapshotTool['canBump'] = async ({ signal }) => {
    const { stdout, stderr } = await run(['restore', '--help'], signal, helpTimeoutMs);
    return `${stdout}${stderr}`.includes('--bump-revision');
  };

  const restore: SnapshotTool['restore'] = async (request) => {
    const { file, signal, bumpRevision } = request;
    signal.throwIfAborted();
    await checkHeader(file);
    if (request.integrity === 'pages') await status(file, { signal });
    if (bumpRevision !== null && !(await canBump({ signal }))) throw cannotBump(binaries);
    await intoNewFolder(request, async (target) => {
      const end = await run(restoreArguments(request, target), signal);
      if (end.code !== 0) throw toolFailure(program(), file, end);
    });
  };

  return { status, restore, canBump };
}

function programOf(binaries: EtcdBinaries): () => string {
  const { etcdutl, etcdctl, version } = binaries;
  return () => {
    if (etcdutl !== null) return etcdutl;
    if (compareVersions(version, '3.6.0') < 0) return etcdctl;
    throw new E2dError(`etcd ${version} in ${binaries.dir} comes without etcdutl.`, {
      code: 'E2D_RESTORE_FAILED',
      remedy: 'Install etcdutl of the same version beside etcd.',
    });
  };
}

/** Cheap, and spares a tool that does not expect it a file that is shorter than it says. */
async function checkHeader(file: string): Promise<void> {
  const found = await readBoltFile(file).catch((cause) => {
    throw unreadableFile(file, textOf(cause), cause);
  });
  if (found.kind === 'missing') throw unreadableFile(file, 'there is no such file');
  if (found.kind === 'empty') throw corruptSnapshot(file, 'it is empty');
  if (found.kind === 'damaged') throw corruptSnapshot(file, found.problem);
}

function unreadableFile(file: string, problem: string, cause?: unknown): E2dError {
  return new E2dError(`The snapshot ${file} cannot be read: ${problem}.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Name a file that this user can read.',
    cause,
  });
}

function statusOf(program: string, { stdout }: ToolEnd): SnapshotStatus {
  try {
    const told = statusSchema.parse(JSON.parse(stdout));
    const { revision, totalKey: keys, totalSize: sizeBytes, hash, version = '' } = told;
    return { revision, keys, sizeBytes, hash, storageVersion: version === '' ? null : version };
  } catch (cause) {
    throw new E2dError(`${program} printed no status that can be read.`, {
      code: 'E2D_RESTORE_FAILED',
      remedy: 'Check that it is the etcdutl of etcd.',
      cause,
    });
  }
}

function restoreArguments(request: RestoreRequest, dataDir: string): string[] {
  const bump = request.bumpRevision;
  return [
    'restore',
    resolve(request.file),
    `--data-dir=${dataDir}`,
    `--name=${request.name}`,
    `--initial-advertise-peer-urls=${request.peerUrl}`,
    `--initial-cluster=${request.initialCluster}`,
    `--initial-cluster-token=${request.token}`,
    ...(request.integrity === 'trailer' ? [] : ['--skip-hash-check']),
    ...(bump === null ? [] : [`--bump-revision=${bump}`, '--mark-compacted']),
  ];
}

/**
 * Claims the data dir by making it, so that what is removed after a failure is never another's.
 * etcd's tools want to make their folder themselves: they do so inside, and it is moved up.
 */
async function intoNewFolder(
  { dataDir, signal }: RestoreRequest,
  fill: (target: string) => Promise<void>,
): Promise<void> {
  const folder = resolve(dataDir);
  await mkdir(folder, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST' ? targetExists(folder) : restoreFailed(folder, cause);
  });
  try {
    const target = join(folder, 'restoring');
    await fill(target);
    await rename(join(target, 'member'), join(folder, 'member'));
    await rmdir(target);
    await syncTree(folder, signal);
    signal.throwIfAborted();
  } catch (problem) {
    await rm(folder, { recursive: true, force: true });
    if (signal.aborted || problem instanceof E2dError) throw problem;
    throw restoreFailed(folder, problem);
  }
}

function targetExists(folder: string): E2dError {
  return new E2dError(`${folder} exists already: nothing is restored over it.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Name a folder that does not exist yet.',
  });
}

function restoreFailed(folder: string, cause: unknown): E2dError {
  return new E2dError(`The snapshot could not be restored into ${folder}: ${textOf(cause)}.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Remove the cause on this machine and try again.',
    cause,
  });
}

function cannotBump({ version }: EtcdBinaries): E2dError {
  return new E2dError(`The tool of etcd ${version} cannot make revisions jump on restore.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Use etcd 3.6, or restore without a jump and restart every watcher.',
  });
}
