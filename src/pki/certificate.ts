import { type KeyObject, randomBytes } from 'node:crypto';
import * as asn1js from 'asn1js';
import { Certificate, type Extension, type RelativeDistinguishedNames, Time } from 'pkijs';
import { publicKeyInfo } from './extensions.ts';
import { toPem } from './pem.ts';
import { signature, signatureAlgorithm } from './signature.ts';

/** All that a certificate says, and the key that signs it. */
interface CertificateContent {
  readonly subject: RelativeDistinguishedNames;
  readonly issuer: RelativeDistinguishedNames;
  readonly validity: Validity;
  readonly publicKey: KeyObject;
  readonly extensions: Extension[];
  readonly signingKey: KeyObject;
}

/** Both in whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** In PEM. */
export function signedCertificate(content: CertificateContent): string {
  const { subject, issuer, validity, publicKey, extensions, signingKey } = content;
  const algorithm = signatureAlgorithm(signingKey);
  const certificate = new Certificate({
    version: 2,
    serialNumber: new asn1js.Integer({ valueHex: serialNumber() }),
    subject,
    issuer,
    notBefore: time(validity.notBefore),
    notAfter: time(validity.notAfter),
    extensions,
  });
  certificate.subjectPublicKeyInfo = publicKeyInfo(publicKey);
  certificate.signature = algorithm;
  certificate.signatureAlgorithm = algorithm;
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER());
  certificate.signatureValue = signature(certificate.tbsView, signingKey);
  return toPem('CERTIFICATE', new Uint8Array(certificate.toSchema().toBER()));
}

/** 20 random bytes: positive, and none too many, as RFC 5280 wants it. */
function serialNumber(): Uint8Array {
  const bytes = Uint8Array.from(randomBytes(20));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * From a little before now, for clocks that lag: five minutes to the minute, or a twelfth of a
 * lifetime below an hour. Until `lifetimeMs` from now.
 */
export function validityFrom(now: Date, lifetimeMs: number): Validity {
  const nowMs = now.getTime();
  const startMs =
    lifetimeMs < hourMs
      ? nowMs - lifetimeMs / 12
      : Math.round(nowMs / minuteMs) * minuteMs - 5 * minuteMs;
  return { notBefore: wholeSecond(startMs), notAfter: wholeSecond(nowMs + lifetimeMs) };
}

/** The lifetime that `validityFrom` was given. */
export function lifetimeOf({ notBefore, notAfter }: Validity): number {
  const spanMs = notAfter.getTime() - notBefore.getTime();
  const longMs = spanMs - 5 * minuteMs;
  return longMs < hourMs ? (spanMs * 12) / 13 : Math.round(longMs / minuteMs) * minuteMs;
}

function wholeSecond(atMs: number): Date {
  return new Date(Math.floor(atMs / 1000) * 1000);
}

/** Years from 2050 on take the longer form. */
function time(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
}
