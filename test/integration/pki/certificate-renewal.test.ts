import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TlsFiles } from '../../../src/config/node-config.ts';
import {
  dueForRenewal,
  renewCertificates,
  renewRunOut,
} from '../../../src/node/certificate-renewal.ts';
import { digestOf, readAuthorities } from '../../../src/node/trusted-authorities.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

const dayMs = 86_400_000;
const born = Date.now();
const day = (count: number) => new Date(born + count * dayMs);

/** A node whose peer certificate, which is its client's too, lives 30 days, and its server's 90. */
async function node({ authorityDays = 400 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-renewal-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const authority = new CertificateAuthority('ca', { from: day(0), to: day(authorityDays) });
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const pair = async (role: string, days: number) => {
    const names = { from: day(0), to: day(days), organizations: ['acme'] };
    const { certificate, key } = authority.issue(`etcd ${role}`, ['127.0.0.1'], names);
    return {
      certFile: await file(`${role}.crt`, certificate),
      keyFile: await file(`${role}.key`, key),
    };
  };
  const peer = await pair('peer', 30);
  const caCertFile = await file('ca.crt', authority.certificate);
  const tls = { caCertFile, peerCaCertFile: caCertFile, clientCertAuth: true, peer, client: peer };
  const files: TlsFiles = { ...tls, server: await pair('server', 90), migration: null };
  const caKeyFile = await file('ca.key', authority.key);
  const on = (days: number) => ({ tls: files, caKeyFile, now: day(days) });
  return { files, on, file, caCertFile };
}

test('a certificate is due at two thirds of its life, each file once', async () => {
  const { on } = await node();
  expect(await dueForRenewal(on(19.9))).toEqual([]);
  expect(await dueForRenewal(on(20))).toEqual(['peer']);
  expect(await dueForRenewal(on(60))).toEqual(['server', 'peer']);
});

test('nothing is due without the key, with another key, or where the authority ends too', async () => {
  const { on, file } = await node();
  expect(await dueForRenewal({ ...on(25), caKeyFile: null })).toEqual([]);
  const another = await file('other.key', new CertificateAuthority('other').key);
  expect(await dueForRenewal({ ...on(25), caKeyFile: another })).toEqual([]);
  await expect(
    renewCertificates(['peer'], { ...on(25), caKeyFile: another }),
  ).rejects.toMatchObject({ code: 'E2D_PKI_AUTHORITY' });
  expect(await dueForRenewal((await node({ authorityDays: 30 })).on(25))).toEqual([]);
});

test('a renewed certificate says what the old one said, for the same key, and as long', async () => {
  const { files, on } = await node();
  const { certFile, keyFile } = files.peer;
  await chmod(certFile, 0o640);
  const [before, key] = [await readFile(certFile), await readFile(keyFile, 'utf8')];
  await renewCertificates(['peer'], on(25));
  const [old, renewed] = [
    new X509Certificate(before),
    new X509Certificate(await readFile(certFile)),
  ];
  expect(await readFile(keyFile, 'utf8')).toBe(key);
  expect(renewed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect([renewed.subject, renewed.subjectAltName]).toEqual([old.subject, old.subjectAltName]);
  expect(Date.parse(renewed.validTo) - day(55).getTime()).toBeLessThan(dayMs);
  expect(await dueForRenewal(on(25))).toEqual([]);
});

test('what ran out while the node was away is renewed at its start, and nothing else', async () => {
  const { files, on } = await node();
  expect(await renewRunOut(on(25))).toEqual([]);
  const server = await readFile(files.server.certFile, 'utf8');
  expect(await renewRunOut(on(70))).toEqual(['peer']);
  expect(await readFile(files.server.certFile, 'utf8')).toBe(server);
  const { validTo } = new X509Certificate(await readFile(files.peer.certFile));
  expect(Date.parse(validTo)).toBeGreaterThan(day(90).getTime());
  await rm(files.caCertFile);
  expect(await renewRunOut(on(200))).toEqual([]);
});

test('authorities are the same in any order, and others when one comes or goes', async () => {
  const { files, file, caCertFile } = await node();
  const own = await readFile(caCertFile, 'utf8');
  const other = new CertificateAuthority('other').certificate;
  const digest = async () => digestOf(await readAuthorities(files));
  const first = await digest();
  await file('ca.crt', `${own}${other}`);
  const both = await digest();
  expect(both).not.toBe(first);
  await file('ca.crt', `${other}${own}`);
  expect(await digest()).toBe(both);
});
