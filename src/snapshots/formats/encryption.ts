import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { ChunkReader, type TrailingBytes } from './chunk-reader.ts';
import { corrupt } from './format-errors.ts';
import type { SnapshotKey } from './snapshot-key.ts';

export const encryptionMagic: Uint8Array = Buffer.from('ENCRYPTED:');
const ivBytes = 16;
const tagBytes = 32;
const longestVarint = 10;
/** Of header, length, IV and tag together. */
export const longestOverhead: number = encryptionMagic.length + longestVarint + ivBytes + tagBytes;
const previewBytes = 64;

export interface EncryptOptions {
  readonly key: SnapshotKey;
  /** How many bytes `chunks` has: it stands before them. */
  readonly plainBytes: number;
  /** 16 bytes, never used twice with a key; random where it is left out. */
  readonly iv?: Uint8Array;
}

/**
 * The encrypted layout of the first e2d: `ENCRYPTED:`, the plaintext's length as a zig-zag varint,
 * the IV, the plaintext in AES-256-CTR, and HMAC-SHA-512/256 over the plaintext with the same key.
 * Throws `E2D_SNAPSHOT_CORRUPT` when the plaintext is not of `plainBytes` bytes.
 */
export async function* encrypt(
  chunks: AsyncIterable<Uint8Array>,
  { key, plainBytes, iv = randomBytes(ivBytes) }: EncryptOptions,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv('aes-256-ctr', key.bytes, iv);
  const mac = createHmac('sha512-256', key.bytes);
  yield Buffer.concat([encryptionMagic, encodeVarint(plainBytes), iv]);
  let done = 0;
  for await (const chunk of chunks) {
    done += chunk.length;
    if (done > plainBytes) throw corrupt(`it has more than the ${plainBytes} bytes announced`);
    mac.update(chunk);
    yield cipher.update(chunk);
  }
  if (done < plainBytes) throw corrupt(`it ended after ${done} of ${plainBytes} bytes`);
  yield mac.digest();
}

export interface DecryptOptions {
  /**
   * Chooses the key, or throws. `preview` tells how the plaintext would begin with a key: not
   * authenticated, and only good for choosing.
   */
  pickKey(plainBytes: number, preview: (key: SnapshotKey) => Uint8Array): SnapshotKey;
  readonly maxPlainBytes: number;
  readonly trailing?: TrailingBytes;
}

/**
 * The plaintext. It MUST NOT be trusted before the last chunk: what authenticates it stands at the
 * end, and this throws `E2D_SNAPSHOT_CORRUPT` there when it is not what was encrypted.
 */
export async function* decrypt(
  chunks: AsyncIterable<Uint8Array>,
  { pickKey, maxPlainBytes, trailing = 'refuse' }: DecryptOptions,
): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(chunks);
  try {
    const plainBytes = await readHeader(reader, maxPlainBytes);
    const iv = await reader.exactly(ivBytes, 'its initialization vector');
    const start = await reader.peek(Math.min(previewBytes, plainBytes));
    const key = pickKey(plainBytes, ({ bytes }) =>
      createDecipheriv('aes-256-ctr', bytes, iv).update(start),
    );
    const cipher = createDecipheriv('aes-256-ctr', key.bytes, iv);
    const mac = createHmac('sha512-256', key.bytes);
    let left = plainBytes;
    for await (const chunk of reader.upTo(plainBytes)) {
      const plain = cipher.update(chunk);
      mac.update(plain);
      left -= plain.length;
      yield plain;
    }
    if (left > 0) throw corrupt(`it ends ${left} bytes before the end of its encrypted data`);
    const tag = await reader.exactly(tagBytes, 'its authentication code');
    if (!timingSafeEqual(tag, mac.digest())) throw corrupt('its authentication code is wrong');
    await reader.finish(trailing, 'its encrypted data');
  } finally {
    await reader.close();
  }
}

async function readHeader(reader: ChunkReader, maxPlainBytes: number): Promise<number> {
  const magic = await reader.exactly(encryptionMagic.length, 'its header');
  if (!encryptionMagic.every((byte, at) => magic[at] === byte)) {
    throw corrupt('its encrypted data does not begin with ENCRYPTED:');
  }
  const plainBytes = await readVarint(reader);
  if (plainBytes < 0n) throw corrupt('its length is negative');
  if (plainBytes > maxPlainBytes) {
    throw corrupt(`its length of ${plainBytes} bytes is more than the ${maxPlainBytes} allowed`);
  }
  return Number(plainBytes);
}

/** Go's signed varint: zig-zag, then 7 bits a byte, the lowest first. */
function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value) << 1n;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

async function readVarint(reader: ChunkReader): Promise<bigint> {
  let bits = 0n;
  for (let at = 0; at < longestVarint; at += 1) {
    const [byte = 0] = await reader.exactly(1, 'its length');
    bits |= BigInt(byte & 0x7f) << BigInt(7 * at);
    if (byte < 0x80) return (bits >> 1n) ^ -(bits & 1n);
  }
  throw corrupt('its length has no end');
}
