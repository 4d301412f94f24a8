import { X509Certificate } from 'node:crypto';
import { examine, examineAuthorities } from '../../../src/pki/examine.ts';
import { expiryOf, expirySentence } from '../../../src/pki/expiry.ts';
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

function pemOf(label: string, der: Uint8Array): string {
  const text =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...text, `-----END ${label}-----`, ''].join('\n');
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
  feed: (input) => look(pemOf('CERTIFICATE', input)),
};

export const pkiTargets: readonly Target[] = [pems, ders];
