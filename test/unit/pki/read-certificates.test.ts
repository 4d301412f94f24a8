import { describe, expect, test } from 'vitest';
import { examine } from '../../../src/pki/examine.ts';
import { readCertificates } from '../../../src/pki/read-certificates.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

const authority = new CertificateAuthority('root');
const from = new Date('2026-01-01T00:00:00Z');
const to = new Date('2036-01-01T00:00:00Z');

describe('what a certificate says', () => {
  const leaf = authority.issue('etcd server', ['10.0.0.1', '127.0.0.1'], {
    usages: ['server'],
    dnsNames: ['db1.example', '*.db.example', 'a, DNS:forged.example', 'quo"ted'],
    from,
    to,
  });
  const [read, ...more] = readCertificates(`a note before it\n${leaf.certificate}`);

  test('its names, none of which another can smuggle in', () => {
    expect(more).toEqual([]);
    expect(read).toMatchObject({
      commonName: 'etcd server',
      organizations: [],
      subject: 'CN=etcd server',
      issuer: 'CN=root',
    });
    expect(read?.names).toEqual({
      dns: ['db1.example', '*.db.example', 'a, DNS:forged.example', 'quo"ted'],
      ips: ['10.0.0.1', '127.0.0.1'],
    });
  });

  test('its life, its key and what it is for', () => {
    expect(read).toMatchObject({ notBefore: from, notAfter: to });
    expect(read?.usages).toEqual({ ca: false, server: true, client: false });
    expect(read?.key).toEqual({ algorithm: 'rsa', bits: 2048, curve: null });
    expect(read?.serial).toMatch(/^[0-9A-F]{40}$/);
    expect(read?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

/** Of `openssl req -x509`: a P-256 key, IPv6, a URI, two organizations, one with a comma in it. */
const foreign = `-----BEGIN CERTIFICATE-----
MIICBTCCAaugAwIBAgIUFwDa4Xs3kJRnXYdYpMtXxCdi5OIwCgYIKoZIzj0EAwIw
NDESMBAGA1UECgwJQWNtZSwgTHRkMQ8wDQYDVQQKDAZTZWNvbmQxDTALBgNVBAMM
BGxlYWYwHhcNMjYxMTIxMTQyNTAxWhcNMzYxMTE4MTQyNTAxWjA0MRIwEAYDVQQK
DAlBY21lLCBMdGQxDzANBgNVBAoMBlNlY29uZDENMAsGA1UEAwwEbGVhZjBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABN19+R7DBPnX3/glSHwGAI2sb5eqEnaP/Mo4
QWl+1DY1URVTfyT0UONXZXiw9uO/7MlVkrEZt68/xBKVghZBnCmjgZowgZcwHQYD
VR0OBBYEFOxBRawFFEZ+yoyZxF9n2coy/8PNMB8GA1UdIwQYMBaAFOxBRawFFEZ+
yoyZxF9n2coy/8PNMA8GA1UdEwEB/wQFMAMBAf8wRAYDVR0RBD0wO4IJYS5leGFt
cGxlhxAAAAAAAAAAAAAAAAAAAAABhxD9AAAAAAAAAAAAAAAAAAAShgpodHRwOi8v
YS9iMAoGCCqGSM49BAMCA0gAMEUCIEURCtWn/lCB+ojEy1EbmTSeXncz68eCdT5P
TssfAc+8AiEA8h3YPC/hClLfV10BXw08R/93nvtJAYbbu6hAsLNxWpw=
-----END CERTIFICATE-----`;

test('what openssl makes is read alike', () => {
  const [read] = readCertificates(foreign);
  expect(read?.organizations).toEqual(['Acme, Ltd', 'Second']);
  expect(read?.commonName).toBe('leaf');
  expect(read?.names).toEqual({ dns: ['a.example'], ips: ['::1', 'fd00::12'] });
  expect(read?.usages).toEqual({ ca: true, server: true, client: true });
  expect(read?.key).toEqual({ algorithm: 'ec', bits: null, curve: 'prime256v1' });
});

test('a bundle is read in its order, and a file without any is empty', () => {
  const other = new CertificateAuthority('other');
  const bundle = readCertificates(Buffer.from(authority.certificate + other.certificate));
  expect(bundle.map(({ commonName, usages }) => [commonName, usages.ca])).toEqual([
    ['root', true],
    ['other', true],
  ]);
  expect(readCertificates('')).toEqual([]);
  expect(readCertificates(authority.key)).toEqual([]);
});

test('one that is damaged is named by its place', () => {
  const damaged = `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
  expect(() => readCertificates(authority.certificate + damaged)).toThrow(
    expect.objectContaining({
      code: 'E2D_BAD_CERTIFICATE',
      message: expect.stringMatching(/^Certificate 2 /),
    }),
  );
});

test('more than 64 in a file are refused unread, and so many are looked at in no time', () => {
  const all = (count: number) => authority.certificate.repeat(count);
  const startedMs = performance.now();
  expect(() => readCertificates(all(Math.ceil(1024 ** 2 / authority.certificate.length)))).toThrow(
    expect.objectContaining({
      code: 'E2D_BAD_CERTIFICATE',
      message: expect.stringMatching(
        /^The file holds \d+ certificates, and at most 64 are read\.$/,
      ),
    }),
  );
  expect(performance.now() - startedMs).toBeLessThan(200);
  const bundle = { path: '/bundle.crt', pem: all(64) };
  const leaf = authority.issue('leaf', ['10.0.0.5']).certificate;
  const chain = { path: '/chain.crt', pem: `${leaf}${all(63)}` };
  const asked = { purposes: [], hosts: [], now: new Date() };
  const flaws = examine({ certificate: chain, authorities: bundle, ...asked });
  expect(flaws).toEqual([]);
  const tooMany = examine({ certificate: { ...chain, pem: `${chain.pem}${leaf}` }, ...asked });
  expect(tooMany.map(({ sentence }) => sentence)).toEqual([
    'The file /chain.crt cannot be used: The file holds 65 certificates, and at most 64 are read.',
  ]);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test('a file of endless beginnings is read in no time', () => {
  const startedMs = performance.now();
  expect(readCertificates('-----BEGIN CERTIFICATE-----'.repeat(40_000))).toEqual([]);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
