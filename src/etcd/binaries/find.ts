import { dirname, resolve } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { cacheDirOf, readCache } from './cache.ts';
import {
  type EtcdBinaries,
  type EtcdOrigin,
  type EtcdSearch,
  warningsFor,
} from './etcd-binaries.ts';
import { matchesPin, parseVersionPin, supportOf, type VersionPin } from './etcd-version.ts';
import { askVersion, firstExecutable } from './probe-binaries.ts';

/** What a search came to: at most one etcd, and why other places gave none. */
export interface EtcdFinding {
  readonly binaries: EtcdBinaries | null;
  /** Sentences about places that were looked at in vain. */
  readonly passedOver: readonly string[];
}

/**
 * Looks for etcd in `--etcd-bin-dir`, in e2d's cache and on PATH, and installs nothing. A bin dir
 * that was named and is of no use is an error: what was asked for is never silently replaced.
 */
export async function findEtcd(search: EtcdSearch): Promise<EtcdFinding> {
  const pin = pinOf(search);
  const binDir = binDirOf(search);
  if (binDir !== null) {
    return { binaries: await useBinDir(binDir, pin, search.signal), passedOver: [] };
  }
  const cached = await readCache(cacheDirOf(search));
  const match = cached.find(({ version }) => matchesPin(version, pin));
  if (match !== undefined) return { binaries: match, passedOver: [] };
  return findOnPath(search, pin);
}

/** The version that was asked for, or null. */
export function pinOf({ version, env }: Pick<EtcdSearch, 'version' | 'env'>): VersionPin | null {
  const text = version ?? env['E2D_ETCD_VERSION'] ?? '';
  return text === '' ? null : parseVersionPin(text);
}

/** The bin dir that was asked for as an absolute path, or null. */
export function binDirOf({ binDir, env }: Pick<EtcdSearch, 'binDir' | 'env'>): string | null {
  const named = binDir ?? env['E2D_ETCD_BIN_DIR'] ?? '';
  return named === '' ? null : resolve(named);
}

async function useBinDir(
  dir: string,
  pin: VersionPin | null,
  signal: AbortSignal,
): Promise<EtcdBinaries> {
  const probe = await probeFolders([dir], 'bin-dir', signal);
  if (typeof probe === 'string') throw badBinDir(dir, probe);
  if (probe === null) throw badBinDir(dir, 'it has no executable etcd');
  if (!matchesPin(probe.version, pin)) {
    throw badBinDir(dir, `it has etcd ${probe.version} and the version asked for is ${pin?.text}`);
  }
  return probe;
}

function badBinDir(dir: string, reason: string): E2dError {
  return new E2dError(`--etcd-bin-dir ${dir} cannot be used: ${reason}.`, {
    code: 'E2D_ETCD_BIN_DIR',
    remedy: 'Name a folder with etcd and etcdctl 3.5 or 3.6, or leave --etcd-bin-dir out.',
    exit: 2,
  });
}

/** Looks on PATH alone. */
export async function findOnPath(
  { env, signal }: Pick<EtcdSearch, 'env' | 'signal'>,
  pin: VersionPin | null,
): Promise<EtcdFinding> {
  const folders = (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const probe = await probeFolders(folders, 'path', signal);
  if (probe === null) return { binaries: null, passedOver: ['there is no etcd on PATH'] };
  if (typeof probe === 'string') return { binaries: null, passedOver: [`on PATH ${probe}`] };
  if (matchesPin(probe.version, pin)) return { binaries: probe, passedOver: [] };
  return { binaries: null, passedOver: [`${probe.etcd} on PATH is etcd ${probe.version}`] };
}

/** Null when the folders have no etcd; a reason when what they have is of no use. */
async function probeFolders(
  folders: readonly string[],
  origin: EtcdOrigin,
  signal: AbortSignal,
): Promise<EtcdBinaries | string | null> {
  const etcd = await firstExecutable('etcd', folders);
  if (etcd === null) return null;
  const dir = dirname(etcd);
  const besideFirst = [dir, ...folders];
  const etcdctl = await firstExecutable('etcdctl', besideFirst);
  if (etcdctl === null) return `${etcd} is there but etcdctl is not`;
  const etcdutl = await firstExecutable('etcdutl', besideFirst);
  try {
    const version = await askVersion(etcd, signal);
    if (supportOf(version) === 'refused') return `${etcd} is etcd ${version}, which is too old`;
    const warnings = warningsFor(version, etcdutl);
    return { dir, etcd, etcdctl, etcdutl, version, origin, source: null, warnings };
  } catch (error) {
    signal.throwIfAborted();
    return `${etcd} does not run: ${textOf(error)}`;
  }
}
