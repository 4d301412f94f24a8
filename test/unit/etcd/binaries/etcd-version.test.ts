import { describe, expect, test } from 'vitest';
import {
  byPreference,
  matchesPin,
  parseEtcdVersion,
  parseVersionPin,
  supportOf,
} from '../../../../src/etcd/binaries/etcd-version.ts';

describe('parseEtcdVersion', () => {
  test.each([
    ['3.6.14', '3.6.14'],
    ['v3.5.30', '3.5.30'],
    ['3.5.30-2+b1', '3.5.30'],
    ['1:3.4.23+dfsg-4', '3.4.23'],
    ['3.6.0-rc.1', '3.6.0'],
  ])('reads %s', (text, version) => {
    expect(parseEtcdVersion(text)).toBe(version);
  });

  test.each(['', '3.6', '3.6.14.1', 'etcd', '.installing-3.6.1', '3.6.14 x', '99999.1.1'])(
    'takes %j for no version',
    (text) => {
      expect(parseEtcdVersion(text)).toBeNull();
    },
  );
});

describe('a pin', () => {
  test('of three numbers means that version alone', () => {
    const pin = parseVersionPin('v3.5.3');
    expect(matchesPin('3.5.3', pin)).toBe(true);
    expect(matchesPin('3.5.30', pin)).toBe(false);
  });

  test('of two numbers means any patch of that minor', () => {
    const pin = parseVersionPin('3.5');
    expect(matchesPin('3.5.0', pin)).toBe(true);
    expect(matchesPin('3.5.30', pin)).toBe(true);
    expect(matchesPin('3.6.0', pin)).toBe(false);
  });

  test.each(['', 'latest', '3', '3.x', '3.6.1-rc.0', '../3.6.1'])(
    'that reads %j is a usage error with the value',
    (text) => {
      expect(() => parseVersionPin(text)).toThrow(
        expect.objectContaining({
          code: 'E2D_ETCD_VERSION',
          exit: 2,
          message: `"${text}" is not a version of etcd.`,
        }),
      );
    },
  );
});

test.each([
  ['3.3.27', 'refused'],
  ['2.3.8', 'refused'],
  ['4.0.0', 'refused'],
  ['3.4.0', 'end-of-life'],
  ['3.5.0', 'supported'],
  ['3.6.14', 'supported'],
  ['3.7.0', 'untested'],
] as const)('etcd %s is %s', (version, support) => {
  expect(supportOf(version)).toBe(support);
});

test('supported versions are preferred to others, and newer ones to older ones', () => {
  const versions = ['3.4.34', '3.5.9', '3.7.0', '3.6.2', '3.5.30'] as const;
  expect([...versions].sort(byPreference)).toEqual(['3.6.2', '3.5.30', '3.5.9', '3.7.0', '3.4.34']);
});
