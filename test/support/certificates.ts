import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import * as asn1js from 'asn1js';
import { AttributeTypeAndValue, RelativeDistinguishedNames } from 'pkijs';
import type { KeyPair } from '../../src/pki/authority.ts';
import { signedCertificate } from '../../src/pki/certificate.ts';
import type { Subject } from '../../src/pki/distinguished-names.ts';
import { authorityExtensions, extendedKeyUsage, subjectAltName } from '../../src/pki/extensions.ts';
import { privateKeyPem } from '../../src/pki/keys.ts';
import { usageOids } from '../../src/pki/profiles.ts';

export interface Lifetime {
  readonly from?: Date;
  readonly to?: Date;
}

export interface LeafOptions extends Lifetime {
  /** Both unless given; null leaves the extension out. */
  readonly usages?: readonly ('server' | 'client')[] | null;
  readonly dnsNames?: readonly string[];
  /** In its subject, in order. */
  readonly organizations?: readonly string[];
  /** An authority for others, below this one. */
  readonly isAuthority?: boolean;
  readonly bits?: number;
}

export interface AuthorityOptions extends Lifetime {
  /** Who signs its certificate; it itself unless given. */
  readonly below?: CertificateAuthority;
  /** False: it signs others all the same, without the right to. */
  readonly isAuthority?: boolean;
  /** Its private key in PEM; a new RSA key unless given. */
  readonly key?: string;
}

export type { KeyPair };

const dayMs = 86_400_000;

/** An authority for the certificates of one test; it also issues what e2d never would. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly key: string;
  readonly name: string;
  readonly #key: KeyObject;

  constructor(name = 'authority', options: AuthorityOptions = {}) {
    this.name = name;
    this.#key = options.key === undefined ? rsaKey() : createPrivateKey(options.key);
    this.key = privateKeyPem(this.#key);
    const above = options.below ?? this;
    const extensions = (options.isAuthority ?? true) ? asAuthority(this.#key) : [];
    this.certificate = above.#issue({ commonName: name }, this.#key, { ...options, extensions });
  }

  /** For a server and a client at these addresses. */
  issue(name: string, addresses: readonly string[], options: LeafOptions = {}): KeyPair {
    const { usages = ['server', 'client'], dnsNames = [], organizations = [] } = options;
    const key = rsaKey(options.bits);
    const hosts = [...addresses, ...dnsNames];
    const ids = usages?.map((usage) => usageOids[`${usage}Auth`]) ?? [];
    const extensions = [
      ...(options.isAuthority ? asAuthority(key) : []),
      ...(ids.length === 0 ? [] : [extendedKeyUsage(ids)]),
      ...(hosts.length === 0 ? [] : [subjectAltName(hosts)]),
    ];
    const subject = { commonName: name, organizations };
    const certificate = this.#issue(subject, key, { ...options, extensions });
    return { certificate, key: privateKeyPem(key) };
  }

  #issue(
    subject: Subject,
    key: KeyObject,
    { from, to, extensions }: Lifetime & { readonly extensions: Extensions },
  ): string {
    const now = Date.now();
    return signedCertificate({
      subject: anyName(subject),
      issuer: anyName({ commonName: this.name }),
      validity: { notBefore: from ?? new Date(now - dayMs), notAfter: to ?? new Date(now + dayMs) },
      publicKey: createPublicKey(key),
      extensions,
      signingKey: this.#key,
    });
  }
}

/** Also one that e2d would refuse to write: empty, or made to be read as another. */
function anyName({ commonName, organizations = [] }: Subject): RelativeDistinguishedNames {
  const parts = [
    ...organizations.map((value) => ({ type: '2.5.4.10', value })),
    { type: '2.5.4.3', value: commonName },
  ];
  const attributes = parts.map(({ type, value }) =>
    new AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) }).toSchema(),
  );
  const value = attributes.map((attribute) => new asn1js.Set({ value: [attribute] }));
  return RelativeDistinguishedNames.fromBER(new asn1js.Sequence({ value }).toBER());
}

type Extensions = ReturnType<typeof authorityExtensions>;

function rsaKey(bits = 2048): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
}

function asAuthority(key: KeyObject): Extensions {
  return authorityExtensions(createPublicKey(key));
}
