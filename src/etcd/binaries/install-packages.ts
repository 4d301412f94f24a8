import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { admitToCache, withWorkDir } from './admit.ts';
import { type AptSource, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts';
import { type AptSuite, parseOsRelease, suitesToAsk } from './apt-suites.ts';
import { readCached } from './cache.ts';
import type { EtcdBinaries } from './etcd-binaries.ts';
import {
  compareVersions,
  type EtcdVersion,
  matchesPin,
  parseEtcdVersion,
  supportOf,
} from './etcd-version.ts';
import type { Installation } from './installation.ts';
import { createPrivateApt, type PrivateApt } from './private-apt.ts';
import { runProgram } from './run-program.ts';

const unpackTimeoutMs = 60_000;

/**
 * Installs the distribution's etcd-server and etcd-client without root, by unpacking them into the
 * cache. Throws a plain error with the reasons when no suite will do.
 */
export async function installPackages(installation: Installation): Promise<EtcdBinaries> {
  const suites = await machineSuites();
  if (suites.length === 0) throw new Error('this machine takes no packages from Debian or Ubuntu');
  return installFromSuites(suites, installation);
}

/**
 * Takes the first suite whose etcd is wanted and runs here. Without a pin, an etcd past its end of
 * life is taken only when no suite has another.
 */
export async function installFromSuites(
  suites: readonly AptSuite[],
  installation: Installation,
): Promise<EtcdBinaries> {
  const { pin, signal, onProgress } = installation;
  const reasons: string[] = [];
  const installFirst = async (from: readonly AptSuite[], accepts: Acceptance) => {
    for (const suite of from) {
      try {
        return await installFromSuite({ ...installation, suite, accepts });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof E2dError) throw error;
        const reason = `${suite.name}: ${textOf(error)}`;
        onProgress({ kind: 'refused', source: 'package manager', reason });
        reasons.push(reason);
      }
    }
    return null;
  };
  const outdated = new Set<AptSuite>();
  const wanted: Acceptance = (version, suite) => {
    if (pin !== null) return matchesPin(version, pin);
    if (supportOf(version) === 'end-of-life') outdated.add(suite);
    return supportOf(version) === 'supported';
  };
  const binaries =
    (await installFirst(suites, wanted)) ??
    (await installFirst(
      suites.filter((suite) => outdated.has(suite)),
      (version) => supportOf(version) === 'end-of-life',
    ));
  if (binaries === null) throw new Error(reasons.join('; '));
  return binaries;
}

/** Whether an etcd that a suite offers is wanted. */
type Acceptance = (version: EtcdVersion, suite: AptSuite) => boolean;

async function machineSuites(): Promise<AptSuite[]> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const sources = await Promise.all([
    readSources('/etc/apt/sources.list'),
    ...(await readdir('/etc/apt/sources.list.d').catch(() => []))
      .sort()
      .map((name) => readSources(join('/etc/apt/sources.list.d', name))),
  ]);
  return suitesToAsk(sources.flat(), parseOsRelease(osRelease));
}

async function readSources(path: string): Promise<AptSource[]> {
  // A file that is absent or that only root may read names no mirror we could use.
  const text = await readFile(path, 'utf8').catch(() => '');
  if (path.endsWith('.sources')) return parseDeb822Sources(text);
  return path.endsWith('.list') ? parseOneLineSources(text) : [];
}

interface SuiteInstallation extends Installation {
  readonly suite: AptSuite;
  readonly accepts: Acceptance;
}

async function installFromSuite(installation: SuiteInstallation): Promise<EtcdBinaries> {
  const { suite, cacheDir, env, signal, onProgress } = installation;
  return withWorkDir(cacheDir, async (dir) => {
    onProgress({ kind: 'step', text: `Reading the package lists of ${suite.name}` });
    const apt = await createPrivateApt({ dir, sources: suite.sources, env, signal });
    await apt.update();
    const offer = await chooseOffer(apt, (version) => installation.accepts(version, suite));
    const cached = await readCached(cacheDir, offer.version);
    if (cached !== null) return cached;
    const text = `Downloading etcd-server and etcd-client ${offer.packageVersion} of ${suite.name}`;
    onProgress({ kind: 'step', text });
    const unpacked = await unpack(apt, { dir, offer, env, signal });
    const from = `packages etcd-server and etcd-client ${offer.packageVersion} of ${suite.name}`;
    return admitToCache({ cacheDir, dir: unpacked, version: offer.version, source: from, signal });
  });
}

interface Offer {
  readonly version: EtcdVersion;
  readonly packageVersion: string;
}

async function chooseOffer(
  apt: PrivateApt,
  accepts: (version: EtcdVersion) => boolean,
): Promise<Offer> {
  const servers = await apt.versionsOf('etcd-server');
  const clients = new Set(await apt.versionsOf('etcd-client'));
  const offers: Offer[] = [];
  for (const packageVersion of servers) {
    const version = parseEtcdVersion(packageVersion);
    if (version !== null && clients.has(packageVersion)) offers.push({ version, packageVersion });
  }
  if (offers.length === 0) throw new Error('it offers no etcd-server with its etcd-client');
  const newest = offers
    .filter(({ version }) => accepts(version))
    .sort((a, b) => compareVersions(b.version, a.version))[0];
  if (newest !== undefined) return newest;
  throw new Error(`it offers etcd ${offers.map(({ version }) => version).join(', ')} only`);
}

interface Unpacking extends Pick<Installation, 'env' | 'signal'> {
  readonly dir: string;
  readonly offer: Offer;
}

/** Returns a folder with the programs alone. */
async function unpack(apt: PrivateApt, { dir, offer, env, signal }: Unpacking): Promise<string> {
  const archives = join(dir, 'packages');
  const [root, programs] = [join(dir, 'root'), join(dir, 'programs')];
  for (const folder of [archives, root, programs]) await mkdir(folder);
  const names = ['etcd-server', 'etcd-client'].map((name) => `${name}=${offer.packageVersion}`);
  await apt.download(names, archives);
  for (const name of await readdir(archives)) {
    const args = ['-x', join(archives, name), root];
    await runProgram('dpkg-deb', { args, env, signal, timeoutMs: unpackTimeoutMs });
  }
  const bin = join(root, 'usr', 'bin');
  for (const name of await readdir(bin)) {
    if (/^etcd(ctl|utl)?$/.test(name)) await rename(join(bin, name), join(programs, name));
  }
  return programs;
}
