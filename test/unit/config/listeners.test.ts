import { describe, expect, test } from 'vitest';
import { allTlsFiles, load, readableTlsFiles, refusal, type World } from './machine.ts';

const three = { 'required-cluster-size': '3', 'bootstrap-addrs': '10.0.0.6' };
const ipv6Only = [
  { address: '::1', family: 'IPv6', internal: true },
  { address: 'fe80::1', family: 'IPv6', internal: false },
  { address: '2001:db8::5', family: 'IPv6', internal: false },
];
const both = [
  { address: '2001:db8::5', family: 'IPv6', internal: false },
  { address: '169.254.7.7', family: 'IPv4', internal: false },
  { address: '10.0.0.5', family: 'IPv4', internal: false },
];

/**
 * host, client listen, client advertise, peer listen, peer advertise, gossip bind, gossip advertise
 */
type Row = readonly [string, World, readonly string[]];
const rows: readonly Row[] = [
  [
    'three nodes bind the first address, and clients 127.0.0.1 too',
    { flags: three },
    [
      '10.0.0.5',
      '10.0.0.5:2379 127.0.0.1:2379',
      '10.0.0.5:2379',
      '10.0.0.5:2380',
      '10.0.0.5:2380',
      '10.0.0.5 7980',
      '10.0.0.5 7980',
    ],
  ],
  [
    'IPv4 is preferred, link-local is passed over',
    { flags: three, addresses: both },
    [
      '10.0.0.5',
      '10.0.0.5:2379 127.0.0.1:2379',
      '10.0.0.5:2379',
      '10.0.0.5:2380',
      '10.0.0.5:2380',
      '10.0.0.5 7980',
      '10.0.0.5 7980',
    ],
  ],
  [
    'IPv6 where there is nothing else, in brackets',
    { flags: three, addresses: ipv6Only },
    [
      '2001:db8::5',
      '[2001:db8::5]:2379 127.0.0.1:2379',
      '[2001:db8::5]:2379',
      '[2001:db8::5]:2380',
      '[2001:db8::5]:2380',
      '2001:db8::5 7980',
      '2001:db8::5 7980',
    ],
  ],
  [
    'several nodes share one machine on loopback addresses',
    { flags: { ...three, host: '127.0.0.2' } },
    [
      '127.0.0.2',
      '127.0.0.2:2379',
      '127.0.0.2:2379',
      '127.0.0.2:2380',
      '127.0.0.2:2380',
      '127.0.0.2 7980',
      '127.0.0.2 7980',
    ],
  ],
  [
    'a port alone keeps a single node on loopback',
    { flags: { 'client-addr': ':3379' } },
    [
      '127.0.0.1',
      '127.0.0.1:3379',
      '127.0.0.1:3379',
      '127.0.0.1:2380',
      '127.0.0.1:2380',
      '127.0.0.1 7980',
      '127.0.0.1 7980',
    ],
  ],
  [
    'an address opens a single node',
    { flags: { 'client-addr': '10.0.0.5' } },
    [
      '10.0.0.5',
      '10.0.0.5:2379 127.0.0.1:2379',
      '10.0.0.5:2379',
      '10.0.0.5:2380',
      '10.0.0.5:2380',
      '10.0.0.5 7980',
      '10.0.0.5 7980',
    ],
  ],
  [
    'unspecified addresses are bound, and never advertised',
    { flags: { 'client-addr': '0.0.0.0:1', 'peer-addr': '[::]:2', 'gossip-addr': '::' } },
    ['10.0.0.5', '0.0.0.0:1', '10.0.0.5:1', '[::]:2', '10.0.0.5:2', ':: 7980', '10.0.0.5 7980'],
  ],
  [
    'unspecified addresses are advertised as --host',
    { flags: { 'client-addr': 'http://0.0.0.0:1/', host: '[2001:db8::9]' } },
    [
      '2001:db8::9',
      '0.0.0.0:1',
      '[2001:db8::9]:1',
      '[2001:db8::9]:2380',
      '[2001:db8::9]:2380',
      '2001:db8::9 7980',
      '2001:db8::9 7980',
    ],
  ],
  [
    'a name is advertised, and its address bound',
    { flags: { ...three, host: 'db1.example' }, hosts: { 'db1.example': '10.0.0.7' } },
    [
      'db1.example',
      '10.0.0.7:2379 127.0.0.1:2379',
      'db1.example:2379',
      '10.0.0.7:2380',
      'db1.example:2380',
      '10.0.0.7 7980',
      '10.0.0.7 7980',
    ],
  ],
  [
    'each listener may have an address of its own',
    {
      flags: { 'client-addr': '127.0.0.9:1', 'peer-addr': '10.0.0.8:2', 'gossip-addr': 'g:3' },
      hosts: { g: '10.0.0.3' },
      addresses: [],
    },
    [
      '127.0.0.9',
      '127.0.0.9:1',
      '127.0.0.9:1',
      '10.0.0.8:2',
      '10.0.0.8:2',
      '10.0.0.3 3',
      '10.0.0.3 3',
    ],
  ],
];

test.each(rows)('%s', async (_, world, expected) => {
  const { host, urls, gossip } = await load(world);
  const bare = (...all: readonly string[]) =>
    all.map((url) => url.replace('http://', '')).join(' ');
  expect([
    host,
    bare(...urls.clientListen),
    bare(urls.clientAdvertise),
    bare(...urls.peerListen),
    bare(urls.peerAdvertise),
    `${gossip.host} ${gossip.port}`,
    `${gossip.advertise.host} ${gossip.advertise.port}`,
  ]).toEqual(expected);
});

test('TLS makes every URL https, and a single node reachable', async () => {
  const { urls } = await load({ flags: allTlsFiles, files: readableTlsFiles });
  expect(urls.clientListen).toEqual(['https://10.0.0.5:2379', 'https://127.0.0.1:2379']);
  expect(urls.peerListen).toEqual(['https://10.0.0.5:2380']);
  expect(urls.peerAdvertise).toBe('https://10.0.0.5:2380');
});

const eitherScheme = ['http://10.0.0.5:2379', 'https://10.0.0.5:2379'];

test.each([
  ['prepare', eitherScheme, 'http'],
  ['switch', eitherScheme, 'https'],
  [undefined, ['https://10.0.0.5:2379'], 'https'],
])('at the step %s of the way to TLS clients find %s, members %s', async (step, client, told) => {
  const migration = step === undefined ? {} : { 'tls-migration': step };
  const { urls, warnings } = await load({
    flags: { ...allTlsFiles, ...migration, 'ca-key': 'ca.key' },
    files: readableTlsFiles,
  });
  const loopback = client.map((url) => url.replace('10.0.0.5', '127.0.0.1'));
  expect(urls.clientListen).toEqual([...client, ...loopback]);
  expect(urls.clientAdvertise).toBe(`${told}://10.0.0.5:2379`);
  expect(urls.peerListen).toEqual([`${told}://10.0.0.5:2380`]);
  expect(urls.peerAdvertise).toBe(`${told}://10.0.0.5:2380`);
  expect(warnings).toEqual([]);
});

describe('seeds', () => {
  test.each([
    ['10.0.0.6', '10.0.0.6', 7980],
    ['10.0.0.6:1', '10.0.0.6', 1],
    ['http://db2:1', 'db2', 1],
    ['https://[2001:db8::6]:1/', '2001:db8::6', 1],
    ['2001:db8::6', '2001:db8::6', 7980],
    ['[2001:db8::6]', '2001:db8::6', 7980],
    ['0.0.0.0:1', '10.0.0.5', 1],
  ])('%s', async (seed, host, port) => {
    const { bootstrapAddresses } = await load({ flags: { ...three, 'bootstrap-addrs': seed } });
    expect(bootstrapAddresses).toEqual([{ host, port }]);
  });
});

describe('warnings', () => {
  const warnings = async (world: World) => (await load(world)).warnings;
  test('of being open without TLS', async () => {
    expect(await warnings({ flags: three })).toEqual([expect.stringMatching(/without TLS/)]);
    expect(await warnings({ flags: { ...three, host: '127.0.0.2' } })).toEqual([]);
  });
  test('of a listener that peers cannot reach', async () => {
    const found = await warnings({ flags: { ...three, 'client-addr': '127.0.0.1' } });
    expect(found).toContainEqual(expect.stringMatching(/--client-addr is on the loopback address/));
  });
  test('of a name that is loopback on its own machine', async () => {
    const hosts = { db1: '127.0.1.1' };
    expect(await warnings({ flags: { ...three, host: 'db1' }, hosts })).toContainEqual(
      expect.stringMatching(/--host names the host "db1", which is the loopback address 127.0.1.1/),
    );
  });
});

describe('refusals', () => {
  test('no address but loopback', async () => {
    expect(await refusal({ flags: three, addresses: [] })).toMatch(/--host must say/);
  });
  test('the port of the second client listener', async () => {
    const flags = { 'client-addr': '10.0.0.5:1', 'peer-addr': '127.0.0.1:1' };
    expect(await refusal({ flags })).toMatch(/--client-addr and --peer-addr are both/);
  });
  test('one port on all addresses and on one of them', async () => {
    const flags = { 'peer-addr': '0.0.0.0:1', 'gossip-addr': '10.0.0.5:1' };
    expect(await refusal({ flags })).toMatch(/--peer-addr and --gossip-addr are both 10.0.0.5:1/);
  });
  test('but not one port on two addresses', async () => {
    const flags = { 'peer-addr': '10.0.0.5:1', 'gossip-addr': '10.0.0.6:1' };
    expect((await load({ flags })).gossip.port).toBe(1);
  });
});
