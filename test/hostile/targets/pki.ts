import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { CertificationRequest } from 'pkijs';
import { openAuthority } from '../../../src/pki/authority.ts';
import {
  createCertificateRequest,
  readCertificateRequest,
} from '../../../src/pki/certificate-request.ts';
import { examine, examineAuthorities } from '../../../src/pki/examine.ts';
import { expiryOf, expirySentence } from '../../../src/pki/expiry.ts';
import { pemBlocks, toPem } from '../../../src/pki/pem.ts';
import { readCertificates } from '../../../src/pki/read-certificates.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import type { Target } from '../fuzz.ts';

const now = new Date('2026-11-21T10:00:00Z');

/** Made when they are asked for: keys take their time. */
function material() {
  const authority = new CertificateAuthority('authority', { from: new Date(0) });
  const leaf = authority.issue('leaf', ['10.0.0.1'], {
    ...{ dnsNames: ['a.example', 'b.example'], from: new Date(0) },
  });
  return { authority, leaf };
}

let made: ReturnType<typeof material> | null = null;
function known(): ReturnType<typeof material> {
  made ??= material();
  return made;
}

function look(pem: string): void {
  const { authority, leaf } = known();
  const file = { path: '/p', pem };
  const key = { path: '/k', pem: leaf.key };
  const flaws = [
    ...examine({
      ...{ certificate: file, key, purposes: ['server', 'client'] as const, now },
      ...{
        hosts: ['a.example', '10.0.0.1'],
        authorities: { path: '/c', pem: authority.certificate },
      },
    }),
    ...examine({
      ...{ certificate: { path: '/l', pem: leaf.certificate }, key: file, purposes: ['server'] },
      ...{ hosts: [], authorities: file, now },
    }),
    ...examineAuthorities(file),
  ];
  for (const { sentence } of flaws) {
    if (sentence.length > 4000) throw new Error(`a sentence of ${sentence.length} characters`);
    if (/\p{Cc}/u.test(sentence)) throw new Error('control characters in a sentence');
  }
  const expiry = expiryOf(readCertificates(pem), now);
  if (expiry !== null) expirySentence('/p', expiry);
}

const pems: Target = {
  name: 'PEM files',
  get corpus() {
    const { authority, leaf } = known();
    return [leaf.certificate, leaf.certificate + authority.certificate, leaf.key, authority.key];
  },
  words: ['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n', '-----BEGIN ', '='],
  feed: (input) => look(Buffer.from(input).toString('latin1')),
};

/** What stands within the PEM. */
const ders: Target = {
  name: 'certificates',
  get corpus() {
    const { authority, leaf } = known();
    return [leaf.certificate, authority.certificate].map((pem) => new X509Certificate(pem).raw);
  },
  words: [Buffer.from('30820400', 'hex'), Buffer.from('3084ffffffff', 'hex'), Buffer.from([0])],
  feed: (input) => look(toPem('CERTIFICATE', input)),
};

const asked = await createCertificateRequest({
  ...{ algorithm: 'ecdsa-p256', commonName: 'asker', organizations: ['e2d:operators'] },
  hosts: ['a.example', '10.0.0.1', 'fd00::5'],
});
const askersKey = createPrivateKey(asked.key);
const asking = pemBlocks(asked.request)[0]?.der ?? Buffer.alloc(0);
const content = CertificationRequest.fromBER(asking).tbsView;

/** Whoever asks for a certificate signs whatever they like. */
function signedRequest(input: Uint8Array): Buffer {
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const signature = element(0x03, Buffer.from([0]), sign('sha256', input, askersKey));
  return element(0x30, input, algorithm, signature);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, bytes]);
}

const requests: Target = {
  name: 'certificate requests',
  corpus: [content],
  words: [Buffer.from('3084ffffffff', 'hex'), Buffer.from('0c05', 'hex'), Buffer.from([0xa0])],
  feed(input, random) {
    const label = random.chance(0.9) ? 'CERTIFICATE REQUEST' : 'NEW CERTIFICATE REQUEST';
    const request = toPem(label, random.chance(0.9) ? signedRequest(input) : input);
    const { authority } = known();
    readCertificateRequest(request);
    const issued = openAuthority(authority).sign(request, {
      ...{ profile: 'client', commonName: 'given', hosts: [], lifetimeMs: 3_600_000, now },
    });
    const { subject, subjectAltName } = new X509Certificate(issued.certificate);
    if (subject !== 'CN=given' || subjectAltName !== undefined) throw new Error('it got more');
  },
};

export const pkiTargets: readonly Target[] = [pems, ders, requests];
