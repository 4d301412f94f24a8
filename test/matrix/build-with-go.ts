import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { admitToCache, withWorkDir } from '../../src/etcd/binaries/admit.ts';
import type { EtcdBinaries } from '../../src/etcd/binaries/etcd-binaries.ts';
import type { EtcdVersion } from '../../src/etcd/binaries/etcd-version.ts';
import { runProgram } from '../../src/etcd/binaries/run-program.ts';

const modules = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
};
const fetchTimeoutMs = 5 * 60_000;
const buildTimeoutMs = 15 * 60_000;

export interface GoBuild {
  readonly version: EtcdVersion;
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/**
 * Builds etcd from its Go modules into e2d's cache. It is the released source without the released
 * build's version stamps, good for testing behaviour. Throws when there is no Go toolchain that is
 * new enough, or its module proxy cannot be reached.
 */
export async function buildWithGo({ version, cacheDir, signal }: GoBuild): Promise<EtcdBinaries> {
  return withWorkDir(cacheDir, async (workDir) => {
    const cwd = join(workDir, 'module');
    const dir = join(workDir, 'programs');
    await mkdir(cwd);
    await mkdir(dir);
    await writeFile(join(cwd, 'go.mod'), 'module e2d.invalid/etcd-build\n\ngo 1.24\n');
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off', CGO_ENABLED: '0' };
    const go = (args: readonly string[], timeoutMs: number) =>
      runProgram('go', { args, env, cwd, signal, timeoutMs });
    const wanted = Object.values(modules).map((module) => `${module}@v${version}`);
    await go(['get', ...wanted], fetchTimeoutMs);
    for (const [name, module] of Object.entries(modules)) {
      const built = join(workDir, name);
      await go(['build', '-trimpath', '-ldflags=-s -w', '-o', built, module], buildTimeoutMs);
      await rename(built, join(dir, name));
    }
    const source = `Go modules go.etcd.io/etcd v${version}`;
    return admitToCache({ cacheDir, dir, version, source, signal });
  });
}
