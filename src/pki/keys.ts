import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { PublicKeyInfo } from 'pkijs';
import { textOf } from '../errors/e2d-error.ts';
import { type PkiCode, pkiFailure } from './failure.ts';

/** The keys that e2d makes. It signs with, and for, longer ones of both kinds too. */
export const keyAlgorithms = ['ecdsa-p256', 'rsa-2048'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

const generate = promisify(generateKeyPair);
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];
const leastRsaBits = 2048;

export async function generateKey(algorithm: KeyAlgorithm): Promise<KeyObject> {
  const pair =
    algorithm === 'rsa-2048'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'prime256v1' });
  return pair.privateKey;
}

/** The forms that etcd, openssl and the first e2d read: PKCS#1 for RSA keys, SEC1 for others. */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return key.export({ type, format: 'pem' }).toString();
}

/** Throws an error of `code` that names no part of the key. */
export function readPrivateKey(pem: string, code: PkiCode): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw pkiFailure(code, `The private key cannot be read (${textOf(cause)}).`, cause);
  }
}

/** Throws an error of `code`. */
export function readPublicKey(info: PublicKeyInfo, code: PkiCode): KeyObject {
  try {
    const key = Buffer.from(info.toSchema().toBER());
    return createPublicKey({ key, format: 'der', type: 'spki' });
  } catch (cause) {
    throw pkiFailure(code, `The public key cannot be read (${textOf(cause)}).`, cause);
  }
}

/** What a key is too weak or too strange for, as the end of a sentence; null for a usable one. */
export function keyFlaw(key: KeyObject): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    return bits < leastRsaBits ? `an RSA key of ${bits} bits; ${leastRsaBits} are needed` : null;
  }
  if (type !== 'ec') return `a key of the kind ${type}; only RSA and ECDSA keys can be used`;
  const curve = details?.namedCurve ?? '';
  return curves.includes(curve) ? null : `an ECDSA key on the curve ${curve}, which TLS lacks`;
}

/** The algorithm of new keys that stand in for this one. */
export function algorithmOf(key: KeyObject): KeyAlgorithm {
  return key.asymmetricKeyType === 'rsa' ? 'rsa-2048' : 'ecdsa-p256';
}
