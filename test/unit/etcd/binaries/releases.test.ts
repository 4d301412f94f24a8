import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersionPin } from '../../../../src/etcd/binaries/etcd-version.ts';
import { releaseChecksums } from '../../../../src/etcd/binaries/release-checksums.ts';
import { chooseRelease, releasedVersions } from '../../../../src/etcd/binaries/releases.ts';

const x64 = { env: {}, processorArch: 'x64' };

describe('the release to download', () => {
  test('is by default the newest patch of 3.6 that has a checksum', () => {
    const release = chooseRelease(null, x64);
    const newest = Object.keys(releaseChecksums.amd64)
      .filter((version) => version.startsWith('3.6.'))
      .map((version) => Number(version.slice('3.6.'.length)))
      .reduce((a, b) => Math.max(a, b));
    expect(release?.version).toBe(`3.6.${newest}`);
    expect(release?.url.href).toBe(
      `https://github.com/etcd-io/etcd/releases/download/v3.6.${newest}/etcd-v3.6.${newest}-linux-amd64.tar.gz`,
    );
  });

  test('has the checksum of the processor at hand', () => {
    const pin = parseVersionPin('3.5.20');
    expect(chooseRelease(pin, x64)?.sha256).toBe(releaseChecksums.amd64['3.5.20']);
    expect(chooseRelease(pin, { env: {}, processorArch: 'arm64' })).toMatchObject({
      sha256: releaseChecksums.arm64['3.5.20'],
      folder: 'etcd-v3.5.20-linux-arm64',
    });
  });

  test.each(['3.4.34', '3.6.999', '3.4'])('is none for %s, which has no checksum', (pin) => {
    expect(chooseRelease(parseVersionPin(pin), x64)).toBeNull();
  });

  test('is none for a processor without official archives', () => {
    expect(chooseRelease(null, { env: {}, processorArch: 'riscv64' })).toBeNull();
  });

  test('is fetched from a mirror, whose credentials stay out of the address', () => {
    const E2D_ETCD_RELEASES_URL = 'https://ada:p%40ss@mirror.test/etcd';
    const release = chooseRelease(parseVersionPin('3.6.1'), {
      ...x64,
      env: { E2D_ETCD_RELEASES_URL },
    });
    expect(release?.url.href).toBe(
      'https://mirror.test/etcd/v3.6.1/etcd-v3.6.1-linux-amd64.tar.gz',
    );
    expect(release?.authorization).toBe(`Basic ${Buffer.from('ada:p@ss').toString('base64')}`);
  });

  test.each(['ftp://mirror.test', 'mirror', 'file:///tmp'])(
    'from %s is a usage error',
    (E2D_ETCD_RELEASES_URL) => {
      expect(() => chooseRelease(null, { ...x64, env: { E2D_ETCD_RELEASES_URL } })).toThrow(
        expect.objectContaining({ code: 'E2D_ETCD_RELEASES_URL', exit: 2 }),
      );
    },
  );
});

test('the versions on offer are sorted, newest first', () => {
  const versions = releasedVersions('x64');
  expect(versions.length).toBeGreaterThan(20);
  expect(versions).toEqual([...versions].sort((a, b) => compareVersions(b, a)));
});

test('every checksum is a SHA-256 and none is there twice', () => {
  const sums = Object.values(releaseChecksums).flatMap((table) => Object.values(table));
  expect(sums.filter((sum) => !/^[0-9a-f]{64}$/.test(sum))).toEqual([]);
  expect(new Set(sums).size).toBe(sums.length);
});
