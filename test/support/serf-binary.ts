import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The `serf` to test against: on PATH, in the test cache, or unpacked there from Debian's package.
 */
export async function findSerf(): Promise<string> {
  const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? tmpdir(), 'e2d-test');
  const cached = join(cacheDir, 'serf', 'usr', 'bin', 'serf');
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, 'serf'));
  for (const candidate of [...onPath, cached]) {
    if (await isExecutable(candidate)) return candidate;
  }
  await unpack(cacheDir);
  return cached;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Into a folder of its own first: tests that run at the same time never see half a package. */
async function unpack(cacheDir: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const workDir = await mkdtemp(join(cacheDir, 'serf-'));
  try {
    await download(workDir);
    const archive = (await readdir(workDir)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get downloaded no package');
    await run('dpkg-deb', ['-x', join(workDir, archive), join(workDir, 'serf')]);
    await rename(join(workDir, 'serf'), join(cacheDir, 'serf')).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    });
  } catch (error) {
    throw new Error(
      'The tests against real serf agents need the program "serf": it is not on PATH, and ' +
        `getting it with "apt-get download serf" failed: ${(error as Error).message}`,
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function download(workDir: string): Promise<void> {
  const options = { cwd: workDir, timeout: 120_000 };
  try {
    await run('apt-get', ['download', 'serf'], options);
  } catch (error) {
    // A fresh machine has no package lists yet; only root may fetch them.
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update'], options);
    await run('apt-get', ['download', 'serf'], options);
  }
}
