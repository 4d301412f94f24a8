import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import type { Keyring } from './keyring.ts';
import { WireError } from './wire-problem.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;

/** Version 0 pads the plaintext to whole blocks (memberlist protocol 1), version 1 does not. */
export type EncryptionVersion = 0 | 1;

/** Gives 12 bytes, different each time: a nonce used twice with one key breaks AES-GCM. */
export type NonceSource = () => Uint8Array;

export interface EncryptOptions {
  readonly keyring: Keyring;
  /** Authenticated, not sent. */
  readonly aad: Uint8Array;
  readonly version?: EncryptionVersion | undefined;
  /** Default: the system's secure random source. */
  readonly nonce?: NonceSource | undefined;
}

/** What encryption adds to a packet at most, in bytes. */
export const ENCRYPTION_OVERHEAD = {
  0: 1 + NONCE_BYTES + BLOCK_BYTES + TAG_BYTES,
  1: 1 + NONCE_BYTES + TAG_BYTES,
} as const;

/** The exact length of `encrypt`'s result, in bytes. */
export function encryptedLength(plainBytes: number, version: EncryptionVersion = 1): number {
  const padding = version === 0 ? BLOCK_BYTES - (plainBytes % BLOCK_BYTES) : 0;
  return ENCRYPTION_OVERHEAD[1] + plainBytes + padding;
}

/** Encrypts with the primary key: version, nonce, ciphertext, tag. */
export function encrypt(plaintext: Uint8Array, options: EncryptOptions): Uint8Array {
  const { version = 1, keyring } = options;
  const nonce = options.nonce?.() ?? randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(cipherOf(keyring.primary), keyring.primary, nonce);
  cipher.setAAD(options.aad);
  const padded = version === 0 ? pad(plaintext) : plaintext;
  const sealed = [Uint8Array.of(version), nonce, cipher.update(padded), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]);
}

/**
 * Decrypts with whichever key of the ring fits.
 * @throws WireError `undecryptable`
 */
export function decrypt(blob: Uint8Array, keyring: Keyring, aad: Uint8Array): Uint8Array {
  const version = blob[0];
  if (version !== 0 && version !== 1) {
    throw new WireError('undecryptable', 'unknown encryption version, or not encrypted');
  }
  if (blob.length < ENCRYPTION_OVERHEAD[version]) {
    throw new WireError('undecryptable', 'too short to be encrypted');
  }
  for (const key of keyring.keys) {
    const plaintext = open(blob, key, aad);
    if (plaintext !== undefined) return version === 0 ? unpad(plaintext) : plaintext;
  }
  throw new WireError('undecryptable', 'no key of the keyring fits');
}

/** Undefined when the key does not fit. */
function open(blob: Uint8Array, key: KeyObject, aad: Uint8Array): Uint8Array | undefined {
  const nonce = blob.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(cipherOf(key), key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(blob.subarray(blob.length - TAG_BYTES));
  const plaintext = decipher.update(blob.subarray(1 + NONCE_BYTES, blob.length - TAG_BYTES));
  try {
    // GCM has no last block: this only checks the tag.
    decipher.final();
  } catch {
    return undefined;
  }
  return plaintext;
}

function pad(plaintext: Uint8Array): Uint8Array {
  const count = BLOCK_BYTES - (plaintext.length % BLOCK_BYTES);
  const padded = new Uint8Array(plaintext.length + count).fill(count);
  padded.set(plaintext);
  return padded;
}

function unpad(padded: Uint8Array): Uint8Array {
  const count = padded.at(-1) ?? 0;
  if (count >= 1 && count <= BLOCK_BYTES && count <= padded.length) {
    return padded.subarray(0, padded.length - count);
  }
  throw new WireError('undecryptable', 'wrong padding after decryption');
}

function cipherOf(key: KeyObject): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  if (key.symmetricKeySize === 16) return 'aes-128-gcm';
  if (key.symmetricKeySize === 24) return 'aes-192-gcm';
  return 'aes-256-gcm';
}
