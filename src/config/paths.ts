import { isAbsolute, join, resolve } from 'node:path';
import type { OptionValues } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** The longest path that a Unix socket can be bound to on Linux, in bytes. */
const longestSocketPath = 107;

export interface Paths {
  readonly dataDir: string;
  readonly stateDir: string;
  readonly etcdCacheDir: string;
}

export function resolvePaths(
  values: Pick<OptionValues, 'data-dir' | 'state-dir' | 'etcd-cache-dir'>,
  { cwd, env, homeDir }: Pick<Surroundings, 'cwd' | 'env' | 'homeDir'>,
): Paths {
  const dataDir = resolve(cwd, values['data-dir']);
  // The XDG base directory specification has relative paths ignored.
  const xdg = env['XDG_CACHE_HOME'] ?? '';
  const cacheHome = isAbsolute(xdg) ? xdg : join(homeDir, '.cache');
  return {
    dataDir,
    stateDir: resolve(cwd, values['state-dir'] ?? join(dataDir, 'e2d')),
    etcdCacheDir: resolve(cwd, values['etcd-cache-dir'] ?? join(cacheHome, 'e2d', 'etcd')),
  };
}

/** The control socket of the e2d that owns a state dir. */
export function controlSocketOf(stateDir: string): string {
  return join(stateDir, 'e2d.sock');
}

export function socketPathFits(path: string): boolean {
  return Buffer.byteLength(path) <= longestSocketPath;
}
