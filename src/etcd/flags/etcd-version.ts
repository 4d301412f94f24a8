import { E2dError } from '../../errors/e2d-error.ts';

export interface EtcdVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Reads `3.5.16`, `v3.6.0` or `3.6.0-rc.1`; throws `E2D_ETCD_VERSION` for anything else. */
export function parseEtcdVersion(text: string): EtcdVersion {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text.trim());
  if (parts === null) {
    throw new E2dError(`"${text}" is not an etcd version.`, {
      code: 'E2D_ETCD_VERSION',
      remedy: 'Give it as three numbers, for example 3.6.4.',
    });
  }
  return { major: Number(parts[1]), minor: Number(parts[2]), patch: Number(parts[3]) };
}

export function isAtLeast(version: EtcdVersion, least: string): boolean {
  const other = parseEtcdVersion(least);
  const difference =
    version.major - other.major || version.minor - other.minor || version.patch - other.patch;
  return difference >= 0;
}
