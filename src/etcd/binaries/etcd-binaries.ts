import { compareVersions, type EtcdVersion, supportOf } from './etcd-version.ts';

/** Where a usable etcd was found. */
export type EtcdOrigin = 'bin-dir' | 'cache' | 'path';

/** An etcd that e2d can run; every path is absolute. */
export interface EtcdBinaries {
  /** The folder of `etcd`. */
  readonly dir: string;
  readonly etcd: string;
  readonly etcdctl: string;
  /** Null where there is none: `etcdctl` then stands in, where its version can (3.4 and 3.5). */
  readonly etcdutl: string | null;
  readonly version: EtcdVersion;
  readonly origin: EtcdOrigin;
  /** Who made what is in the cache, e.g. `official release`; null outside the cache. */
  readonly source: string | null;
  /** Sentences for the operator: end of life, not tested, no etcdutl. */
  readonly warnings: readonly string[];
}

/** What every function of this folder needs from its caller. */
export interface EtcdSearch {
  /** `--etcd-bin-dir`; otherwise `E2D_ETCD_BIN_DIR` of `env`. */
  readonly binDir?: string | undefined;
  /** `--etcd-cache-dir`; otherwise `E2D_ETCD_CACHE_DIR`, else `$XDG_CACHE_HOME/e2d/etcd`. */
  readonly cacheDir?: string | undefined;
  /** `--etcd-version`: `3.6.14`, or `3.6` for its newest patch; otherwise `E2D_ETCD_VERSION`. */
  readonly version?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The sentences an operator should read before relying on this etcd. */
export function warningsFor(version: EtcdVersion, etcdutl: string | null): string[] {
  const warnings: string[] = [];
  const support = supportOf(version);
  if (support === 'end-of-life') {
    warnings.push(
      `etcd ${version} is past its end of life: move to 3.5 or 3.6. etcdctl stands in for etcdutl.`,
    );
  }
  if (support === 'untested') {
    warnings.push(`etcd ${version} is newer than what e2d is tested with (3.5 and 3.6).`);
  }
  if (etcdutl === null && support !== 'end-of-life') {
    warnings.push(
      compareVersions(version, '3.6.0') < 0
        ? `etcd ${version} comes without etcdutl: etcdctl stands in for it.`
        : `etcd ${version} comes without etcdutl: snapshots cannot be checked or restored here.`,
    );
  }
  return warnings;
}
