import { X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { E2dError } from '../errors/e2d-error.ts';
import { mostCertificates } from './pem.ts';

/** What a certificate says of itself; nothing of it is proved by reading it. */
export interface Certificate {
  /** Null where its subject has none. */
  readonly commonName: string | null;
  readonly organizations: readonly string[];
  /** The whole name, e.g. `C=US, O=Acme, CN=etcd server`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly names: SubjectNames;
  readonly usages: Usages;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: KeyFacts;
  /** SHA-256 over its DER: upper case, hexadecimal, a colon between bytes. */
  readonly fingerprint: string;
  readonly x509: X509Certificate;
}

/** The names that TLS looks at: those of the subject's alternative names, never its CN. */
export interface SubjectNames {
  readonly dns: readonly string[];
  /** IPv6 in its short form, lower case. */
  readonly ips: readonly string[];
}

/** What it may be used for; without any extended usage a certificate serves both ends of TLS. */
export interface Usages {
  readonly ca: boolean;
  readonly server: boolean;
  readonly client: boolean;
}

/** `algorithm` as node names it: `rsa`, `ec`, `ed25519`; `curve` of `ec`, `bits` of `rsa`. */
export interface KeyFacts {
  readonly algorithm: string;
  readonly bits: number | null;
  readonly curve: string | null;
}

const usageIds = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  any: '2.5.29.37.0',
};

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM file in their order: a chain begins with its leaf. What else stands in
 * the file is passed over; an empty list means that there is none.
 *
 * @throws E2dError `E2D_BAD_CERTIFICATE` when one of them cannot be read, or there are too many.
 */
export function readCertificates(pem: string | Buffer): readonly Certificate[] {
  const blocks = pem.toString().match(certificateBlock) ?? [];
  if (blocks.length <= mostCertificates) return blocks.map(readOne);
  throw unusable(
    `The file holds ${blocks.length} certificates, and at most ${mostCertificates} are read.`,
  );
}

function readOne(pem: string, index: number): Certificate {
  try {
    return factsOf(new X509Certificate(pem));
  } catch (cause) {
    throw unusable(`Certificate ${index + 1} of the file cannot be read.`, cause);
  }
}

function unusable(message: string, cause?: unknown): E2dError {
  return new E2dError(message, {
    code: 'E2D_BAD_CERTIFICATE',
    remedy: 'Name a file with X.509 certificates in PEM, the needed ones only.',
    exit: 2,
    cause,
  });
}

function factsOf(x509: X509Certificate): Certificate {
  const subject: Readonly<Record<string, unknown>> = { ...x509.toLegacyObject().subject };
  const extended = x509.keyUsage as readonly string[] | undefined;
  const isGoodFor = (id: string) =>
    extended === undefined || extended.includes(id) || extended.includes(usageIds.any);
  const details = x509.publicKey.asymmetricKeyDetails;
  return {
    commonName: textsOf(subject['CN'])[0] ?? null,
    organizations: textsOf(subject['O']),
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber,
    names: readNames(x509.subjectAltName ?? ''),
    usages: {
      ca: x509.ca,
      server: isGoodFor(usageIds.server),
      client: isGoodFor(usageIds.client),
    },
    notBefore: dateOf(x509.validFrom),
    notAfter: dateOf(x509.validTo),
    key: {
      algorithm: x509.publicKey.asymmetricKeyType ?? 'unknown',
      bits: details?.modulusLength ?? null,
      curve: details?.namedCurve ?? null,
    },
    fingerprint: x509.fingerprint256,
    x509,
  };
}

function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new RangeError(`"${text}" is no date`);
  return date;
}

/** node gives a lone value as text, and several of one kind as a list. */
function textsOf(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one) => typeof one === 'string');
}

/** node writes one part of a name to a line; undefined where the name is empty. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

/** A value with a comma or a quote in it stands in quotes, as a JSON text. */
const alternativeName = /(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^",]*)/y;
const otherName = /(?:"(?:[^"\\]|\\.)*"|[^",])*/y;

function readNames(text: string): SubjectNames {
  const dns: string[] = [];
  const ips: string[] = [];
  for (let at = 0; at < text.length; ) {
    alternativeName.lastIndex = at;
    const found = alternativeName.exec(text);
    const [all = '', kind = '', written = ''] = found ?? [];
    if (kind === 'DNS') dns.push(unquoted(written));
    if (kind === 'IP Address') ips.push(shortAddress(unquoted(written)));
    otherName.lastIndex = at + all.length;
    at = otherName.lastIndex + (otherName.exec(text)?.[0].length ?? 0) + ', '.length;
  }
  return { dns, ips };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}

function shortAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
