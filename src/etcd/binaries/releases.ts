import { E2dError } from '../../errors/e2d-error.ts';
import {
  compareVersions,
  type EtcdVersion,
  matchesPin,
  parseEtcdVersion,
  type VersionPin,
} from './etcd-version.ts';
import { type ReleaseArch, releaseChecksums } from './release-checksums.ts';

const officialReleases = 'https://github.com/etcd-io/etcd/releases/download';

/** An official archive that e2d knows the checksum of. */
export interface EtcdRelease {
  readonly version: EtcdVersion;
  /** Where to get it; carries no credentials. */
  readonly url: URL;
  /** The value of an Authorization header, from credentials in the base address; or null. */
  readonly authorization: string | null;
  /** The folder inside the archive. */
  readonly folder: string;
  readonly sha256: string;
}

/** The versions that can be downloaded for this processor, newest first; empty for others. */
export function releasedVersions(processorArch: string = process.arch): EtcdVersion[] {
  const arch = releaseArchOf(processorArch);
  if (arch === null) return [];
  return Object.keys(releaseChecksums[arch])
    .map(parseEtcdVersion)
    .filter((version) => version !== null)
    .sort((a, b) => compareVersions(b, a));
}

/** The newest release that the pin allows; null when none has a checksum built in. */
export function chooseRelease(
  pin: VersionPin | null,
  { env, processorArch = process.arch }: { env: NodeJS.ProcessEnv; processorArch?: string },
): EtcdRelease | null {
  const arch = releaseArchOf(processorArch);
  const version = releasedVersions(processorArch).find((known) => matchesPin(known, pin));
  if (arch === null || version === undefined) return null;
  const checksums: Readonly<Record<string, string>> = releaseChecksums[arch];
  const sha256 = checksums[version];
  if (sha256 === undefined) return null;
  const folder = `etcd-v${version}-linux-${arch}`;
  const { base, authorization } = baseAddress(env);
  const url = new URL(`v${version}/${folder}.tar.gz`, base);
  return { version, url, authorization, folder, sha256 };
}

function releaseArchOf(processorArch: string): ReleaseArch | null {
  if (process.platform !== 'linux') return null;
  if (processorArch === 'x64') return 'amd64';
  return processorArch === 'arm64' ? 'arm64' : null;
}

/** Credentials move from the address to a header, where no message or log shows them. */
function baseAddress(env: NodeJS.ProcessEnv): { base: URL; authorization: string | null } {
  const text = env['E2D_ETCD_RELEASES_URL'] || officialReleases;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new E2dError('E2D_ETCD_RELEASES_URL is not an http or https address.', {
      code: 'E2D_ETCD_RELEASES_URL',
      remedy: `Give an address such as ${officialReleases}, or leave it out.`,
      exit: 2,
    });
  }
  const base = new URL(text);
  const [user, password] = [base.username, base.password].map(decodeURIComponent);
  base.username = '';
  base.password = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return { base, authorization: user === '' ? null : `Basic ${credentials}` };
}
