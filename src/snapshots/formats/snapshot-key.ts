import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { E2dError, textOf } from '../../errors/e2d-error.ts';

const keyBytes = 32;
/** More than any text of 32 bytes with blanks around it. */
const longestFile = 1024;
const idLabel = 'e2d snapshot key\0';

/** A key that snapshots are encrypted with. Its bytes show neither in JSON nor in a log. */
export class SnapshotKey {
  /** 16 hexadecimal digits that name the key without telling it. */
  readonly id: string;
  readonly #bytes: Buffer;

  /** Throws `E2D_SNAPSHOT_KEY` unless it is given 32 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== keyBytes) {
      throw unusable(`A key of snapshots has ${keyBytes} bytes, and this one ${bytes.length}.`);
    }
    this.#bytes = Buffer.from(bytes);
    this.id = createHash('sha256').update(idLabel).update(bytes).digest('hex').slice(0, 16);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

/**
 * The key that the CA's private key stands for, for snapshots and for gossip: SHA-512/256 over its
 * DER. That is PKCS#1 for RSA, as the first e2d had it, and for ECDSA SEC1 with the name of the
 * curve and the uncompressed public key, whatever form the file has. Takes PEM or DER, PKCS#8 too.
 * Throws `E2D_SNAPSHOT_KEY` for anything else.
 */
export function keyFromCaKey(pemOrDer: Uint8Array): SnapshotKey {
  const der = canonicalDer(Buffer.from(pemOrDer));
  return new SnapshotKey(createHash('sha512-256').update(der).digest());
}

function canonicalDer(bytes: Buffer): Buffer {
  const readings = [
    { key: bytes, format: 'pem' },
    { key: bytes, format: 'der', type: 'pkcs1' },
    { key: bytes, format: 'der', type: 'sec1' },
    { key: bytes, format: 'der', type: 'pkcs8' },
  ] as const;
  for (const reading of readings) {
    try {
      const key = createPrivateKey(reading);
      if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'der' });
      if (key.asymmetricKeyType === 'ec') return sec1WithPublicKey(key);
    } catch {
      // Not in this form: the next one is tried, and having none is the error below.
    }
  }
  throw unusable(
    'The CA key holds no RSA or ECDSA private key that can be read without a passphrase.',
  );
}

/** By way of a form without choices: a file may leave the public key out, or compress it. */
function sec1WithPublicKey(key: KeyObject): Buffer {
  const whole = createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  return whole.export({ type: 'sec1', format: 'der' });
}

/**
 * The key in a file: 32 raw bytes, or the hexadecimal or base64 text of 32 bytes. Rejects with
 * `E2D_SNAPSHOT_KEY` for anything else.
 */
export async function keyFromFile(path: string): Promise<SnapshotKey> {
  const content = await readStart(path);
  const bytes = content.length === keyBytes ? content : decodeText(content.toString('latin1'));
  if (bytes !== null) return new SnapshotKey(bytes);
  const size = content.length > longestFile ? `more than ${longestFile}` : content.length;
  throw unusable(
    `The key file ${path} holds ${size} bytes that are neither 32 raw bytes nor the hexadecimal ` +
      'or base64 text of 32 bytes.',
  );
}

function decodeText(content: string): Buffer | null {
  const text = content.trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return null;
}

async function readStart(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(longestFile + 1));
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unusable(`The key file ${path} cannot be read: ${textOf(cause)}.`, cause);
  }
}

function unusable(message: string, cause?: unknown): E2dError {
  return new E2dError(message, {
    code: 'E2D_SNAPSHOT_KEY',
    remedy: 'Name a CA key in PEM, or a file made with "openssl rand -out FILE 32".',
    cause,
  });
}
