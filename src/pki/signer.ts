import { type KeyObject, X509Certificate } from 'node:crypto';
import { Certificate, type Extension, type RelativeDistinguishedNames } from 'pkijs';
import type { E2dError } from '../errors/e2d-error.ts';
import { signedCertificate, type Validity, validityFrom } from './certificate.ts';
import { subjectIn } from './distinguished-names.ts';
import { pkiFailure } from './failure.ts';
import { keyFlaw, readPrivateKey } from './keys.ts';
import { mostCertificates, pemBlocks } from './pem.ts';

/** An authority's key with the certificate that belongs to it. */
export interface Signer extends Validity {
  readonly key: KeyObject;
  readonly x509: X509Certificate;
  readonly certificate: Certificate;
  readonly commonName: string;
}

/** What a signer is asked for; it gives the serial, the issuer and, at the latest, its own end. */
export interface LeafContent {
  readonly subject: RelativeDistinguishedNames;
  readonly publicKey: KeyObject;
  readonly extensions: Extension[];
  readonly lifetimeMs: number;
  readonly now: Date;
}

export interface SignedCertificate {
  readonly certificate: string;
  readonly notAfter: Date;
  /** It ends before the lifetime that was asked for, because the authority does. */
  readonly isCutShort: boolean;
}

/** Throws `E2D_PKI_AUTHORITY`, as `openAuthority` does. */
export function openSigner(certificates: string, keyPem: string): Signer {
  const key = readPrivateKey(keyPem, 'E2D_PKI_AUTHORITY');
  const flaw = keyFlaw(key);
  if (flaw !== null) throw refusal(`The authority has ${flaw}.`);
  const x509 = ownCertificate(certificates, key);
  const certificate = Certificate.fromBER(x509.raw);
  const { commonName } = subjectIn(certificate.subject);
  if (!x509.ca) {
    throw refusal(`The certificate ${JSON.stringify(commonName)} is not that of an authority.`);
  }
  const { notBefore, notAfter } = certificate;
  return {
    key,
    x509,
    certificate,
    commonName,
    notBefore: notBefore.value,
    notAfter: notAfter.value,
  };
}

/** Throws `E2D_PKI_AUTHORITY` when the authority is not valid now. */
export function signLeaf(signer: Signer, content: LeafContent): SignedCertificate {
  const { now, lifetimeMs, subject, publicKey, extensions } = content;
  refuseOutside(signer, now);
  const wanted = validityFrom(now, lifetimeMs);
  const isCutShort = wanted.notAfter > signer.notAfter;
  const notAfter = isCutShort ? signer.notAfter : wanted.notAfter;
  const certificate = signedCertificate({
    subject,
    issuer: signer.certificate.subject,
    validity: { notBefore: wanted.notBefore, notAfter },
    publicKey,
    extensions,
    signingKey: signer.key,
  });
  return { certificate, notAfter, isCutShort };
}

/** Whether the signer signed a certificate (PEM), which may have expired since. */
export function hasSigned({ x509: authority }: Signer, pem: string): boolean {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

function refuseOutside({ commonName, notBefore, notAfter }: Signer, now: Date): void {
  const authority = `The authority ${JSON.stringify(commonName)}`;
  if (now >= notAfter) throw refusal(`${authority} has expired at ${notAfter.toISOString()}.`);
  if (now >= notBefore) return;
  throw refusal(
    `${authority} is not valid before ${notBefore.toISOString()}, ` +
      `and the clock of this machine says ${now.toISOString()}.`,
  );
}

function ownCertificate(text: string, key: KeyObject): X509Certificate {
  const blocks = pemBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) {
    throw refusal('What was given as the certificate of the authority holds none in PEM.');
  }
  if (blocks.length > mostCertificates) {
    throw refusal(
      `What was given as the certificate of the authority holds ${blocks.length} of them, ` +
        `and at most ${mostCertificates} are read.`,
    );
  }
  for (const { der } of blocks) {
    const certificate = parse(der);
    if (certificate.checkPrivateKey(key)) return certificate;
  }
  throw refusal('The key of the authority does not belong to its certificate.');
}

function parse(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw refusal('The certificate of the authority cannot be read.', cause);
  }
}

export function refusal(message: string, cause?: unknown): E2dError {
  return pkiFailure('E2D_PKI_AUTHORITY', message, cause);
}
