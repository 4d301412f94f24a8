import { describe, expect, test } from 'vitest';
import { load, refusal } from './machine.ts';

const tls = {
  'ca-cert': 'ca.crt',
  'server-cert': 'server.crt',
  'server-key': 'server.key',
  'peer-cert': 'peer.crt',
  'peer-key': 'peer.key',
};
const files = Object.fromEntries(
  [...Object.values(tls), 'people.crt'].map((name) => [`/srv/${name}`, 'pem']),
);

describe('remote control', () => {
  test('is off unless an address is given, TLS or not', async () => {
    expect((await load()).remoteControl).toBeNull();
    expect((await load({ flags: tls, files })).remoteControl).toBeNull();
  });

  test.each([
    [':7990', '10.0.0.5', 7990],
    ['10.0.0.7', '10.0.0.7', 7981],
    ['[::]:7990', '::', 7990],
    ['node1.example', '10.0.0.9', 7981],
  ])('is served at %s with the certificate of the server', async (address, host, port) => {
    const flags = { ...tls, 'control-addr': address };
    const { remoteControl } = await load({ flags, files, hosts: { 'node1.example': '10.0.0.9' } });
    expect(remoteControl).toEqual({
      ...{ host, port, caCertFile: '/srv/ca.crt' },
      ...{ certFile: '/srv/server.crt', keyFile: '/srv/server.key' },
    });
  });

  test('may have an authority of its own for those who ask', async () => {
    const flags = { ...tls, 'control-addr': ':7981', 'control-ca-cert': 'people.crt' };
    const { remoteControl } = await load({ flags, files });
    expect(remoteControl?.caCertFile).toBe('/srv/people.crt');
  });

  test('is refused without TLS', async () => {
    for (const more of [{}, { 'control-ca-cert': 'people.crt' }]) {
      const told = await refusal({ flags: { 'control-addr': ':7981', ...more }, files });
      expect(told).toContain('--control-addr is served by mutual TLS only, which needs --ca-cert');
    }
  });

  test('is refused with an authority that cannot be read, or a host that has no address', async () => {
    const flags = { ...tls, 'control-addr': ':7981', 'control-ca-cert': 'missing.crt' };
    expect(await refusal({ flags, files })).toMatch(
      /--control-ca-cert "\/srv\/missing.crt" cannot/,
    );
    const nowhere = { ...tls, 'control-addr': 'nowhere.example' };
    expect(await refusal({ flags: nowhere, files })).toContain('has no address');
  });

  test.each([
    [':2379', 'client-addr'],
    [':2380', 'peer-addr'],
    ['0.0.0.0:7980', 'gossip-addr'],
    ['127.0.0.1:2379', 'client-addr'],
  ])('%s is taken by --%s', async (address, by) => {
    const told = await refusal({ flags: { ...tls, 'control-addr': address }, files });
    expect(told).toContain(`--control-addr and --${by} are both`);
  });

  test('an authority without an address has no effect, and is said so', async () => {
    const { remoteControl, warnings } = await load({ flags: { 'control-ca-cert': 'x.crt' } });
    expect(remoteControl).toBeNull();
    expect(warnings.join()).toContain('--control-ca-cert has no effect without --control-addr.');
  });
});
