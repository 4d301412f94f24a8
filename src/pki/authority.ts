import { createPublicKey } from 'node:crypto';
import { Certificate } from 'pkijs';
import { lifetimeOf, signedCertificate, type Validity, validityFrom } from './certificate.ts';
import { readCertificateRequest } from './certificate-request.ts';
import { distinguishedName, type Subject } from './distinguished-names.ts';
import { authorityExtensions, leafExtensions, renewedExtensions } from './extensions.ts';
import { pkiFailure } from './failure.ts';
import { distinctHosts } from './host-names.ts';
import {
  algorithmOf,
  generateKey,
  type KeyAlgorithm,
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
    content: (publicKey: LeafContent['publicKey']) => LeafContent,
  ): Promise<IssuedPair> {
    const leafKey = await generateKey(wanted);
    const signed = signLeaf(signer, content(createPublicKey(leafKey)));
    return { ...signed, key: privateKeyPem(leafKey) };
  }

  const leaf = (publicKey: LeafContent['publicKey'], options: SignOptions): LeafContent => ({
    subject: distinguishedName(options),
    publicKey,
    extensions: leafExtensions({
      profile: options.profile,
      hosts: hostsFor(options),
      publicKey,
      issuer: signer.certificate,
    }),
    lifetimeMs: options.lifetimeMs,
    now: options.now,
  });

  return {
    commonName,
    certificate: toPem('CERTIFICATE', signer.x509.raw),
    algorithm,
    notBefore,
    notAfter,
    hasSigned: (other) => hasSigned(signer, other),
    issue: async (options) =>
      withNewKey(options.algorithm ?? algorithm, (publicKey) => leaf(publicKey, options)),
    sign: (request, options) =>
      signLeaf(signer, leaf(readCertificateRequest(request).publicKey, options)),
    async renew(old, { now, lifetimeMs }) {
      const previous = readLeaf(old);
      if (!hasSigned(signer, old)) {
        throw refusal(
          `The authority ${JSON.stringify(commonName)} has not signed what it is to renew.`,
        );
      }
      return withNewKey(
        algorithmOf(readPublicKey(previous.subjectPublicKeyInfo, 'E2D_PKI_FILE')),
        (publicKey) => ({
          subject: previous.subject,
          publicKey,
          extensions: renewedExtensions(previous, { publicKey, issuer: signer.certificate }),
          lifetimeMs: lifetimeMs ?? lifetimeOf(validityIn(previous)),
          now,
        }),
      );
    },
  };
}

function hostsFor({ profile, hosts }: SignOptions): readonly string[] {
  if (profile === 'client' || hosts.length > 0) return distinctHosts(hosts);
  throw pkiFailure(
    'E2D_PKI_NAME',
    `A ${profile} certificate needs a host: whoever connects looks for it in the names.`,
  );
}

function readLeaf(pem: string): Certificate {
  const block = pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE');
  try {
    if (block !== undefined) return Certificate.fromBER(block.der);
  } catch (cause) {
    throw pkiFailure('E2D_PKI_FILE', 'The certificate to renew cannot be read.', cause);
  }
  throw pkiFailure('E2D_PKI_FILE', 'There is no certificate to renew in PEM.');
}

function validityIn({ notBefore, notAfter }: Certificate): Validity {
  return { notBefore: notBefore.value, notAfter: notAfter.value };
}
