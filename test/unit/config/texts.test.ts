import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostPort, isLoopback, isUnspecified, parseAddress } from '../../../src/config/address.ts';
import { formatDuration, parseDurationMs } from '../../../src/config/durations.ts';
import { didYouMean, nearest } from '../../../src/config/suggest.ts';

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['.5m', 30_000],
    ['+1s', 1000],
    ['1h0.5s', 3_600_500],
    ['2000us', 2],
    ['2000µs', 2],
    ['1000000ns', 1],
    ['0', 0],
    ['7d', 604_800_000],
    ['1y', 365 * 86_400_000],
    ['1y1.5d12h', 367 * 86_400_000],
  ])('%s', (text, expected) => {
    expect(parseDurationMs(text)).toBeCloseTo(expected, 6);
  });

  test.each(['', '5', 's', '5 m', '-5m', '1w', '1Y', '5min', '1h 30m', '.s', '1e3s', '٣s'])(
    '%j is none',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 576 * 3_600_000 }), (durationMs) => {
        expect(parseDurationMs(formatDuration(durationMs))).toBeCloseTo(durationMs, 3);
      }),
    );
    expect(formatDuration(0)).toBe('0s');
    expect(formatDuration(5_400_000)).toBe('1h30m');
  });
});

describe('addresses', () => {
  test('any host and port are read back as they are written', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        expect(parseAddress(hostPort(name, port))).toEqual({ host: name, port });
        expect(parseAddress(name)).toEqual({ host: name, port: null });
      }),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = parseAddress(text);
        expect(found === undefined || found.host !== null || found.port !== null).toBe(true);
      }),
    );
  });

  test.each([
    '',
    ':',
    '[]',
    '[]:1',
    ':0',
    'a:',
    'a:b',
    'a b',
    '1.2.3.4.5',
    '-a',
    'a..b',
    'ftp://a',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '0::0'])('%s is unspecified', (host) => {
    expect(isUnspecified(host)).toBe(true);
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
    '%s is loopback',
    (host) => {
      expect(isLoopback(host)).toBe(true);
      expect(isUnspecified(host)).toBe(false);
    },
  );

  test.each(['128.0.0.1', '::2', '2001:db8::1', 'localhost.example', '1::1'])(
    '%s is neither',
    (host) => {
      expect(isLoopback(host) || isUnspecified(host)).toBe(false);
    },
  );
});

describe('suggestions', () => {
  const known = ['--data-dir', '--state-dir', '--name', '--log-level', '-n'];
  test.each([
    ['--datadir', '--data-dir'],
    ['--dataDir', '--data-dir'],
    ['--data_dir', '--data-dir'],
    ['--naem', '--name'],
    ['--log-levle', '--log-level'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });
  test.each(['--snapshot', '--x', 'zzzz'])('%s means nothing', (word) => {
    expect(didYouMean(word, known)).toBe('');
  });
});
