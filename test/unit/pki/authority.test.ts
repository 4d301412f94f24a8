import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Authority,
  createAuthority,
  type IssueOptions,
  type KeyPair,
  openAuthority,
} from '../../../src/pki/authority.ts';
import {
  createCertificateRequest,
  readCertificateRequest,
} from '../../../src/pki/certificate-request.ts';
import { pemBlocks, toPem } from '../../../src/pki/pem.ts';
import { readCertificates } from '../../../src/pki/read-certificates.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

const now = new Date('2030-01-01T12:00:40.500Z');
const hourMs = 3_600_000;
const lifetimeMs = 43_800 * hourMs;
const lifetime = {
  from: new Date('2029-01-01T00:00:00Z'),
  to: new Date('2034-01-01T00:00:00Z'),
};
const leaf: IssueOptions = {
  profile: 'peer',
  commonName: 'etcd peer',
  hosts: ['10.0.0.5'],
  lifetimeMs: 1000 * hourMs,
  now,
};

function read(pem: string) {
  const [certificate] = readCertificates(pem);
  if (certificate === undefined) throw new Error('there is no certificate');
  return certificate;
}

async function make(algorithm: 'ecdsa-p256' | 'rsa-2048' = 'ecdsa-p256', at = now) {
  return createAuthority({ algorithm, commonName: 'e2d-ca', lifetimeMs, now: at });
}

function refusal(code: string, message: RegExp) {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}

let pair: KeyPair;
let authority: Authority;

beforeAll(async () => {
  pair = await make();
  authority = openAuthority(pair);
});

describe('a new authority', () => {
  test.each([
    ['ecdsa-p256', 'EC PRIVATE KEY', { algorithm: 'ec', curve: 'prime256v1' }],
    ['rsa-2048', 'RSA PRIVATE KEY', { algorithm: 'rsa', bits: 2048 }],
  ] as const)('has a key of the kind %s', async (algorithm, label, key) => {
    const made = await make(algorithm);
    expect(pemBlocks(made.key).map((block) => block.label)).toEqual([label]);
    const certificate = read(made.certificate);
    expect(certificate.key).toMatchObject(key);
    expect(certificate.usages.ca).toBe(true);
    expect(certificate.subject).toBe('CN=e2d-ca');
    expect(certificate.x509.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(certificate.x509.verify(certificate.x509.publicKey)).toBe(true);
    expect(openAuthority(made).algorithm).toBe(algorithm);
  });

  test('is valid from five minutes ago, to the minute, and to the end of its lifetime', () => {
    const { notBefore, notAfter } = authority;
    expect(notBefore).toEqual(new Date('2030-01-01T11:56:00Z'));
    expect(notAfter).toEqual(new Date(Date.UTC(2034, 11, 31, 12, 0, 40)));
    expect(read(pair.certificate)).toMatchObject({ notBefore, notAfter });
  });
});

describe('an issued certificate', () => {
  test.each([
    ['server', { server: true, client: false }],
    ['peer', { server: true, client: true }],
    ['client', { server: false, client: true }],
  ] as const)('of the profile %s has its usages', async (profile, usages) => {
    const issued = read((await authority.issue({ ...leaf, profile })).certificate);
    expect(issued.usages).toEqual({ ca: false, ...usages });
  });

  test('has its names, each once and of its type, and its key', async () => {
    const hosts = ['db1.example', '10.0.0.5', 'fd00::5', '10.0.0.5', 'DB1.example', '[fd00:0::5]'];
    const issued = await authority.issue({ ...leaf, organizations: ['e2d:viewers', 'x'], hosts });
    const certificate = read(issued.certificate);
    expect(certificate.names).toEqual({ dns: ['db1.example'], ips: ['10.0.0.5', 'fd00::5'] });
    expect(certificate.subject).toBe('O=e2d:viewers, O=x, CN=etcd peer');
    expect(certificate.issuer).toBe('CN=e2d-ca');
    expect(certificate.x509.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    expect(authority.hasSigned(issued.certificate)).toBe(true);
  });

  test('has a serial of 20 bytes, positive and its own', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => authority.issue(leaf)));
    const serials = all.map(({ certificate }) => read(certificate).serial);
    expect(new Set(serials).size).toBe(8);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{39}$/);
  });

  test('takes the kind of key that is asked for', async () => {
    const issued = await authority.issue({ ...leaf, algorithm: 'rsa-2048' });
    expect(read(issued.certificate).key).toMatchObject({ algorithm: 'rsa', bits: 2048 });
    expect(issued.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  });

  test('never outlives its authority, and says so', async () => {
    const { isCutShort, notAfter, certificate } = await authority.issue({
      ...leaf,
      lifetimeMs: lifetimeMs + hourMs,
    });
    expect({ isCutShort, notAfter }).toEqual({ isCutShort: true, notAfter: authority.notAfter });
    expect(read(certificate).notAfter).toEqual(authority.notAfter);
    expect((await authority.issue(leaf)).isCutShort).toBe(false);
  });

  test('with a short life starts a little earlier only', async () => {
    const { certificate } = await authority.issue({ ...leaf, lifetimeMs: 120_000 });
    expect(read(certificate)).toMatchObject({
      notBefore: new Date('2030-01-01T12:00:30Z'),
      notAfter: new Date('2030-01-01T12:02:40Z'),
    });
  });

  test('may end after 2049', async () => {
    const far = new Date('2051-01-01T00:00:00Z');
    const late = openAuthority(await make('ecdsa-p256', far));
    const { certificate } = await late.issue({ ...leaf, now: far });
    expect(read(certificate).notAfter).toEqual(new Date(far.getTime() + 1000 * hourMs));
  });

  test.each([
    [{ hosts: [] }, /^A peer certificate needs a host/],
    [{ profile: 'server', hosts: [] }, /^A server certificate needs a host/],
    [{ hosts: ['a b'] }, /"a b" is neither/],
    [{ commonName: '' }, /from 1 to 64 printable characters, not ""/],
    [{ commonName: 'x'.repeat(65) }, /from 1 to 64/],
    [{ organizations: ['a\nb'] }, /not "a\\nb"/],
  ] as const)('is not made with %j', async (wrong, message) => {
    await expect(authority.issue({ ...leaf, ...wrong })).rejects.toEqual(
      refusal('E2D_PKI_NAME', message),
    );
  });

  test.each([
    [new Date('2035-01-01T00:00:00Z'), /has expired at 2034-12-31T12:00:40.000Z/],
    [
      new Date('2029-01-01T00:00:00Z'),
      /not valid before .* clock of this machine says 2029-01-01T/,
    ],
  ])('is not made at %s', async (at, message) => {
    await expect(authority.issue({ ...leaf, now: at })).rejects.toEqual(
      refusal('E2D_PKI_AUTHORITY', message),
    );
  });
});

describe('an authority is opened', () => {
  test('with the PKCS#1 key that the first e2d wrote', async () => {
    const der = await readFile('test/fixtures/e2d-go-snapshots/ca-key.der');
    const pem = toPem('RSA PRIVATE KEY', der);
    const old = openAuthority({
      certificate: certificateFor(pem),
      key: pem,
    });
    const { certificate } = await old.issue(leaf);
    expect(old.hasSigned(certificate)).toBe(true);
    expect(read(certificate).key.algorithm).toBe('rsa');
  });

  test('among others, whichever its key belongs to', async () => {
    const other = await make();
    const opened = openAuthority({
      certificate: `new:\n${other.certificate}old:\n${pair.certificate}`,
      key: pair.key,
    });
    expect(opened.certificate).toBe(pair.certificate);
  });

  test('with keys in PKCS#8 and on larger curves', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const opened = openAuthority({ certificate: certificateFor(key), key });
    expect(opened.hasSigned((await opened.issue(leaf)).certificate)).toBe(true);
  });

  const pem = (type: 'ed25519' | 'weak' | 'other') => {
    const key =
      type === 'ed25519'
        ? generateKeyPairSync('ed25519').privateKey
        : type === 'weak'
          ? generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
          : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  };

  test.each([
    ['of another certificate', { key: pem('other') }, /does not belong to its certificate/],
    ['of another kind', { key: pem('ed25519') }, /kind ed25519/],
    ['that is weak', { key: pem('weak') }, /RSA key of 1024 bits; 2048 are needed/],
    ['that is none', { key: 'no key' }, /private key cannot be read/],
    ['without a certificate', { certificate: '' }, /holds none in PEM/],
    ['among far too many', { certificate: toPem('CERTIFICATE', Buffer.alloc(9)).repeat(65) }, /65/],
    [
      'with a damaged certificate',
      { certificate: toPem('CERTIFICATE', Buffer.from('3003020101', 'hex')) },
      /cannot be read/,
    ],
  ])('never with a key %s', (_, wrong, message) => {
    expect(() => openAuthority({ ...pair, ...wrong })).toThrow(
      refusal('E2D_PKI_AUTHORITY', message),
    );
  });

  test('never with the certificate of somebody else than an authority', async () => {
    const issued = await authority.issue(leaf);
    expect(() => openAuthority(issued)).toThrow(
      refusal('E2D_PKI_AUTHORITY', /"etcd peer" is not that of an authority/),
    );
  });
});

describe('a renewed certificate', () => {
  test('says what the old one said, for as long, with a new key', async () => {
    const old = await authority.issue({
      ...leaf,
      profile: 'server',
      organizations: ['x'],
      hosts: ['a.b', 'fd00::5'],
      algorithm: 'rsa-2048',
    });
    const later = new Date(now.getTime() + 700 * hourMs);
    const [before, after] = [
      read(old.certificate),
      read((await authority.renew(old.certificate, { now: later })).certificate),
    ];
    const same = ({ subject, names, usages, key, issuer }: typeof before) => ({
      subject,
      names,
      usages,
      key,
      issuer,
    });
    expect(same(after)).toEqual(same(before));
    expect(after.notAfter.getTime() - before.notAfter.getTime()).toBe(700 * hourMs);
    expect(after.serial).not.toBe(before.serial);
    const spki = { type: 'spki', format: 'pem' } as const;
    expect(after.x509.publicKey.export(spki)).not.toBe(before.x509.publicKey.export(spki));
  });

  test.each([1, 10, 119, 3_599, 3_600, 3_660, 86_400])(
    'of %i minutes keeps its lifetime however often',
    async (minutes) => {
      let { certificate } = await authority.issue({ ...leaf, lifetimeMs: minutes * 60_000 });
      let at = now;
      for (let time = 0; time < 3; time += 1) {
        at = new Date(at.getTime() + 37_000);
        certificate = (await authority.renew(certificate, { now: at })).certificate;
      }
      const leftMs = read(certificate).notAfter.getTime() - at.getTime();
      expect(Math.abs(leftMs - minutes * 60_000)).toBeLessThan(4_000);
    },
  );

  test('is refused to what another authority signed, even of the same name', async () => {
    const stranger = await openAuthority(await make()).issue(leaf);
    await expect(authority.renew(stranger.certificate, { now })).rejects.toEqual(
      refusal('E2D_PKI_AUTHORITY', /"e2d-ca" has not signed/),
    );
    await expect(authority.renew('nothing', { now })).rejects.toEqual(
      refusal('E2D_PKI_FILE', /no certificate/),
    );
  });
});

describe('a certificate issued anew under another authority', () => {
  const later = new Date(now.getTime() + 700 * hourMs);

  test.each(['ecdsa-p256', 'rsa-2048'] as const)(
    'keeps its %s key and all that it says, for as long',
    async (algorithm) => {
      const old = await authority.issue({
        ...leaf,
        profile: 'server',
        organizations: ['e2d:viewers', 'x'],
        hosts: ['a.b', 'fd00::5', '10.0.0.5'],
        algorithm,
      });
      const next = openAuthority(await make('rsa-2048', later));
      const trusted = `${next.certificate}${pair.certificate}`;
      const { certificate, ...told } = next.reissue(old.certificate, { trusted, now: later });
      const [before, after] = [read(old.certificate), read(certificate)];
      expect(after.x509.checkPrivateKey(createPrivateKey(old.key))).toBe(true);
      const said = ({ subject, organizations, names, usages, key }: typeof before) => ({
        subject,
        organizations,
        names,
        usages,
        key,
      });
      expect(said(after)).toEqual(said(before));
      expect(after.serial).not.toBe(before.serial);
      expect([next.hasSigned(certificate), authority.hasSigned(certificate)]).toEqual([
        true,
        false,
      ]);
      expect(after.x509.checkIssued(new X509Certificate(next.certificate))).toBe(true);
      expect(told).toEqual({ notAfter: after.notAfter, isCutShort: false });
      expect(after.notAfter.getTime() - before.notAfter.getTime()).toBe(700 * hourMs);
      // Once more changes nothing but the dates: whoever was interrupted may do it again.
      const again = next.reissue(certificate, { trusted, now: later, lifetimeMs: hourMs });
      expect(said(read(again.certificate))).toEqual(said(before));
      expect(again.notAfter).toEqual(new Date(later.getTime() - 500 + hourMs));
    },
  );

  test('is refused where none of the trusted signed the old one, even one of that name', async () => {
    const stranger = await openAuthority(await make()).issue(leaf);
    const options = { trusted: pair.certificate, now };
    expect(() => authority.reissue(stranger.certificate, options)).toThrow(
      refusal('E2D_PKI_AUTHORITY', /^None of the trusted authorities has signed/),
    );
    expect(() => authority.reissue('nothing', options)).toThrow(
      refusal('E2D_PKI_FILE', /no certificate/),
    );
  });

  test('is taken by way of an authority that stands behind it in its file', async () => {
    const top = new CertificateAuthority('top', lifetime);
    const between = new CertificateAuthority('between', { ...lifetime, below: top });
    const old = between.issue('node', ['10.0.0.5'], lifetime);
    const chain = `${old.certificate}${between.certificate}`;
    const options = { trusted: top.certificate, now };
    expect(read(authority.reissue(chain, options).certificate)).toMatchObject({
      commonName: 'node',
      issuer: 'CN=e2d-ca',
    });
    expect(() => authority.reissue(old.certificate, options)).toThrow(/^None of the trusted/);
  });

  test('is refused for a key that is weak, and to authorities', async () => {
    const old = new CertificateAuthority('old', lifetime);
    const weak = old.issue('node', ['10.0.0.5'], { ...lifetime, bits: 1024 });
    const options = { trusted: old.certificate, now };
    expect(() => authority.reissue(weak.certificate, options)).toThrow(
      refusal('E2D_PKI_AUTHORITY', /for an RSA key of 1024 bits/),
    );
    expect(() => authority.reissue(old.certificate, options)).toThrow(
      refusal('E2D_PKI_FILE', /"old" is that of an authority, which is replaced and not renewed/),
    );
    await expect(authority.renew(pair.certificate, { now })).rejects.toEqual(
      refusal('E2D_PKI_FILE', /"e2d-ca" is that of an authority/),
    );
  });
});

describe('a request', () => {
  const asked = { algorithm: 'ecdsa-p256', commonName: 'root', hosts: ['a.b', 'fd00::5'] } as const;

  test('is read as it was made', async () => {
    for (const algorithm of ['ecdsa-p256', 'rsa-2048'] as const) {
      const { request, key } = await createCertificateRequest({
        ...asked,
        algorithm,
        organizations: ['e2d:operators'],
      });
      const { publicKey, ...read } = readCertificateRequest(request);
      expect(read).toEqual({
        commonName: 'root',
        organizations: ['e2d:operators'],
        hosts: ['a.b', 'fd00::5'],
      });
      expect(publicKey.equals(createPublicKey(createPrivateKey(key)))).toBe(true);
    }
  });

  test('is granted its key, and only the names that the signer gives', async () => {
    const { request, key } = await createCertificateRequest({
      ...asked,
      organizations: ['e2d:operators'],
    });
    const signed = authority.sign(request, leaf);
    const certificate = read(signed.certificate);
    expect(certificate.x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.subject).toBe('CN=etcd peer');
    expect(certificate.names).toEqual({ dns: [], ips: ['10.0.0.5'] });
  });

  test('is refused when its key did not sign it', async () => {
    const { request } = await createCertificateRequest(asked);
    const [block] = pemBlocks(request);
    const der = Buffer.from(block?.der ?? []);
    const at = der.indexOf('root');
    der.write('toor', at);
    expect(() => authority.sign(toPem('CERTIFICATE REQUEST', der), leaf)).toThrow(
      refusal('E2D_PKI_REQUEST', /not signed with its own key/),
    );
  });

  test.each([
    ['nothing', '', /no certificate request/],
    ['another thing', toPem('CERTIFICATE REQUEST', Buffer.from('3003020101', 'hex')), /cannot be/],
    ['far too much', 'x'.repeat(40_000), /longer than any request/],
  ])('that is %s is refused', (_, request, message) => {
    expect(() => authority.sign(request, leaf)).toThrow(refusal('E2D_PKI_REQUEST', message));
  });

  test('cut off anywhere is refused with a code', async () => {
    const { request } = await createCertificateRequest(asked);
    const der = pemBlocks(request)[0]?.der ?? Buffer.alloc(0);
    for (let length = 0; length < der.length; length += 1) {
      const cut = toPem('CERTIFICATE REQUEST', der.subarray(0, length));
      expect(() => readCertificateRequest(cut)).toThrow(
        expect.objectContaining({ code: 'E2D_PKI_REQUEST' }),
      );
    }
  });
});

test('node takes the whole chain', async () => {
  const issued = new X509Certificate((await authority.issue(leaf)).certificate);
  const own = new X509Certificate(authority.certificate);
  expect(issued.checkIssued(own)).toBe(true);
  expect(issued.checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(issued.checkIP('10.0.0.6')).toBeUndefined();
});

/** Of an authority with this key. */
function certificateFor(key: string): string {
  return new CertificateAuthority('old', { key, ...lifetime }).certificate;
}
