import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { cacheDirOf, readCache } from './cache.ts';
import type { EtcdBinaries, EtcdSearch } from './etcd-binaries.ts';
import { matchesPin, supportOf, type VersionPin } from './etcd-version.ts';
import { pinOf } from './find.ts';
import { installPackages } from './install-packages.ts';
import { installRelease } from './install-release.ts';
import type { Installation } from './installation.ts';
import type { OnProgress } from './progress.ts';
import { chooseRelease } from './releases.ts';

export interface EtcdInstallOptions extends Omit<EtcdSearch, 'binDir'> {
  readonly onProgress: OnProgress;
  /** More that was tried in vain before, for the error when nothing can be installed. */
  readonly passedOver?: readonly string[];
}

/**
 * Puts etcd into e2d's cache and returns it: the pinned version, else the newest release whose
 * checksum is built in; from the official releases, else from the system's package manager.
 * What is cached already is not fetched again. Throws an `E2dError`: `E2D_ETCD_CHECKSUM`,
 * `E2D_ETCD_CACHE`, or `E2D_ETCD_NOT_FOUND` with every reason.
 */
export async function installEtcd(options: EtcdInstallOptions): Promise<EtcdBinaries> {
  const pin = pinOf(options);
  const { env, signal, onProgress } = options;
  if (pin !== null) refuseUnsupported(pin);
  const installation = { pin, cacheDir: cacheDirOf(options), env, signal, onProgress };
  const release = chooseRelease(pin, { env });
  const wanted = release?.version ?? pin?.text;
  const cached = await readCache(installation.cacheDir);
  const already = cached.find(({ version }) => version === wanted);
  if (already !== undefined) return already;

  const reasons = [...(options.passedOver ?? [])];
  for (const { source, install } of waysToInstall(installation, release)) {
    try {
      const binaries = await install();
      onProgress({ kind: 'installed', version: binaries.version, dir: binaries.dir });
      return binaries;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof E2dError) throw error;
      reasons.push(`${source}: ${textOf(error)}`);
      onProgress({ kind: 'refused', source, reason: textOf(error) });
    }
  }
  const fallback = cached.find(({ version }) => matchesPin(version, pin));
  if (fallback !== undefined) return fallback;
  throw notFound(pin, reasons);
}

interface WayToInstall {
  readonly source: string;
  readonly install: () => Promise<EtcdBinaries>;
}

function waysToInstall(
  installation: Installation,
  release: ReturnType<typeof chooseRelease>,
): WayToInstall[] {
  const fromRelease = async () => {
    if (release === null) throw new Error('no checksum of such a release is built in');
    return installRelease(release, installation);
  };
  return [
    { source: 'official releases', install: fromRelease },
    { source: 'package manager', install: () => installPackages(installation) },
  ];
}

function refuseUnsupported(pin: VersionPin): void {
  if (supportOf(`${pin.major}.${pin.minor}.${pin.patch ?? 0}`) !== 'refused') return;
  throw new E2dError(`etcd ${pin.text} is not supported.`, {
    code: 'E2D_ETCD_VERSION',
    remedy: 'e2d runs etcd 3.5 and 3.6, and 3.4 with a warning.',
    exit: 2,
  });
}

function notFound(pin: VersionPin | null, reasons: readonly string[]): E2dError {
  const what = pin === null ? 'etcd' : `etcd ${pin.text}`;
  const message = `${what} was neither found nor could it be installed: ${reasons.join('; ')}.`;
  return new E2dError(message, {
    code: 'E2D_ETCD_NOT_FOUND',
    remedy:
      'Name the folder of etcd and etcdctl with --etcd-bin-dir, or a mirror of the releases ' +
      'with E2D_ETCD_RELEASES_URL.',
  });
}
