import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  /** PKCS#1, as `openssl` and the first e2d wrote it. */
  readonly key: string;
}

export interface Lifetime {
  readonly from?: Date;
  readonly to?: Date;
}

export interface LeafOptions extends Lifetime {
  /** Both unless given; null leaves the extension out. */
  readonly usages?: readonly ('server' | 'client')[] | null;
  readonly dnsNames?: readonly string[];
  /** An authority for others, below this one. */
  readonly isAuthority?: boolean;
  readonly bits?: number;
  /** In its subject, in order. */
  readonly organizations?: readonly string[];
}

export interface AuthorityOptions extends Lifetime {
  /** Who signs its certificate; it itself unless given. */
  readonly below?: CertificateAuthority;
  /** False: it signs others all the same, without the right to. */
  readonly isAuthority?: boolean;
}

/** An authority for the certificates of one test. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly key: string;
  readonly name: string;
  readonly #key: KeyObject;

  constructor(name = 'authority', options: AuthorityOptions = {}) {
    this.name = name;
    this.#key = rsaKey();
    this.key = pkcs1(this.#key);
    const above = options.below ?? this;
    const extensions = (options.isAuthority ?? true) ? [asAuthority()] : [];
    this.certificate = above.#issue(name, this.#key, { ...options, extensions });
  }

  /** For a server and a client at these IPv4 addresses. */
  issue(name: string, addresses: readonly string[], options: LeafOptions = {}): KeyPair {
    const { usages = ['server', 'client'], dnsNames = [], isAuthority = false } = options;
    const key = rsaKey(options.bits);
    const ips = addresses.map((one) => der(0x87, Buffer.from(one.split('.').map(Number))));
    const names = [...ips, ...dnsNames.map((one) => der(0x82, Buffer.from(one)))];
    const ids = usages?.map((usage) => objectId(oid[`${usage}Auth`])) ?? [];
    const extensions = [
      ...(isAuthority ? [asAuthority()] : []),
      ...(ids.length === 0
        ? []
        : [extension(oid.extendedKeyUsage, false, octets(sequence(...ids)))]),
      ...(names.length === 0
        ? []
        : [extension(oid.subjectAltName, false, octets(sequence(...names)))]),
    ];
    return { certificate: this.#issue(name, key, { ...options, extensions }), key: pkcs1(key) };
  }

  #issue(
    name: string,
    key: KeyObject,
    {
      from,
      to,
      extensions,
      organizations = [],
    }: Pick<LeafOptions, 'from' | 'to' | 'organizations'> & {
      readonly extensions: readonly Buffer[];
    },
  ): string {
    const now = Date.now();
    const body = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      distinguishedName(this.name),
      sequence(time(from?.getTime() ?? now - dayMs), time(to?.getTime() ?? now + dayMs)),
      distinguishedName(name, organizations),
      createPublicKey(key).export({ type: 'spki', format: 'der' }),
      ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
    );
    const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, this.#key)]);
    return pem('CERTIFICATE', sequence(body, algorithm, der(0x03, signature)));
  }
}

const dayMs = 86_400_000;

const oid = {
  sha256WithRsa: '2a864886f70d01010b',
  commonName: '550403',
  organization: '55040a',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
};

const algorithm = sequence(objectId(oid.sha256WithRsa), der(0x05));

function rsaKey(bits = 2048): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
}

function asAuthority(): Buffer {
  return extension(oid.basicConstraints, true, octets(sequence(boolean(true))));
}

function pkcs1(key: KeyObject): string {
  return key.export({ type: 'pkcs1', format: 'pem' }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** One ASN.1 value in DER: its tag, its length, what is in it. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function time(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

function distinguishedName(name: string, organizations: readonly string[] = []): Buffer {
  const part = (id: string, text: string) =>
    der(0x31, sequence(objectId(id), der(0x0c, Buffer.from(text))));
  return sequence(
    ...organizations.map((one) => part(oid.organization, one)),
    part(oid.commonName, name),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), value);
}
