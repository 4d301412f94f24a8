import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const installTimeoutMs = 8 * 60_000;
const lockFile = join(tmpdir(), 'e2d-chromium.lock');

/**
 * The path of a Chromium: the one that `TEST_CHROMIUM` names, or one on the PATH, or else Debian's,
 * which is installed where this user may. Null, with the reason, where none can be had.
 */
export function provideChromium(): { readonly path: string } | { readonly reason: string } {
  const named = process.env['TEST_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return { path: named };
    throw new Error(`TEST_CHROMIUM names ${named}, which is not there`);
  }
  waitForInstallation();
  const found = onPath();
  if (found !== null) return { path: found };
  const [asRoot, problem] = waysToRoot();
  if (asRoot === null)
    return { reason: `${problem}: install chromium, or name one in TEST_CHROMIUM` };
  install(asRoot);
  const installed = onPath();
  if (installed === null)
    throw new Error('the package chromium was installed, and brought no chromium');
  return { path: installed };
}

function onPath(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/snap/bin'];
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find((path) => existsSync(path) && answers(path)) ?? null;
}

/** Some distributions put a script of that name that only says how to get it. */
function answers(path: string): boolean {
  return spawnSync(path, ['--version'], { timeout: 30_000, stdio: 'ignore' }).status === 0;
}

/** The words before a command that let it run as root; none where that cannot be. */
function waysToRoot(): [readonly string[], null] | [null, string] {
  if (!existsSync('/usr/bin/apt-get')) return [null, 'this machine has no apt-get'];
  if (process.getuid?.() === 0) return [[], null];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? [['sudo', '-n'], null] : [null, 'packages are installed by root only'];
}

/** Test files run side by side: one installs, and the others wait for it. */
function install(asRoot: readonly string[]): void {
  const apt =
    `${asRoot.join(' ')} env DEBIAN_FRONTEND=noninteractive apt-get -q ` +
    '-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3';
  const script =
    `chromium --version >/dev/null 2>&1 || { ${apt} update && ` +
    `${apt} install -y --no-install-recommends chromium; }`;
  process.stderr.write('Tests install Chromium with apt-get.\n');
  const { status, stdout, stderr } = spawnSync('flock', [lockFile, 'sh', '-c', script], {
    timeout: installTimeoutMs,
    encoding: 'utf8',
  });
  if (status === 0) return;
  throw new Error(`Chromium cannot be installed; name one in TEST_CHROMIUM.\n${stdout}${stderr}`);
}

/** What is being installed is not whole yet. */
function waitForInstallation(): void {
  if (existsSync(lockFile)) spawnSync('flock', [lockFile, 'true'], { timeout: installTimeoutMs });
}
