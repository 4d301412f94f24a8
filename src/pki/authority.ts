import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Certificate } from 'pkijs';
import { lifetimeOf, signedCertificate, type Validity, validityFrom } from './certificate.ts';
import { readCertificateRequest } from './certificate-request.ts';
import { distinguishedName, type Subject, subjectIn } from './distinguished-names.ts';
import { leadsTo } from './examine.ts';
import {
  authorityExtensions,
  leafExtensions,
  type RenewedExtensions,
  renewedExtensions,
} from './extensions.ts';
import { pkiFailure } from './failure.ts';
import { distinctHosts } from './host-names.ts';
import {
  algorithmOf,
  generateKey,
  type KeyAlgorithm,
  keyFlaw,
  privateKeyPem,
  readPublicKey,
} from './keys.ts';
import { pemBlocks, toPem } from './pem.ts';
import type { Profile } from './profiles.ts';
import {
  hasSigned,
  type LeafContent,
  openSigner,
  refusal,
  type SignedCertificate,
  type Signer,
  signLeaf,
} from './signer.ts';

/** A certificate and its private key, in PEM: PKCS#1 for RSA keys, SEC1 for ECDSA ones. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface NewAuthority {
  readonly algorithm: KeyAlgorithm;
  readonly commonName: string;
  readonly lifetimeMs: number;
  readonly now: Date;
}

/** What the signer decides of a certificate, whoever holds its key. */
export interface SignOptions extends Subject {
  readonly profile: Profile;
  /** IP addresses and DNS names; servers and peers need at least one. */
  readonly hosts: readonly string[];
  /** From `now` on; the authority's own end cuts it short. */
  readonly lifetimeMs: number;
  readonly now: Date;
}

export interface IssueOptions extends SignOptions {
  /** Of the new key; of the kind of the authority's own by default. */
  readonly algorithm?: KeyAlgorithm;
}

export interface RenewOptions {
  readonly now: Date;
  /** As long as the old one was meant to live by default. */
  readonly lifetimeMs?: number;
}

export interface ReissueOptions extends RenewOptions {
  /** PEM: the old certificate must lead to one of these, or its names are nobody's word. */
  readonly trusted: string;
}

export interface IssuedPair extends SignedCertificate, KeyPair {}

/** Signs certificates; its key leaves it in no form. */
export interface Authority extends Validity {
  readonly commonName: string;
  /** Its own certificate, in PEM and without others that stood beside it. */
  readonly certificate: string;
  /** The kind of its key, and of those it issues by default. */
  readonly algorithm: KeyAlgorithm;
  /** Whether it has signed the certificate (PEM), expired or not. */
  hasSigned(certificate: string): boolean;
  /** A new key and its certificate. Rejects with `E2D_PKI_NAME` or `E2D_PKI_AUTHORITY`. */
  issue(options: IssueOptions): Promise<IssuedPair>;
  /**
   * A new key, of the same kind, and a certificate for it that says what the old one (PEM, the
   * first of its file) says. Rejects with `E2D_PKI_AUTHORITY` for one that it has not signed.
   */
  renew(certificate: string, options: RenewOptions): Promise<IssuedPair>;
  /**
   * A certificate for the key of the old one (PEM, the first of its file), whoever of the trusted
   * signed that, with its subject, names and usages: what changes authorities needs no new key.
   * Throws `E2D_PKI_AUTHORITY` for one that none of the trusted has signed, `E2D_PKI_FILE` for
   * what is no leaf, and `E2D_BAD_CERTIFICATE`.
   */
  reissue(certificate: string, options: ReissueOptions): SignedCertificate;
  /**
   * A certificate for the key of a PKCS#10 request (PEM), which must prove that its maker holds it.
   * Names and usages come from `options` alone. Throws `E2D_PKI_REQUEST`, and as `issue` does.
   */
  sign(request: string, options: SignOptions): SignedCertificate;
}

/** Rejects with `E2D_PKI_NAME`. */
export async function createAuthority(options: NewAuthority): Promise<KeyPair> {
  const { algorithm, commonName, lifetimeMs, now } = options;
  const subject = distinguishedName({ commonName });
  const key = await generateKey(algorithm);
  const publicKey = createPublicKey(key);
  const certificate = signedCertificate({
    subject,
    issuer: subject,
    validity: validityFrom(now, lifetimeMs),
    publicKey,
    extensions: authorityExtensions(publicKey),
    signingKey: key,
  });
  return { certificate, key: privateKeyPem(key) };
}

/**
 * `certificate` may hold several, as while authorities are changed: the one that belongs to the key
 * signs. Throws `E2D_PKI_AUTHORITY` when there is none, or when it may not or cannot sign.
 */
export function openAuthority({ certificate, key }: KeyPair): Authority {
  const signer = openSigner(certificate, key);
  const algorithm = algorithmOf(signer.key);
  const { commonName, notBefore, notAfter } = signer;

  async function withNewKey(
    wanted: KeyAlgorithm,
    content: (publicKey: KeyObject) => LeafContent,
  ): Promise<IssuedPair> {
    const leafKey = await generateKey(wanted);
    const signed = signLeaf(signer, content(createPublicKey(leafKey)));
    return { ...signed, key: privateKeyPem(leafKey) };
  }

  return {
    commonName,
    certificate: toPem('CERTIFICATE', signer.x509.raw),
    algorithm,
    notBefore,
    notAfter,
    hasSigned: (other) => hasSigned(signer, other),
    issue: async (options) =>
      withNewKey(options.algorithm ?? algorithm, (publicKey) =>
        newContent(signer, { ...options, publicKey }),
      ),
    sign: (request, options) =>
      signLeaf(
        signer,
        newContent(signer, { ...options, publicKey: readCertificateRequest(request).publicKey }),
      ),
    async renew(old, options) {
      const previous = readLeaf(old);
      if (!hasSigned(signer, old)) {
        throw refusal(
          `The authority ${JSON.stringify(commonName)} has not signed what it is to renew.`,
        );
      }
      return withNewKey(algorithmOf(keyIn(previous)), (publicKey) =>
        contentAgain(signer, previous, { ...options, publicKey, isSameIssuer: true }),
      );
    },
    reissue(old, { trusted, ...options }) {
      const previous = readLeaf(old);
      if (!leadsTo(old, trusted)) {
        throw refusal('None of the trusted authorities has signed the certificate to issue anew.');
      }
      const publicKey = keyIn(previous);
      const flaw = keyFlaw(publicKey);
      if (flaw !== null) throw refusal(`The certificate to issue anew is for ${flaw}.`);
      const isSameIssuer = hasSigned(signer, old);
      return signLeaf(
        signer,
        contentAgain(signer, previous, { ...options, publicKey, isSameIssuer }),
      );
    },
  };
}

function newContent(
  { certificate: issuer }: Signer,
  options: SignOptions & { readonly publicKey: KeyObject },
): LeafContent {
  const { profile, publicKey, lifetimeMs, now } = options;
  return {
    subject: distinguishedName(options),
    publicKey,
    extensions: leafExtensions({ profile, hosts: hostsFor(options), publicKey, issuer }),
    lifetimeMs,
    now,
  };
}

/** What the old one says, of this authority and for another key or the same one. */
function contentAgain(
  { certificate: issuer }: Signer,
  old: Certificate,
  options: RenewOptions & Pick<RenewedExtensions, 'publicKey' | 'isSameIssuer'>,
): LeafContent {
  const { publicKey, isSameIssuer, lifetimeMs, now } = options;
  return {
    subject: old.subject,
    publicKey,
    extensions: renewedExtensions(old, { publicKey, issuer, isSameIssuer }),
    lifetimeMs: lifetimeMs ?? lifetimeOf(validityIn(old)),
    now,
  };
}

function hostsFor({ profile, hosts }: SignOptions): readonly string[] {
  if (profile === 'client' || hosts.length > 0) return distinctHosts(hosts);
  throw pkiFailure(
    'E2D_PKI_NAME',
    `A ${profile} certificate needs a host: whoever connects looks for it in the names.`,
  );
}

/** No authority's: it would come back with a key that those whom it signed do not know. */
function readLeaf(pem: string): Certificate {
  const block = pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) {
    throw pkiFailure('E2D_PKI_FILE', 'There is no certificate to renew in PEM.');
  }
  const { leaf, isAuthority } = decode(block.der);
  if (!isAuthority) return leaf;
  const { commonName } = subjectIn(leaf.subject);
  throw pkiFailure(
    'E2D_PKI_FILE',
    `The certificate ${JSON.stringify(commonName)} is that of an authority, ` +
      'which is replaced and not renewed.',
  );
}

function decode(der: Buffer): { readonly leaf: Certificate; readonly isAuthority: boolean } {
  try {
    return { leaf: Certificate.fromBER(der), isAuthority: new X509Certificate(der).ca };
  } catch (cause) {
    throw pkiFailure('E2D_PKI_FILE', 'The certificate to renew cannot be read.', cause);
  }
}

function keyIn({ subjectPublicKeyInfo }: Certificate): KeyObject {
  return readPublicKey(subjectPublicKeyInfo, 'E2D_PKI_FILE');
}

function validityIn({ notBefore, notAfter }: Certificate): Validity {
  return { notBefore: notBefore.value, notAfter: notAfter.value };
}
