import { E2dError } from '../../errors/e2d-error.ts';

/** `3.6.14`: three numbers without a leading `v`. */
export type EtcdVersion = `${number}.${number}.${number}`;

/** What a person asked for: one version, or the newest patch of a minor (`patch` is null). */
export interface VersionPin {
  readonly major: number;
  readonly minor: number;
  readonly patch: number | null;
  /** As in messages: `3.6.14` or `3.6`. */
  readonly text: string;
}

/**
 * How far e2d stands behind a version: `supported` is tested, `end-of-life` and `untested` (newer
 * than what is known) run with a warning, `refused` lacks what e2d relies on (learners, pre-vote).
 */
export type VersionSupport = 'supported' | 'end-of-life' | 'untested' | 'refused';

/** Reads `3.5.30`, `v3.5.30` and a distribution's `3.5.30-2+b1`; null for anything else. */
export function parseEtcdVersion(text: string): EtcdVersion | null {
  const match = /^v?(?:\d+:)?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[-+~].*)?$/.exec(text.trim());
  if (match === null) return null;
  return `${Number(match[1])}.${Number(match[2])}.${Number(match[3])}`;
}

/** Reads a version that a person asked for; throws a usage error for what is none. */
export function parseVersionPin(text: string): VersionPin {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?$/.exec(text.trim());
  if (match === null) {
    throw new E2dError(`"${text}" is not a version of etcd.`, {
      code: 'E2D_ETCD_VERSION',
      remedy: 'Give a version such as 3.6.14, or 3.6 for its newest patch.',
      exit: 2,
    });
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const patch = match[3] === undefined ? null : Number(match[3]);
  const plain = patch === null ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
  return { major, minor, patch, text: plain };
}

export function matchesPin(version: EtcdVersion, pin: VersionPin | null): boolean {
  if (pin === null) return true;
  const [major, minor, patch] = numbersOf(version);
  return major === pin.major && minor === pin.minor && (pin.patch === null || patch === pin.patch);
}

export function supportOf(version: EtcdVersion): VersionSupport {
  const [major, minor] = numbersOf(version);
  if (major !== 3 || minor < 4) return 'refused';
  if (minor === 4) return 'end-of-life';
  return minor <= 6 ? 'supported' : 'untested';
}

/** For `sort`: what e2d would rather run comes first (supported before others, then newest). */
export function byPreference(a: EtcdVersion, b: EtcdVersion): number {
  const supported = (v: EtcdVersion) => (supportOf(v) === 'supported' ? 1 : 0);
  return supported(b) - supported(a) || compareVersions(b, a);
}

/** Negative when `a` is older than `b`. */
export function compareVersions(a: EtcdVersion, b: EtcdVersion): number {
  const [majorA, minorA, patchA] = numbersOf(a);
  const [majorB, minorB, patchB] = numbersOf(b);
  return majorA - majorB || minorA - minorB || patchA - patchB;
}

function numbersOf(version: EtcdVersion): [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return [major, minor, patch];
}
