import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMetadata, readRestored } from '../../../../src/etcd/offline/read-restored.ts';

/** Each record is padded to a multiple of eight bytes, and says by how much. */
function frame(record: readonly number[]): Buffer {
  const padding = (8 - (record.length % 8)) % 8;
  const head = Buffer.alloc(8);
  const flags = padding === 0 ? 0n : (0x80n | BigInt(padding)) << 56n;
  head.writeBigUInt64LE(BigInt(record.length) | flags);
  return Buffer.concat([head, Buffer.from(record), Buffer.alloc(padding)]);
}

const checksum = frame([0x08, 4, 0x10, 0]);
/** Member 0x8e9e05c52164694d, as large as ids come, of cluster 5. */
const ids = [0x08, 0xcd, 0xd2, 0x91, 0x8b, 0xd2, 0xb8, 0x81, 0xcf, 0x8e, 0x01, 0x10, 5];
const metadata = frame([0x08, 1, 0x10, 7, 0x1a, ids.length, ...ids]);

describe('the beginning of a log', () => {
  test('names member and cluster', () => {
    const head = Buffer.concat([checksum, metadata, Buffer.alloc(64)]);
    expect(readMetadata(head)).toEqual({ memberId: '8e9e05c52164694d', clusterId: '5' });
  });

  test.each([
    ['without metadata', Buffer.concat([checksum, Buffer.alloc(64)])],
    ['cut short', Buffer.concat([checksum, metadata]).subarray(0, 40)],
    ['of nothing', Buffer.alloc(0)],
  ])('%s names none', (_, head) => {
    expect(() => readMetadata(head)).toThrow('does not say whose it is');
  });

  test('with metadata that is none is refused', () => {
    expect(() => readMetadata(frame([0x08, 1, 0x1a, 2, 0x08, 5]))).toThrow('does not name');
    expect(() => readMetadata(frame([0x08, 1, 0x1a, 9, 0x08, 5]))).toThrow('cut short');
  });
});

test('a folder without data is no restored data dir', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'e2d-restored-'));
  const refused = { code: 'E2D_RESTORE_FAILED', message: expect.stringContaining(dataDir) };
  try {
    await expect(readRestored(dataDir)).rejects.toMatchObject(refused);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
