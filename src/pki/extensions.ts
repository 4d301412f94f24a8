import { createHash, type KeyObject } from 'node:crypto';
import * as asn1js from 'asn1js';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  type Certificate,
  Extension,
  ExtKeyUsage,
  GeneralNames,
  PublicKeyInfo,
} from 'pkijs';
import { hostNames } from './host-names.ts';
import { type Profile, usagesOf } from './profiles.ts';

export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** The bits of the key usage, as they stand in their one byte. */
const digitalSignature = 0x80;
const keyEncipherment = 0x20;
const keyCertSign = 0x04;
const crlSign = 0x02;

export function authorityExtensions(publicKey: KeyObject): Extension[] {
  return [
    keyUsage(keyCertSign | crlSign),
    extension('basicConstraints', new BasicConstraints({ cA: true }).toSchema(), true),
    subjectKeyIdentifier(publicKey),
  ];
}

export interface LeafExtensions {
  readonly profile: Profile;
  /** As `distinctHosts` gives them. */
  readonly hosts: readonly string[];
  readonly publicKey: KeyObject;
  readonly issuer: Certificate;
}

export function leafExtensions({ profile, hosts, publicKey, issuer }: LeafExtensions): Extension[] {
  return [
    keyUsage(digitalSignature | keyEncipherment),
    extendedKeyUsage(usagesOf[profile]),
    extension('basicConstraints', new BasicConstraints({ cA: false }).toSchema(), true),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(issuer),
    ...(hosts.length > 0 ? [subjectAltName(hosts)] : []),
  ];
}

export interface RenewedExtensions extends Pick<LeafExtensions, 'publicKey' | 'issuer'> {
  readonly isSameIssuer: boolean;
}

/** What is the issuer's word alone: where it revokes, where it is found, who logged it. */
const issuersOwn: readonly string[] = [
  '2.5.29.18',
  '2.5.29.31',
  '2.5.29.46',
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.4.1.11129.2.4.2',
];

/** What the old certificate says of its subject; what follows from the keys is made anew. */
export function renewedExtensions(
  old: Certificate,
  { publicKey, issuer, isSameIssuer }: RenewedExtensions,
): Extension[] {
  const dropped: readonly string[] = [
    extensionOids.subjectKeyIdentifier,
    extensionOids.authorityKeyIdentifier,
    ...(isSameIssuer ? [] : issuersOwn),
  ];
  const kept = (old.extensions ?? []).filter(({ extnID }) => !dropped.includes(extnID));
  return [...kept, subjectKeyIdentifier(publicKey), authorityKeyIdentifier(issuer)];
}

/** `usages` are object identifiers. */
export function extendedKeyUsage(usages: readonly string[]): Extension {
  return extension('extendedKeyUsage', new ExtKeyUsage({ keyPurposes: [...usages] }).toSchema());
}

export function subjectAltName(hosts: readonly string[]): Extension {
  return extension('subjectAltName', new GeneralNames({ names: hostNames(hosts) }).toSchema());
}

/** The public key as it stands in a certificate. */
export function publicKeyInfo(publicKey: KeyObject): PublicKeyInfo {
  return PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' }));
}

function subjectKeyIdentifier(publicKey: KeyObject): Extension {
  return extension('subjectKeyIdentifier', keyIdentifier(publicKeyInfo(publicKey)));
}

function authorityKeyIdentifier(issuer: Certificate): Extension {
  const identifier = new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifierOf(issuer) });
  return extension('authorityKeyIdentifier', identifier.toSchema());
}

/** The issuer's own; the same for all certificates of one authority, whatever tool made it. */
function keyIdentifierOf(issuer: Certificate): asn1js.OctetString {
  const own = issuer.extensions?.find(
    ({ extnID }) => extnID === extensionOids.subjectKeyIdentifier,
  )?.parsedValue;
  const bytes =
    own instanceof asn1js.OctetString ? own : keyIdentifier(issuer.subjectPublicKeyInfo);
  return new asn1js.OctetString({ valueHex: bytes.valueBlock.valueHexView });
}

/** 160 bits of SHA-256 over the key (RFC 7093), which needs no SHA-1. */
function keyIdentifier({ subjectPublicKey }: PublicKeyInfo): asn1js.OctetString {
  const digest = createHash('sha256').update(subjectPublicKey.valueBlock.valueHexView).digest();
  return new asn1js.OctetString({ valueHex: Uint8Array.from(digest.subarray(0, 20)) });
}

function keyUsage(bits: number): Extension {
  const unusedBits = 31 - Math.clz32(bits & -bits);
  const value = new asn1js.BitString({ valueHex: Uint8Array.of(bits), unusedBits });
  return extension('keyUsage', value, true);
}

function extension(
  name: keyof typeof extensionOids,
  value: asn1js.BaseBlock,
  critical = false,
): Extension {
  return new Extension({
    extnID: extensionOids[name],
    critical,
    extnValue: value.toBER(),
  });
}
