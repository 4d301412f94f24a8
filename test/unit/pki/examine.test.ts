import { describe, expect, test } from 'vitest';
import { type Examination, examine, examineAuthorities } from '../../../src/pki/examine.ts';
import { CertificateAuthority, type KeyPair } from '../../support/certificates.ts';

const now = new Date('2026-06-01T12:00:00Z');
const minute = (count: number) => new Date(now.getTime() + count * 60_000);
const life = { from: minute(-60), to: minute(60) };
const root = new CertificateAuthority('root', life);
const other = new CertificateAuthority('other', life);
const good = root.issue('etcd server', ['10.0.0.1', '127.0.0.1'], {
  dnsNames: ['db1.example', '*.db.example'],
  ...life,
});

function files(pair: KeyPair, bundle: string): Examination {
  return {
    certificate: { path: '/etc/s.crt', pem: pair.certificate },
    key: { path: '/etc/s.key', pem: pair.key },
    authorities: { path: '/etc/ca.crt', pem: bundle },
    purposes: ['server', 'client'],
    hosts: ['10.0.0.1'],
    now,
  };
}

const base = files(good, root.certificate);

/** `code: sentence` of each flaw. */
function told(request: Examination): readonly string[] {
  return examine(request).map(({ code, sentence }) => `${code}: ${sentence}`);
}

describe('nothing is wrong', () => {
  const chained = new CertificateAuthority('between', { ...life, below: root });
  const below = chained.issue('peer', ['10.0.0.1'], life);

  test.each<[string, Examination]>([
    ['with a plain pair', base],
    [
      'without a key or authorities to look at',
      { ...base, key: undefined, authorities: undefined },
    ],
    ['with a bundle of two authorities', files(good, other.certificate + root.certificate)],
    ['with a name of DNS', { ...base, hosts: ['db1.example', 'DB1.example', 'x.db.example'] }],
    [
      'without any extended usage',
      files(root.issue('x', ['10.0.0.1'], { ...life, usages: null }), root.certificate),
    ],
    [
      'where it becomes valid within the difference of two clocks',
      files(root.issue('x', ['10.0.0.1'], { ...life, from: minute(4) }), root.certificate),
    ],
    [
      'with an authority between, in the file',
      files({ ...below, certificate: below.certificate + chained.certificate }, root.certificate),
    ],
    ['with the authority between trusted itself', files(below, chained.certificate)],
  ])('%s', (_, request) => {
    expect(told(request)).toEqual([]);
  });
});

describe('each flaw has a sentence of its own', () => {
  const leaf = (options: Parameters<CertificateAuthority['issue']>[2]) =>
    files(root.issue('x', ['10.0.0.1'], { ...life, ...options }), root.certificate);
  const pem = (text: string) => ({ path: '/etc/s.crt', pem: text });
  const key = (text: string) => ({ path: '/etc/s.key', pem: text });
  const oldRoot = new CertificateAuthority('root', { from: minute(-90), to: minute(-1) });
  const below = new CertificateAuthority('between', { ...life, below: root });

  test.each<[Examination, string]>([
    [
      { ...base, certificate: pem('') },
      'no-certificate: The file /etc/s.crt holds no certificate.',
    ],
    [
      { ...base, certificate: pem(good.certificate.replace('MII', 'AAA')) },
      'unreadable-certificate: The file /etc/s.crt cannot be used: Certificate 1 of the file cannot be read.',
    ],
    [
      { ...base, key: key(good.certificate) },
      'unreadable-key: The file /etc/s.key holds no private key that can be read.',
    ],
    [
      { ...base, key: key('-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n') },
      'unreadable-key: The private key /etc/s.key is encrypted with a password, which etcd cannot ask for.',
    ],
    [
      { ...base, key: key(root.key) },
      'key-mismatch: The private key /etc/s.key does not belong to the certificate /etc/s.crt.',
    ],
    [
      leaf({ bits: 1024 }),
      'weak-key: The RSA key of the certificate /etc/s.crt has only 1024 bits.',
    ],
    [
      leaf({ to: minute(-1) }),
      'expired: The certificate /etc/s.crt expired on 2026-06-01T11:59:00Z.',
    ],
    [
      leaf({ from: minute(6) }),
      'not-yet-valid: The certificate /etc/s.crt is not valid before 2026-06-01T12:06:00Z; the clock of this machine says 2026-06-01T12:00:00Z.',
    ],
    [
      files(good, other.certificate),
      'unknown-authority: No authority of /etc/ca.crt signed the certificate /etc/s.crt: it was signed by "CN=root".',
    ],
    [
      files(good, new CertificateAuthority('root', life).certificate),
      'unknown-authority: No authority of /etc/ca.crt signed the certificate /etc/s.crt: an authority of the name "CN=root" is there, but it has another key.',
    ],
    [
      files(below.issue('x', ['10.0.0.1'], life), root.certificate),
      'unknown-authority: No authority of /etc/ca.crt signed the certificate /etc/s.crt: it was signed by "CN=between".',
    ],
    [
      files(oldRoot.issue('x', ['10.0.0.1'], life), oldRoot.certificate),
      'expired-authority: The certificate /etc/s.crt was signed by the authority "CN=root" of /etc/ca.crt, which is not valid: it lives from 2026-06-01T10:30:00Z to 2026-06-01T11:59:00Z.',
    ],
    [
      leaf({ usages: ['server'] }),
      'wrong-usage: The certificate /etc/s.crt may not be used by a client: its extended key usages leave out clientAuth.',
    ],
    [
      leaf({ usages: ['client'] }),
      'wrong-usage: The certificate /etc/s.crt may not be used by a server: its extended key usages leave out serverAuth.',
    ],
    [
      { ...base, hosts: ['10.0.0.1', '10.0.0.2', 'a.b.db.example', 'etcd server'] },
      'wrong-host: The certificate /etc/s.crt is not good for 10.0.0.2, a.b.db.example, etcd server: it names db1.example, *.db.example, 10.0.0.1, 127.0.0.1.',
    ],
    [
      { ...files(root.issue('db9.example', [], life), root.certificate), hosts: ['db9.example'] },
      'wrong-host: The certificate /etc/s.crt is not good for db9.example: it names no host at all.',
    ],
    [
      {
        ...files(root.issue('x', Array(22).fill('10.0.0.1'), life), root.certificate),
        hosts: ['10.0.0.2'],
      },
      `wrong-host: The certificate /etc/s.crt is not good for 10.0.0.2: it names ${Array(20).fill('10.0.0.1').join(', ')} and 2 more.`,
    ],
  ])('%#', (request, sentence) => {
    expect(told(request)).toEqual([sentence]);
    expect(examine(request)[0]?.remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('and all of them are told at once', () => {
    const pair = other.issue('x', [], { ...life, to: minute(-1), usages: ['server'] });
    const request = files({ ...pair, key: root.key }, root.certificate);
    expect(examine(request).map(({ code }) => code)).toEqual([
      'key-mismatch',
      'expired',
      'unknown-authority',
      'wrong-usage',
      'wrong-host',
    ]);
  });
});

describe('a bundle of authorities', () => {
  const flaws = (pem: string) =>
    examineAuthorities({ path: '/etc/ca.crt', pem }).map(
      ({ code, sentence }) => `${code}: ${sentence}`,
    );

  test('may hold several, an old one too', () => {
    const old = new CertificateAuthority('old', { from: minute(-90), to: minute(-1) });
    expect(flaws(root.certificate + old.certificate)).toEqual([]);
    expect(told(files(good, old.certificate + root.certificate))).toEqual([]);
  });

  test.each([
    ['', 'no-certificate: The file /etc/ca.crt holds no certificate.'],
    [
      root.certificate + good.certificate,
      'no-authority: The certificate of "CN=etcd server" in /etc/ca.crt is not one of an authority.',
    ],
    [
      root.certificate + root.key,
      'not-only-certificates: The file of authorities /etc/ca.crt holds more than certificates.',
    ],
  ])('%#', (pem, sentence) => {
    expect(flaws(pem)).toEqual([sentence]);
  });

  test('a certificate that is no authority signs nothing, though its own chain is good', () => {
    const forger = new CertificateAuthority('leaf', { ...life, below: root, isAuthority: false });
    const forged = forger.issue('x', ['10.0.0.1'], life);
    const chain = { ...forged, certificate: forged.certificate + forger.certificate };
    const sentences = [expect.stringMatching(/^unknown-authority: .* signed by "CN=leaf"\.$/)];
    expect(told(files(chain, root.certificate))).toEqual(sentences);
    expect(told(files(forged, root.certificate + forger.certificate))).toEqual([
      expect.stringMatching(/^unknown-authority: /),
    ]);
  });
});
