import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { textOf } from '../errors/e2d-error.ts';
import { type Certificate, readCertificates } from './read-certificates.ts';

/** A file as its owner named it, and what is in it. */
export interface PemFile {
  readonly path: string;
  readonly pem: string | Buffer;
}

/** The end of a connection at which a certificate is shown. */
export type Purpose = 'server' | 'client';

export interface Examination {
  /** The leaf first; authorities between it and a trusted one may follow. */
  readonly certificate: PemFile;
  readonly key?: PemFile | undefined;
  /** The trusted authorities: any one of them is good. Without them the chain is not looked at. */
  readonly authorities?: PemFile | undefined;
  readonly purposes: readonly Purpose[];
  /** IP addresses without brackets and DNS names that it must be good for. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

export type FlawCode =
  | 'no-certificate'
  | 'unreadable-certificate'
  | 'unreadable-key'
  | 'key-mismatch'
  | 'weak-key'
  | 'unknown-authority'
  | 'expired-authority'
  | 'no-authority'
  | 'not-only-certificates'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-usage'
  | 'wrong-host';

/** What forbids the use of a file. Both texts are whole sentences; the first names the file. */
export interface Flaw {
  readonly code: FlawCode;
  readonly path: string;
  readonly sentence: string;
  readonly remedy: string;
}

/** A certificate that becomes valid this soon is taken: clocks differ, and etcd tries again. */
export const clockSkewMs = 5 * 60_000;

const leastRsaBits = 2048;
const mostNamesTold = 20;

/** All that is wrong with a certificate and its key, in the order of the checks. */
export function examine(request: Examination): readonly Flaw[] {
  const { certificate } = request;
  const chain = read(certificate);
  if (!Array.isArray(chain)) return [chain];
  const [leaf] = chain;
  if (leaf === undefined) return [noCertificate(certificate)];
  const { path } = certificate;
  return [
    ...keyFlaws(leaf, request),
    ...validityFlaws(leaf, path, request.now),
    ...chainFlaws(chain, request),
    ...usageFlaws(leaf, request),
    ...hostFlaws(leaf, request),
  ];
}

/** All that is wrong with a bundle of authorities; one that is merely expired is passed over. */
export function examineAuthorities(file: PemFile): readonly Flaw[] {
  const all = read(file);
  if (!Array.isArray(all)) return [all];
  if (all.length === 0) return [noCertificate(file)];
  const blocks = file.pem.toString().match(/-----BEGIN [^-]*-----/g) ?? [];
  const flaws = all
    .filter(({ usages }) => !usages.ca)
    .map((one) =>
      flaw('no-authority', file, {
        sentence: `The certificate of "${one.subject}" in ${file.path} is not one of an authority.`,
        remedy: 'Give a file that holds certificates of authorities (CA:TRUE) only.',
      }),
    );
  if (blocks.length === all.length) return flaws;
  return [
    ...flaws,
    flaw('not-only-certificates', file, {
      sentence: `The file of authorities ${file.path} holds more than certificates.`,
      remedy:
        'Take all but the certificates out of it: etcd cannot read it, and a key in it leaks.',
    }),
  ];
}

/**
 * Whether the first certificate of a file (PEM) was signed by one of the trusted (PEM), by way of
 * none or some that stand behind it. When each of them is valid is not asked.
 */
export function leadsTo(certificate: string, trusted: string): boolean {
  const [leaf, ...between] = readCertificates(certificate);
  return leaf !== undefined && anchorsOf(leaf, between, readCertificates(trusted)).length > 0;
}

function read(file: PemFile): Certificate[] | Flaw {
  try {
    return [...readCertificates(file.pem)];
  } catch (error) {
    return flaw('unreadable-certificate', file, {
      sentence: `The file ${file.path} cannot be used: ${textOf(error)}`,
      remedy: 'Name a file with X.509 certificates in PEM.',
    });
  }
}

function noCertificate(file: PemFile): Flaw {
  return flaw('no-certificate', file, {
    sentence: `The file ${file.path} holds no certificate.`,
    remedy: 'Name a file with X.509 certificates in PEM.',
  });
}

function keyFlaws({ x509, key: facts }: Certificate, request: Examination): readonly Flaw[] {
  const { certificate, key } = request;
  const flaws: Flaw[] = [];
  if (facts.algorithm === 'rsa' && facts.bits !== null && facts.bits < leastRsaBits) {
    flaws.push(
      flaw('weak-key', certificate, {
        sentence: `The RSA key of the certificate ${certificate.path} has only ${facts.bits} bits.`,
        remedy: `Issue it anew with a key of at least ${leastRsaBits} bits, or ECDSA P-256.`,
      }),
    );
  }
  if (key === undefined) return flaws;
  const readable = readKey(key);
  if ('code' in readable) return [...flaws, readable];
  if (x509.checkPrivateKey(readable)) return flaws;
  return [
    ...flaws,
    flaw('key-mismatch', key, {
      sentence: `The private key ${key.path} does not belong to the certificate ${certificate.path}.`,
      remedy: 'Name the key that the certificate was issued for.',
    }),
  ];
}

function readKey(file: PemFile): KeyObject | Flaw {
  const isEncrypted = /ENCRYPTED/.test(file.pem.toString());
  try {
    if (!isEncrypted) return createPrivateKey(file.pem);
  } catch {
    // What OpenSSL says of it would not help anybody.
  }
  const sentence = isEncrypted
    ? `The private key ${file.path} is encrypted with a password, which etcd cannot ask for.`
    : `The file ${file.path} holds no private key that can be read.`;
  const remedy = 'Name a file with a private key in PEM, without a password.';
  return flaw('unreadable-key', file, { sentence, remedy });
}

function validityFlaws(
  { notBefore, notAfter }: Certificate,
  path: string,
  now: Date,
): readonly Flaw[] {
  if (now > notAfter) {
    return [
      flaw(
        'expired',
        { path },
        {
          sentence: `The certificate ${path} expired on ${moment(notAfter)}.`,
          remedy: 'Issue it anew (e2d pki renew).',
        },
      ),
    ];
  }
  if (now.getTime() + clockSkewMs >= notBefore.getTime()) return [];
  return [
    flaw(
      'not-yet-valid',
      { path },
      {
        sentence:
          `The certificate ${path} is not valid before ${moment(notBefore)}; ` +
          `the clock of this machine says ${moment(now)}.`,
        remedy: 'Set the clock, or issue the certificate anew (e2d pki renew).',
      },
    ),
  ];
}

function chainFlaws(chain: readonly Certificate[], request: Examination): readonly Flaw[] {
  const { certificate, authorities, now } = request;
  const trusted = authorities === undefined ? undefined : read(authorities);
  const [leaf, ...between] = chain;
  if (leaf === undefined || authorities === undefined || !Array.isArray(trusted)) return [];
  const ends = anchorsOf(leaf, between, trusted);
  if (ends.some((end) => isCurrent(end, now))) return [];
  const [expired] = ends;
  if (expired !== undefined) {
    return [
      flaw('expired-authority', certificate, {
        sentence:
          `The certificate ${certificate.path} was signed by the authority "${expired.subject}" ` +
          `of ${authorities.path}, which is not valid: ${lifetime(expired)}.`,
        remedy: 'Make a new authority, and issue all certificates anew.',
      }),
    ];
  }
  const namesake = trusted.some(({ subject }) => subject === leaf.issuer);
  const why = namesake
    ? `an authority of the name "${leaf.issuer}" is there, but it has another key`
    : `it was signed by "${leaf.issuer}"`;
  return [
    flaw('unknown-authority', certificate, {
      sentence: `No authority of ${authorities.path} signed the certificate ${certificate.path}: ${why}.`,
      remedy: 'Name the authority that signed it, or issue it anew (e2d pki gencerts).',
    }),
  ];
}

/** The trusted authorities that a certificate leads to, by way of none or some of those between. */
function anchorsOf(
  leaf: Certificate,
  between: readonly Certificate[],
  trusted: readonly Certificate[],
): readonly Certificate[] {
  const links = new Set([leaf]);
  for (const link of links) {
    for (const step of between) if (signed(step, link)) links.add(step);
  }
  return trusted.filter((authority) => [...links].some((link) => signed(authority, link)));
}

function signed(authority: Certificate, { x509 }: Certificate): boolean {
  if (!authority.usages.ca || !x509.checkIssued(authority.x509)) return false;
  return x509.verify(authority.x509.publicKey);
}

function isCurrent({ notBefore, notAfter }: Certificate, now: Date): boolean {
  return now <= notAfter && now.getTime() + clockSkewMs >= notBefore.getTime();
}

function usageFlaws({ usages }: Certificate, request: Examination): readonly Flaw[] {
  const { certificate, purposes } = request;
  return purposes
    .filter((purpose) => !usages[purpose])
    .map((purpose) =>
      flaw('wrong-usage', certificate, {
        sentence: `The certificate ${certificate.path} may not be used by a ${purpose}: its extended key usages leave out ${purpose}Auth.`,
        remedy: `Issue it with the extended key usage ${purposes.map((one) => `${one}Auth`).join(' and ')}.`,
      }),
    );
}

function hostFlaws({ x509, names }: Certificate, request: Examination): readonly Flaw[] {
  const { certificate, hosts } = request;
  const missing = hosts.filter((host) => !isNamed(x509, host));
  if (missing.length === 0) return [];
  const known = [...names.dns, ...names.ips];
  const more = known.length > mostNamesTold ? ` and ${known.length - mostNamesTold} more` : '';
  const named = known.slice(0, mostNamesTold).join(', ');
  const has = known.length === 0 ? 'it names no host at all' : `it names ${named}${more}`;
  return [
    flaw('wrong-host', certificate, {
      sentence: `The certificate ${certificate.path} is not good for ${missing.join(', ')}: ${has}.`,
      remedy: `Issue it for these hosts too (e2d pki gencerts --hosts ${missing.join(',')}).`,
    }),
  ];
}

/** As etcd does it: by the alternative names alone. */
function isNamed(x509: Certificate['x509'], host: string): boolean {
  const found =
    isIP(host) === 0
      ? x509.checkHost(host, { subject: 'never', partialWildcards: false })
      : x509.checkIP(host);
  return found !== undefined;
}

function lifetime({ notBefore, notAfter }: Certificate): string {
  return `it lives from ${moment(notBefore)} to ${moment(notAfter)}`;
}

function moment(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

function flaw(
  code: FlawCode,
  { path }: { readonly path: string },
  texts: Pick<Flaw, 'sentence' | 'remedy'>,
): Flaw {
  return { code, path, ...texts };
}
