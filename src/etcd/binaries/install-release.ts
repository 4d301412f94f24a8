import { join } from 'node:path';
import { E2dError } from '../../errors/e2d-error.ts';
import { admitToCache, withWorkDir } from './admit.ts';
import { download } from './download.ts';
import type { EtcdBinaries } from './etcd-binaries.ts';
import type { Installation } from './installation.ts';
import type { EtcdRelease } from './releases.ts';
import { runProgram } from './run-program.ts';

const unpackTimeoutMs = 60_000;

/**
 * Installs an official archive. Throws an `E2dError` (`E2D_ETCD_CHECKSUM`) for an archive that is
 * not the one e2d knows, and a plain error with a reason when it cannot be had or does not run.
 */
export async function installRelease(
  release: EtcdRelease,
  installation: Installation,
): Promise<EtcdBinaries> {
  const { cacheDir, env, signal, onProgress } = installation;
  const { version, folder } = release;
  const what = `etcd ${version}`;
  return withWorkDir(cacheDir, async (workDir) => {
    const file = join(workDir, 'archive.tar.gz');
    const onBytes = (receivedBytes: number, totalBytes: number | null) =>
      onProgress({ kind: 'download', what, receivedBytes, totalBytes });
    const { url, authorization } = release;
    const sha256 = await download({ url, authorization, file, signal, onBytes });
    if (sha256 !== release.sha256) throw wrongChecksum(release, sha256);
    const members = ['etcd', 'etcdctl', 'etcdutl'].map((name) => `${folder}/${name}`);
    const args = ['-xzf', file, '-C', workDir, '--no-same-owner', ...members];
    await runProgram('tar', { args, env, signal, timeoutMs: unpackTimeoutMs });
    const dir = join(workDir, folder);
    return admitToCache({ cacheDir, dir, version, source: 'official release', signal });
  });
}

function wrongChecksum({ url, sha256 }: EtcdRelease, actual: string): E2dError {
  return new E2dError(
    `${url.href} has the SHA-256 ${actual} and not ${sha256}: it is damaged or not authentic.`,
    {
      code: 'E2D_ETCD_CHECKSUM',
      remedy:
        'Nothing was installed. Try again; if it stays so, check E2D_ETCD_RELEASES_URL and what ' +
        'stands between this machine and that server.',
    },
  );
}
