import { describe, expect, test } from 'vitest';
import {
  formatSource,
  parseDeb822Sources,
  parseOneLineSources,
} from '../../../../src/etcd/binaries/apt-sources.ts';

describe('deb822 sources', () => {
  test('are read with comments, folded values and several of everything', () => {
    const text = [
      '# The distribution',
      'Types: deb deb-src',
      '# an old mirror',
      'URIs: http://a.test/debian https://b.test/debian/',
      'Suites: bookworm',
      ' bookworm-updates',
      'Components: main contrib',
      'Signed-By: /usr/share/keyrings/a.gpg',
      '',
      'types: deb',
      'uris: http://security.test/debian-security',
      'suites: bookworm-security',
      'components: main',
    ].join('\n');
    expect(parseDeb822Sources(text)).toEqual([
      {
        uris: ['http://a.test/debian', 'https://b.test/debian/'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main', 'contrib'],
        trust: { 'Signed-By': '/usr/share/keyrings/a.gpg' },
      },
      {
        uris: ['http://security.test/debian-security'],
        suites: ['bookworm-security'],
        components: ['main'],
        trust: {},
      },
    ]);
  });

  test('leave out what is disabled or for sources only', () => {
    const stanza = 'URIs: http://a.test\nSuites: sid\nComponents: main\n';
    expect(parseDeb822Sources(`Types: deb-src\n${stanza}`)).toEqual([]);
    expect(parseDeb822Sources(`Types: deb\nEnabled: no\n${stanza}`)).toEqual([]);
    expect(parseDeb822Sources(`Types: deb\nEnabled: yes\n${stanza}`)).toHaveLength(1);
  });

  test('keep a key that is written into the stanza, word for word', () => {
    const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEYyz\n -----END-----';
    const text = `Types: deb\nURIs: http://a.test\nSuites: sid\nComponents: main\nSigned-By:${key}\n`;
    const [source] = parseDeb822Sources(text);
    expect(source?.trust).toEqual({ 'Signed-By': key });
    const written = formatSource({ uri: 'u', suite: 's', component: 'c', trust: source!.trust });
    expect(parseDeb822Sources(written)[0]?.trust).toEqual(source?.trust);
  });
});

describe('one-line sources', () => {
  test('are read with and without options', () => {
    const text = [
      '# deb http://commented.test/debian sid main',
      'deb http://a.test/debian bookworm main contrib # the mirror',
      'deb-src http://a.test/debian bookworm main',
      'deb [ arch=amd64,arm64 signed-by=/k/a.gpg trusted=yes ] http://b.test/ubuntu jammy universe',
    ].join('\n');
    expect(parseOneLineSources(text)).toEqual([
      {
        uris: ['http://a.test/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        trust: {},
      },
      {
        uris: ['http://b.test/ubuntu'],
        suites: ['jammy'],
        components: ['universe'],
        trust: { 'Signed-By': '/k/a.gpg', Trusted: 'yes' },
      },
    ]);
  });
});
