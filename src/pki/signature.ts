import { type KeyObject, sign, verify } from 'node:crypto';
import * as asn1js from 'asn1js';
import { AlgorithmIdentifier } from 'pkijs';

interface SignatureAlgorithm {
  readonly oid: string;
  readonly digest: string;
  readonly keyType: 'ec' | 'rsa';
}

/** The signatures that e2d makes and takes. */
const signatureAlgorithms: readonly SignatureAlgorithm[] = [
  { oid: '1.2.840.10045.4.3.2', digest: 'sha256', keyType: 'ec' },
  { oid: '1.2.840.10045.4.3.3', digest: 'sha384', keyType: 'ec' },
  { oid: '1.2.840.10045.4.3.4', digest: 'sha512', keyType: 'ec' },
  { oid: '1.2.840.113549.1.1.11', digest: 'sha256', keyType: 'rsa' },
  { oid: '1.2.840.113549.1.1.12', digest: 'sha384', keyType: 'rsa' },
  { oid: '1.2.840.113549.1.1.13', digest: 'sha512', keyType: 'rsa' },
];

/** The algorithm with which a key signs: a digest as strong as its curve. */
export function signatureAlgorithm(key: KeyObject): AlgorithmIdentifier {
  const keyType = key.asymmetricKeyType;
  const digest = digestFor(key);
  const found = signatureAlgorithms.find((one) => one.keyType === keyType && one.digest === digest);
  if (found === undefined) throw new TypeError(`keyFlaw lets no key of the kind ${keyType} pass`);
  return new AlgorithmIdentifier({
    algorithmId: found.oid,
    ...(keyType === 'rsa' && { algorithmParams: new asn1js.Null() }),
  });
}

export function signature(content: Uint8Array, key: KeyObject): asn1js.BitString {
  const valueHex = Uint8Array.from(sign(digestFor(key), content, key));
  return new asn1js.BitString({ valueHex });
}

export interface Signed {
  readonly content: Uint8Array;
  readonly algorithm: AlgorithmIdentifier;
  readonly signature: asn1js.BitString;
}

/** Whether the key's owner signed it, with an algorithm that counts. */
export function isSignedBy(publicKey: KeyObject, { content, algorithm, signature }: Signed) {
  const known = signatureAlgorithms.find(({ oid }) => oid === algorithm.algorithmId);
  if (known === undefined || known.keyType !== publicKey.asymmetricKeyType) return false;
  return verify(known.digest, content, publicKey, signature.valueBlock.valueHexView);
}

function digestFor({ asymmetricKeyDetails }: KeyObject): string {
  const curve = asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp521r1') return 'sha512';
  return curve === 'secp384r1' ? 'sha384' : 'sha256';
}
