import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, distinctHosts, hostNames } from '../../../src/pki/host-names.ts';

describe('the hosts of a certificate', () => {
  test.each([
    [['10.0.0.5', '10.0.0.5'], ['10.0.0.5']],
    [['DB1.Example', 'db1.example.'], ['db1.example']],
    [['[2001:DB8:0:0::5]', '2001:db8::5'], ['2001:db8::5']],
    [['::1', '0:0:0:0:0:0:0:1'], ['::1']],
    [['::ffff:10.0.0.5', '10.0.0.5'], ['10.0.0.5']],
    [
      ['*.etcd.example', 'a_b', 'x-1'],
      ['*.etcd.example', 'a_b', 'x-1'],
    ],
    [
      [' b ', 'a'],
      ['b', 'a'],
    ],
  ])('%j are %j', (given, distinct) => {
    expect(distinctHosts(given)).toEqual(distinct);
  });

  test.each([
    '',
    'http://10.0.0.5',
    '10.0.0.5:2379',
    '[::1]:2379',
    '10.0.0',
    '010.0.0.1',
    '300.1.1.1',
    'fe80::1%eth0',
    '-a',
    'a-',
    'a..b',
    'a b',
    'a*.b',
    'ä.example',
    `${'a'.repeat(64)}.b`,
    'a.'.repeat(127),
  ])('%j is none', (host) => {
    expect(() => distinctHosts([host])).toThrow(
      expect.objectContaining({
        code: 'E2D_PKI_NAME',
        message: expect.stringContaining(JSON.stringify(host)),
      }),
    );
  });

  test('are typed: DNS names as text, addresses as 4 or 16 bytes', () => {
    const names = hostNames(['a.b', '10.0.0.255', '2001:db8::1:0:5']).map(({ type, value }) => [
      type,
      typeof value === 'string'
        ? value
        : Buffer.from(value.valueBlock.valueHexView).toString('hex'),
    ]);
    expect(names).toEqual([
      [2, 'a.b'],
      [7, '0a0000ff'],
      [7, '20010db8000000000000000100000005'],
    ]);
  });

  test('come back from their bytes as they went in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const [host = ''] = distinctHosts([address]);
        const [name] = hostNames([host]);
        expect(addressOf(name?.value.valueBlock.valueHexView)).toBe(host);
      }),
    );
    expect(addressOf(new Uint8Array(5))).toBeUndefined();
  });
});
