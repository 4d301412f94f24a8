import { loadValues } from '../config/load-config.ts';
import { resolvePaths } from '../config/paths.ts';
import { thisMachine } from '../config/surroundings.ts';
import type { EtcdSearch } from '../etcd/binaries/etcd-binaries.ts';
import type { Invocation } from './command.ts';
import { helpOf } from './own-flags.ts';

/** Where the `e2d etcd` commands look, by the same options as `e2d run`. */
export async function etcdSearch(
  { command, flags }: Invocation,
  signal: AbortSignal,
): Promise<EtcdSearch> {
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const releasesUrl = values['etcd-releases-url'];
  const mirror = releasesUrl === undefined ? {} : { E2D_ETCD_RELEASES_URL: releasesUrl };
  return {
    binDir: values['etcd-bin-dir'],
    cacheDir: resolvePaths(values, surroundings).etcdCacheDir,
    version: values['etcd-version'],
    env: { ...process.env, ...mirror },
    signal,
  };
}
