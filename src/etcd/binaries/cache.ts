import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { readSmallFile } from '../data-dir/small-file.ts';
import { type EtcdBinaries, type EtcdSearch, warningsFor } from './etcd-binaries.ts';
import { byPreference, type EtcdVersion, parseEtcdVersion } from './etcd-version.ts';
import { firstExecutable } from './probe-binaries.ts';

export const manifestFile = 'manifest.json';

const manifestSchema = z.object({
  version: z.string(),
  source: z.string(),
});

/** Kept beside cached binaries, so that starting e2d need not run `etcd --version`. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The folder whose sub-folders are versions: `<cacheDir>/3.6.14/etcd`. */
export function cacheDirOf(search: Pick<EtcdSearch, 'cacheDir' | 'env'>): string {
  const named = search.cacheDir ?? search.env['E2D_ETCD_CACHE_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  const xdg = search.env['XDG_CACHE_HOME'] ?? '';
  const home = search.env['HOME'] || homedir();
  return join(isAbsolute(xdg) ? xdg : join(home, '.cache'), 'e2d', 'etcd');
}

/** Everything usable in the cache, what e2d would rather run first. */
export async function readCache(cacheDir: string): Promise<EtcdBinaries[]> {
  const names = await readdir(cacheDir).catch(() => []);
  const versions = names.map(parseEtcdVersion).filter((version) => version !== null);
  const found = await Promise.all(
    versions.sort(byPreference).map((version) => readCached(cacheDir, version)),
  );
  return found.filter((binaries) => binaries !== null);
}

/** One version of the cache, or null when it is absent or incomplete. */
export async function readCached(
  cacheDir: string,
  version: EtcdVersion,
): Promise<EtcdBinaries | null> {
  const dir = join(cacheDir, version);
  const manifest = await readManifest(join(dir, manifestFile));
  if (manifest?.version !== version) return null;
  const [etcd, etcdctl, etcdutl] = await Promise.all(
    ['etcd', 'etcdctl', 'etcdutl'].map((name) => firstExecutable(name, [dir])),
  );
  if (!etcd || !etcdctl) return null;
  const warnings = warningsFor(version, etcdutl ?? null);
  const { source } = manifest;
  return {
    ...{ dir, etcd, etcdctl, etcdutl: etcdutl ?? null },
    ...{ version, origin: 'cache', source, warnings },
  };
}

async function readManifest(path: string): Promise<Manifest | null> {
  try {
    return manifestSchema.parse(JSON.parse(await readSmallFile(path)));
  } catch {
    // No manifest, or a damaged one: the folder is not a finished installation.
    return null;
  }
}
