import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Certificate, readCertificates } from '../../../src/pki/read-certificates.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

let dir: string;
const at = (name: string) => join(dir, name);
const authority = () => ['--ca-cert', at('ca.crt'), '--ca-key', at('ca.key')];
const pki = (...words: readonly string[]) => callE2d('pki', ...words);

async function read(name: string): Promise<Certificate> {
  const [certificate] = readCertificates(await readFile(at(name)));
  if (certificate === undefined) throw new Error(`${name} holds no certificate`);
  return certificate;
}

async function done(...words: readonly string[]): Promise<string> {
  const { exit, out, err } = await pki(...words);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out;
}

const init = (...flags: readonly string[]) => done('init', ...authority(), ...flags);
const gencerts = (...flags: readonly string[]) =>
  done('gencerts', ...authority(), '--output-dir', dir, ...flags);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'e2d-pki-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('e2d pki init', () => {
  test('makes an authority once, and again with --force alone', async () => {
    expect(await init()).toContain(
      `Wrote ${at('ca.crt')} and its key ${at('ca.key')}: valid until`,
    );
    const first = await read('ca.crt');
    expect(first).toMatchObject({
      commonName: 'e2d-ca',
      usages: { ca: true },
      key: { curve: 'prime256v1' },
    });
    const { exit, err } = await pki('init', ...authority());
    expect(exit).toBe(1);
    expect(err).toContain(`because ${at('ca.crt')}, ${at('ca.key')} are there already`);
    expect((await read('ca.crt')).serial).toBe(first.serial);
    await init('--force', '--algorithm', 'rsa-2048', '--lifetime', '2y', '--name', 'mine');
    const second = await read('ca.crt');
    expect(second).toMatchObject({ commonName: 'mine', key: { bits: 2048 } });
    const leftMs = second.notAfter.getTime() - Date.now();
    expect(leftMs / 86_400_000).toBeCloseTo(730, 1);
    expect((await stat(at('ca.key'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    [['--lifetime', '5s'], 'from 10s to 100y'],
    [['--algorithm', 'dsa'], 'ecdsa-p256 or rsa-2048'],
    [['--name', '../x'], 'a letter or digit first'],
  ])('refuses %j', async (flags, told) => {
    const { exit, err } = await pki('init', ...authority(), ...flags);
    expect(exit).toBe(2);
    expect(err).toContain(told);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('e2d pki gencerts', () => {
  test('issues what a node needs, under the names of the first e2d', async () => {
    await init();
    await gencerts('--hosts', '10.9.8.7,db1.example', '--hosts', 'fd00::5,10.9.8.7');
    const [server, peer, client] = [
      await read('server.crt'),
      await read('peer.crt'),
      await read('client.crt'),
    ];
    const names = [server, peer, client].map(({ commonName }) => commonName);
    expect(names).toEqual(['etcd server', 'etcd peer', 'etcd client']);
    expect(server.usages).toEqual({ ca: false, server: true, client: false });
    expect(peer.usages).toEqual({ ca: false, server: true, client: true });
    expect(client.usages).toEqual({ ca: false, server: false, client: true });
    expect(client.names).toEqual({ dns: [], ips: [] });
    expect(server.names.dns).toEqual(['db1.example', 'localhost']);
    expect(peer.names.dns).toEqual(['db1.example']);
    for (const { names } of [server, peer]) {
      expect(names.ips.slice(0, 2)).toEqual(['10.9.8.7', 'fd00::5']);
      expect(names.ips).toEqual(expect.arrayContaining(['127.0.0.1', '::1']));
      expect(new Set(names.ips).size).toBe(names.ips.length);
    }
  });

  test('writes nothing where one of the six is there, and names all that are', async () => {
    await init();
    await writeFile(at('peer.key'), 'mine');
    await writeFile(at('client.crt'), 'mine');
    const { exit, err } = await pki('gencerts', ...authority(), '--output-dir', dir);
    expect(exit).toBe(1);
    expect(err).toContain(`because ${at('peer.key')}, ${at('client.crt')} are there already`);
    expect((await readdir(dir)).sort()).toEqual(['ca.crt', 'ca.key', 'client.crt', 'peer.key']);
  });

  test('says when the authority cuts a lifetime short', async () => {
    await init('--lifetime', '24h');
    const flags = [...authority(), '--output-dir', dir, '--lifetime', '48h'];
    const { exit, err } = await pki('gencerts', ...flags, '--hosts', '10.0.0.5');
    expect(exit).toBe(0);
    expect(err).toContain('the lifetime was cut short');
    expect((await read('peer.crt')).notAfter).toEqual((await read('ca.crt')).notAfter);
  });

  test.each([
    ['no authority', ['--ca-cert', 'nowhere.crt'], 'E2D_PKI_FILE', 'nowhere.crt cannot be read'],
    ['a bad host', ['--hosts', 'a b'], 'E2D_PKI_NAME', '"a b" is neither an IP address'],
  ])('with %s writes nothing', async (_, flags, code, told) => {
    await init();
    const before = await readdir(dir);
    const { exit, err } = await pki('gencerts', ...authority(), '--output-dir', dir, ...flags);
    expect({ exit, told: err.includes(told) }).toEqual({
      exit: code === 'E2D_PKI_NAME' ? 2 : 1,
      told: true,
    });
    expect(await readdir(dir)).toEqual(before);
  });

  test('refuses a key that is not the authority’s', async () => {
    await init();
    await writeFile(at('ca.key'), new CertificateAuthority().key);
    const { exit, err } = await pki('gencerts', ...authority(), '--output-dir', dir);
    expect(exit).toBe(1);
    expect(err).toContain('The key of the authority does not belong to its certificate.');
  });
});

describe('e2d pki issue', () => {
  test('gives a client its name and its role', async () => {
    await init();
    const flags = ['--profile', 'client', '--name', 'alice', '--role', 'operator'];
    await done('issue', ...authority(), ...flags, '--lifetime', '24h', '--output-dir', dir);
    const alice = await read('alice.crt');
    expect(alice).toMatchObject({ commonName: 'alice', organizations: ['e2d:operators'] });
    expect(alice.usages).toEqual({ ca: false, server: false, client: true });
  });

  test.each([
    [[], '--profile is needed'],
    [['--profile', 'server', '--role', 'viewer', '--hosts', 'a'], '--role is for clients'],
    [['--profile', 'peer'], 'A peer certificate needs a host'],
  ])('refuses %j', async (flags, told) => {
    await init();
    const { exit, err } = await pki('issue', ...authority(), '--output-dir', dir, ...flags);
    expect(exit).toBe(2);
    expect(err).toContain(told);
  });
});

describe('e2d pki renew', () => {
  test('replaces the certificates of a node by new ones that say the same', async () => {
    await init();
    await gencerts('--hosts', 'a.example');
    const before = await read('server.crt');
    const keyBefore = await readFile(at('server.key'), 'utf8');
    await done('renew', '--dir', dir);
    const after = await read('server.crt');
    expect(after.serial).not.toBe(before.serial);
    expect(after).toMatchObject({ names: before.names, usages: before.usages });
    expect(await readFile(at('server.key'), 'utf8')).not.toBe(keyBefore);
    expect(await done('status', '--dir', dir)).not.toContain('WRONG');
  });

  test('renews none when one is of another authority', async () => {
    await init();
    await gencerts();
    const stranger = new CertificateAuthority('stranger').issue('etcd peer', ['10.0.0.5']);
    await writeFile(at('peer.crt'), stranger.certificate);
    const before = await readFile(at('server.crt'), 'utf8');
    const { exit, err } = await pki('renew', '--dir', dir);
    expect(exit).toBe(1);
    expect(err).toContain(`${at('peer.crt')} cannot be renewed, and nothing was written`);
    expect(await readFile(at('server.crt'), 'utf8')).toBe(before);
  });

  test('takes files by name, and their keys beside them', async () => {
    await init();
    await gencerts();
    await copyFile(at('client.crt'), at('alice.pem'));
    const flags = [...authority(), '--lifetime', '30d', at('alice.pem')];
    const alone = await pki('renew', ...flags);
    expect(alone.err).toContain(`The key of ${at('alice.pem')} is not beside it.`);
    await copyFile(at('client.key'), at('alice-key.pem'));
    const told = await askE2d('pki', 'renew', ...flags);
    expect(told).toMatchObject({
      certificates: [{ certFile: at('alice.pem'), keyFile: at('alice-key.pem') }],
    });
    const leftMs = (await read('alice.pem')).notAfter.getTime() - Date.now();
    expect(leftMs / 86_400_000).toBeCloseTo(30, 1);
  });
});

describe('e2d pki status', () => {
  test('lists what is there, for people and for programs', async () => {
    await init();
    await gencerts('--hosts', 'a.example');
    const lines = (await done('status', '--dir', dir)).split('\n');
    expect(lines[0]).toMatch(/^FILE +NAME +USAGE +HOSTS +EXPIRES +LEFT +KEY +SIGNED BY$/);
    expect(lines[1]).toMatch(/^ca\.crt +e2d-ca +authority +- .* ecdsa-p256 +CN=e2d-ca$/);
    expect(lines[3]).toMatch(/^peer\.crt +etcd peer +server\+client +a\.example,/);
    expect(await askE2d('pki', 'status', '--dir', dir)).toMatchObject({
      files: [
        { file: at('ca.crt'), certificates: [{ usages: ['authority'] }], problems: [] },
        { file: at('client.crt'), certificates: [{ hosts: [], key: 'ecdsa-p256' }] },
        { certificates: [{ issuer: 'CN=e2d-ca' }] },
        { file: at('server.crt'), certificates: [{ usages: ['server'] }] },
      ],
    });
  });

  test('tells files of several folders apart', async () => {
    await init();
    const node = (name: string) => ['--output-dir', at(name), '--hosts', `${name}.example`];
    for (const name of ['db1', 'db2']) await done('gencerts', ...authority(), ...node(name));
    const files = ['db1/peer.crt', 'db2/peer.crt'].map(at);
    const lines = (await done('status', '--ca-cert', at('ca.crt'), ...files)).split('\n');
    const names = lines.slice(1, 4).map((line) => line.split(' ')[0]);
    expect(names).toEqual(['ca.crt', 'db1/peer.crt', 'db2/peer.crt']);
  });

  const old = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2021-01-01T00:00:00Z') };
  const others = new CertificateAuthority('other');

  test.each([
    ['expired', () => others.issue('x', ['10.0.0.5'], old).certificate, /expired on 2021-01-01/],
    [
      'of nobody known',
      () => others.issue('x', ['10.0.0.5']).certificate,
      /No authority of .*ca\.crt/,
    ],
    ['not of its key', () => others.issue('x', ['10.0.0.5']).certificate, /does not belong to/],
    [
      'for another use',
      () => others.issue('x', [], { usages: ['client'] }).certificate,
      /may not be used by a server/,
    ],
    [
      'none',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /cannot be read/,
    ],
  ])('finds a certificate that is %s, and ends with 1', async (_, certificate, told) => {
    await init();
    await gencerts();
    await writeFile(at('server.crt'), certificate());
    const { exit, out } = await pki('status', '--dir', dir);
    expect(exit).toBe(1);
    expect(out).toMatch(told);
    expect((await pki('status', '--ca-cert', at('ca.crt'), at('peer.crt'))).exit).toBe(0);
  });

  test('finds an authority’s key that is not its own, and one that all may read', async () => {
    await init();
    await chmod(at('ca.key'), 0o644);
    expect((await pki('status', '--dir', dir)).out).toContain(`chmod 600 ${at('ca.key')}`);
    await writeFile(at('ca.key'), others.key);
    const { exit, out } = await pki('status', '--dir', dir);
    expect(exit).toBe(1);
    expect(out).toContain('The key of the authority does not belong to its certificate.');
  });

  test('says what it cannot check, and what runs out soon', async () => {
    await init('--lifetime', '10d');
    const soon = await pki('status', '--dir', dir);
    expect(soon).toMatchObject({ exit: 0, out: expect.stringMatching(/ca\.crt expires in 9d/) });
    await rm(at('ca.crt'));
    await writeFile(at('x.crt'), others.issue('x', ['10.0.0.5']).certificate);
    const { exit, err } = await pki('status', '--dir', dir);
    expect(exit).toBe(0);
    expect(err).toContain('who signed the certificates is not checked');
    expect((await pki('status', '--dir', at('nowhere'))).err).toContain('cannot be read');
  });
});
