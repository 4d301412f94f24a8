import { describe, expect, test } from 'vitest';
import {
  bytesToIp,
  canonicalIp,
  formatAddress,
  ipToBytes,
  isUnspecified,
  parseHostPort,
} from '../../../src/gossip/address.ts';

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

describe('IP addresses', () => {
  test.each([
    ['10.0.0.7', '0a000007'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1::', '00010000000000000000000000000000'],
    ['::ffff:10.0.0.7', '00000000000000000000ffff0a000007'],
  ])('%s is %s', (text, bytes) => {
    expect(hex(ipToBytes(text))).toBe(bytes);
  });

  test.each(['localhost', '', '10.0.0', '10.0.0.256', 'fe80::1%eth0', '1:2', '[::1]'])(
    '%j is none',
    (text) => {
      expect(ipToBytes(text)).toBeUndefined();
    },
  );

  test.each([
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['127.0.0.1', '127.0.0.1'],
  ])('%s is shown and compared as %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  test('bytes of any other length are no address', () => {
    expect(bytesToIp(new Uint8Array(0))).toBeUndefined();
    expect(bytesToIp(new Uint8Array(5))).toBeUndefined();
    expect(bytesToIp(new Uint8Array(17))).toBeUndefined();
  });

  test.each([
    ['0.0.0.0', true],
    ['::', true],
    ['0:0:0:0:0:0:0:0', true],
    ['::1', false],
    ['10.0.0.0', false],
  ])('%s is unspecified: %s', (text, unspecified) => {
    expect(isUnspecified(text)).toBe(unspecified);
  });

  test('an IPv6 address with a port is put in brackets', () => {
    expect(formatAddress({ addr: '::1', port: 5 })).toBe('[::1]:5');
    expect(formatAddress({ addr: '10.0.0.1', port: 5 })).toBe('10.0.0.1:5');
  });
});

describe('hosts and ports', () => {
  test.each([
    ['10.0.0.1:8000', '10.0.0.1', 8000],
    ['10.0.0.1', '10.0.0.1', 7946],
    ['etcd-0.example:8000', 'etcd-0.example', 8000],
    ['[2001:db8::1]:8000', '2001:db8::1', 8000],
    ['[2001:db8::1]', '2001:db8::1', 7946],
    ['2001:db8::1', '2001:db8::1', 7946],
    ['n1/10.0.0.1:8000', '10.0.0.1', 8000],
  ])('%s', (text, host, port) => {
    expect(parseHostPort(text, 7946)).toEqual({ host, port });
  });

  test.each(['', ':8000', 'a:0', 'a:65536', 'a:b', 'a b:1', '[::1', '[name]:1', 'http://a:1/x y'])(
    '%j is refused',
    (text) => {
      expect(parseHostPort(text, 7946)).toBeUndefined();
    },
  );
});
