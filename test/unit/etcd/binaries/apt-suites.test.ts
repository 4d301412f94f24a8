import { describe, expect, test } from 'vitest';
import type { AptSource } from '../../../../src/etcd/binaries/apt-sources.ts';
import { parseOsRelease, suitesToAsk } from '../../../../src/etcd/binaries/apt-suites.ts';

const debian = parseOsRelease('ID=debian\nVERSION_CODENAME=bookworm\nNAME="Debian GNU/Linux"\n');

function source(uri: string, ...suites: string[]): AptSource {
  return { uris: [uri], suites, components: ['main'], trust: {} };
}

/** `suite: uri suite, uri suite` for each suite to ask. */
function asked(sources: readonly AptSource[], osRelease = debian): string[] {
  return suitesToAsk(sources, osRelease).map(
    ({ name, sources: lines }) =>
      `${name}: ${lines.map(({ uri, suite }) => `${uri} ${suite}`).join(', ')}`,
  );
}

test('os-release is read with and without quotes', () => {
  const values = parseOsRelease('ID=debian\nNAME="Debian GNU/Linux"\nVERSION=\'12\'\n');
  expect(Object.fromEntries(values)).toEqual({
    ID: 'debian',
    NAME: 'Debian GNU/Linux',
    VERSION: '12',
  });
});

describe('the suites to ask for etcd', () => {
  test('are the configured one with its additions, then newer ones of the same mirror', () => {
    const sources = [
      source('http://m', 'bookworm', 'bookworm-updates', 'bookworm-backports'),
      source('http://s', 'bookworm-security'),
    ];
    expect(asked(sources)).toEqual([
      'bookworm: http://m bookworm, http://m bookworm-updates, http://m bookworm-backports, ' +
        'http://s bookworm-security',
      'trixie: http://m trixie',
      'forky: http://m forky',
      'sid: http://m sid',
    ]);
  });

  test('keep how the mirror is trusted', () => {
    const trust = { 'Signed-By': '/k.gpg' };
    const suites = suitesToAsk([{ ...source('http://m', 'bookworm'), trust }], debian);
    expect(suites.map(({ sources }) => sources[0])).toEqual(
      ['bookworm', 'trixie', 'forky', 'sid'].map((suite) => ({
        uri: 'http://m',
        suite,
        component: 'main',
        trust,
      })),
    );
  });

  test('leave out repositories with suites of their own', () => {
    const sources = [source('http://v', 'bookworm-vendor'), source('http://w', 'nodistro')];
    expect(asked(sources)).toEqual([]);
  });

  test('put the distribution before a vendor whose repository has the same suite', () => {
    const sources = [
      source('http://vendor', 'bookworm'),
      source('http://m', 'bookworm'),
      source('http://m', 'bookworm-updates'),
    ];
    expect(asked(sources)[0]).toMatch('bookworm: http://m bookworm');
    expect(asked(sources)[4]).toMatch('bookworm: http://vendor bookworm');
  });

  test('name each mirror and suite once', () => {
    const sources = [source('http://m', 'sid'), source('http://m', 'sid')];
    expect(asked(sources)).toEqual(['sid: http://m sid']);
  });

  test('follow the aliases where a machine is configured by alias', () => {
    expect(asked([source('http://m', 'stable')])).toEqual([
      'stable: http://m stable',
      'testing: http://m testing',
      'unstable: http://m unstable',
    ]);
  });

  test('go on to testing from a suite that is not known yet', () => {
    const future = parseOsRelease('ID=debian\nVERSION_CODENAME=duke\n');
    expect(asked([source('http://m', 'duke')], future)).toEqual([
      'duke: http://m duke',
      'testing: http://m testing',
      'unstable: http://m unstable',
    ]);
  });

  test('are of universe on Ubuntu and what derives from it', () => {
    const mint = parseOsRelease(
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
    );
    const suites = suitesToAsk([source('http://u/ubuntu', 'noble')], mint);
    expect(suites[0]?.sources[0]?.component).toBe('universe');
    expect(suites[0]?.name).toBe('noble');
    expect(suites.at(-1)?.name).toBe('devel');
  });

  test('are none on another distribution', () => {
    expect(asked([source('http://m', 'bookworm')], parseOsRelease('ID=alpine\n'))).toEqual([]);
  });
});
