import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { cacheDirOf, readCache } from './cache.ts';
import type { EtcdBinaries, EtcdSearch } from './etcd-binaries.ts';
import type { EtcdVersion } from './etcd-version.ts';
import { binDirOf, findEtcd, findOnPath } from './find.ts';
import { releasedVersions } from './releases.ts';

export interface EtcdListing {
  readonly cacheDir: string;
  /** Every usable etcd of this machine, in the order in which e2d looks for them. */
  readonly found: readonly (EtcdBinaries & {
    /** Whether `e2d run` with the same options would take this one. */
    readonly selected: boolean;
  })[];
  /** Sentences about places whose etcd is of no use. */
  readonly problems: readonly string[];
  /** Versions that `e2d etcd install --version` can take from the official releases. */
  readonly installable: readonly EtcdVersion[];
}

/** For `e2d etcd list`; a bin dir of no use is a problem of the listing and not an error. */
export async function listEtcd(search: EtcdSearch): Promise<EtcdListing> {
  const problems: string[] = [];
  const note = (error: unknown): null => {
    search.signal.throwIfAborted();
    if (!(error instanceof E2dError)) throw error;
    problems.push(textOf(error));
    return null;
  };
  const cacheDir = cacheDirOf(search);
  const chosen = await findEtcd(search).catch(note);
  const named = binDirOf(search) === null ? null : (chosen?.binaries ?? null);
  const onPath = await findOnPath(search, null);
  const all = [named, ...(await readCache(cacheDir)), onPath.binaries];
  const found = all
    .filter((binaries) => binaries !== null)
    .map((binaries) => ({ ...binaries, selected: isSame(binaries, chosen?.binaries ?? null) }));
  problems.push(...onPath.passedOver);
  return { cacheDir, found, problems, installable: releasedVersions() };
}

function isSame(a: EtcdBinaries, b: EtcdBinaries | null): boolean {
  return a.etcd === b?.etcd && a.origin === b.origin;
}
