import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseDurationMs } from '../../../src/config/durations.ts';
import { createAuthority } from '../../../src/pki/authority.ts';
import { callE2d } from '../../support/call-e2d.ts';

const folder = mkdtempSync(join(tmpdir(), 'e2d-issue-'));
const authority = ['--ca-cert', join(folder, 'ca.crt'), '--ca-key', join(folder, 'ca.key')];
const hourMs = 3_600_000;

beforeAll(async () => {
  const { certificate, key } = await createAuthority({
    ...{ algorithm: 'ecdsa-p256', commonName: 'ca', now: new Date() },
    lifetimeMs: parseDurationMs('1y') ?? 0,
  });
  writeFileSync(join(folder, 'ca.crt'), certificate);
  writeFileSync(join(folder, 'ca.key'), key);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function issued(...args: readonly string[]) {
  const { exit, out, err } = await callE2d('etcd', ...args, ...authority);
  expect({ exit, err: /^(Warning: .*\n)?$/.test(err) }).toEqual({ exit: 0, err: true });
  const told = JSON.parse(out) as Record<string, string>;
  const certificate = new X509Certificate(told['certificate'] ?? '');
  const lifeMs = Date.parse(certificate.validTo) - Date.now();
  return { out, err, told, certificate, lifeMs };
}

describe('a certificate is issued', () => {
  test('as JSON, its keys in the order that scripts have come to know', async () => {
    const { out, told, certificate } = await issued('issue', '--ttl', '24h', 'shop');
    expect(out).toBe(`${JSON.stringify(told, null, 2)}\n`);
    expect(Object.keys(told)).toEqual(['certificate', 'private_key', 'ca_certificate']);
    expect(told['ca_certificate']).toBe(readFileSync(join(folder, 'ca.crt'), 'utf8'));
    expect(told['private_key']).toMatch(/^-----BEGIN (EC )?PRIVATE KEY-----/);
    expect(certificate.toLegacyObject().subject.CN).toBe('shop');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.subjectAltName).toBeUndefined();
  });

  test('for the time that is asked for, with one dash or two', async () => {
    for (const ttl of ['-ttl=24h', '--ttl=24h']) {
      const { lifeMs, err } = await issued('issue', ttl, '-output=json', 'shop');
      expect(Math.abs(lifeMs - 24 * hourMs)).toBeLessThan(hourMs);
      expect(err).toBe('');
    }
  });

  test('for ten years unless told', async () => {
    const { certificate: ca, key } = await createAuthority({
      ...{ algorithm: 'ecdsa-p256', commonName: 'ca', now: new Date() },
      lifetimeMs: parseDurationMs('20y') ?? 0,
    });
    writeFileSync(join(folder, 'old.crt'), ca);
    writeFileSync(join(folder, 'old.key'), key);
    const old = ['--ca-cert', join(folder, 'old.crt'), '--ca-key', join(folder, 'old.key')];
    const { out, err } = await callE2d('etcd', 'issue', 'shop', ...old);
    const { certificate } = JSON.parse(out) as { readonly certificate: string };
    const lifeMs = Date.parse(new X509Certificate(certificate).validTo) - Date.now();
    expect(Math.abs(lifeMs - 87_600 * hourMs)).toBeLessThan(hourMs);
    expect(err).toBe('');
  });

  test('for ten years, which its authority does not last', async () => {
    const { lifeMs, err } = await issued('issue', 'shop');
    expect(lifeMs).toBeLessThanOrEqual(366 * 24 * hourMs);
    expect(err).toMatch(/^Warning: the certificate ends with its authority, at 20/);
  });

  test('for root, two hours long', async () => {
    const { lifeMs, certificate } = await issued('root-issue');
    expect(certificate.toLegacyObject().subject.CN).toBe('root');
    expect(Math.abs(lifeMs - 2 * hourMs)).toBeLessThan(10 * 60_000);
  });

  test('as files, of which the key is its owner’s', async () => {
    const { exit, out } = await callE2d(
      ...['etcd', 'issue', '-output', 'file', '-ttl=1h', 'shop'],
      ...authority,
    );
    expect(exit).toBe(0);
    expect(out).toBe('cert files:  etcd-ca.crt etcd-shop.crt etcd-shop.key\n');
    const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
    expect(['etcd-ca.crt', 'etcd-shop.crt', 'etcd-shop.key'].map(mode)).toEqual([
      '644',
      '644',
      '600',
    ]);
  });
});

describe('refused is', () => {
  test.each([
    [['user-add'], /wrong number of arguments/],
    [['user-add', 'shop'], /wrong number of arguments/],
    [['user-add', 'shop', '/shop/', 'more'], /wrong number of arguments/],
    [['user-add', '', '/shop/'], /^e2d: bad etcd username: \n/],
    [['user-add', 'root', '/shop/'], /bad etcd username: root/],
    [['user-add', 'backup', '/shop/'], /bad etcd username: backup/],
    [['user-add', 'e2d', '/shop/'], /bad etcd username: e2d/],
    [['user-add', 'shop', ''], /^e2d: bad etcd prefix: \n/],
    [['user-add', 'shop', '/shop/', '--e2d-user=x'], /not a flag/],
    [['issue'], /wrong number of arguments/],
    [['issue', 'root'], /bad etcd username: root\n.*root-issue/],
    [['issue', '../shop', '--output', 'file'], /bad etcd username: \.\.\/shop/],
    [['issue', '--ttl', '10s', 'shop'], /--ttl "10s" must be a duration from 1m/],
    [['root-issue', 'shop'], /takes no argument/],
    [['auth'], /needs one of enable, disable, status/],
    [['auth', 'status', '--e2d-user', 'x'], /--e2d-user is for "e2d etcd auth enable" alone/],
  ])('e2d etcd %j', async (args, sentence) => {
    const { exit, out, err } = await callE2d('etcd', ...args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test('to issue anything without an authority', async () => {
    const { exit, err } = await callE2d('etcd', 'root-issue');
    expect(exit).toBe(2);
    expect(err).toMatch(/An authority is needed .*: give --ca-cert, --ca-key\./);
  });

  test('to demand users where no certificate tells them apart', async () => {
    const { exit, err } = await callE2d('etcd', 'auth', 'enable');
    expect(exit).toBe(1);
    expect(err).toMatch(/asks the clients of etcd for no certificate/);
  });
});
