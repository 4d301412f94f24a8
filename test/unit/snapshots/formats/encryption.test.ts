import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { decrypt, encrypt } from '../../../../src/snapshots/formats/encryption.ts';
import { SnapshotKey } from '../../../../src/snapshots/formats/snapshot-key.ts';
import { chunksOf, joined } from './samples.ts';

const key = new SnapshotKey(Uint8Array.from({ length: 32 }, (_, at) => at));
const iv = Uint8Array.from({ length: 16 }, (_, at) => 0xa0 + at);
/** What the first e2d makes of `testing` with this key and IV. */
const golden = Buffer.from(
  '454e435259505445443a0ea0a1a2a3a4a5a6a7a8a9aaabacadaeafa8fa72891fd61bf6d312803e27081872dfaced6e' +
    'd8ec348ab24d25bc10d8c27790332e650f05b2',
  'hex',
);
const options = { pickKey: () => key, maxPlainBytes: 1_000_000 };

describe('the encrypted layout', () => {
  test('is written byte by byte as the first e2d wrote it', async () => {
    const chunks = chunksOf(Buffer.from('testing'), [3]);
    expect(await joined(encrypt(chunks, { key, plainBytes: 7, iv }))).toEqual(golden);
  });

  test.each([[[1]], [[7, 2]], [[100]]])(
    'is read as the first e2d wrote it, in %j',
    async (sizes) => {
      const plain = await joined(decrypt(chunksOf(golden, sizes), options));
      expect(plain.toString()).toBe('testing');
    },
  );

  test.each([
    [7, '0e'],
    [64, '8001'],
    [20_480, '80c002'],
  ])('writes the length %i as %s', async (plainBytes, varint) => {
    const plain = Buffer.alloc(plainBytes, 1);
    const bytes = await joined(encrypt(chunksOf(plain), { key, plainBytes, iv }));
    expect(bytes.subarray(10, 10 + varint.length / 2).toString('hex')).toBe(varint);
    expect(bytes.length).toBe(10 + varint.length / 2 + 16 + plainBytes + 32);
    expect(await joined(decrypt(chunksOf(bytes), options))).toEqual(plain);
  });

  test('holds what openssl decrypts', async () => {
    const plain = Buffer.from('a text of more than one block of AES');
    const bytes = await joined(encrypt(chunksOf(plain), { key, plainBytes: plain.length, iv }));
    const args = ['enc', '-d', '-aes-256-ctr', '-K', key.bytes.toString('hex')];
    const input = bytes.subarray(27, 27 + plain.length);
    const ivHex = Buffer.from(iv).toString('hex');
    expect(execFileSync('openssl', [...args, '-iv', ivHex], { input })).toEqual(plain);
  });

  test('takes another IV each time', async () => {
    const write = () => joined(encrypt(chunksOf(Buffer.from('x')), { key, plainBytes: 1 }));
    const [one, other] = [await write(), await write()];
    expect(one.subarray(11, 27)).not.toEqual(other.subarray(11, 27));
  });

  test.each([6, 8])('is not written with a length of %i instead of 7', async (plainBytes) => {
    const writing = joined(encrypt(chunksOf(Buffer.from('testing')), { key, plainBytes }));
    await expect(writing).rejects.toMatchObject({ code: 'E2D_SNAPSHOT_CORRUPT' });
  });

  test('is refused cut short anywhere, changed anywhere, and with more behind it', async () => {
    const read = (bytes: Uint8Array) => joined(decrypt(chunksOf(bytes, [5]), options));
    const corrupt = { code: 'E2D_SNAPSHOT_CORRUPT' };
    for (let at = 0; at < golden.length; at += 1) {
      await expect(read(golden.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject(corrupt);
      const changed = Buffer.from(golden);
      changed.writeUInt8(golden.readUInt8(at) ^ 0x04, at);
      await expect(read(changed), `changed at ${at}`).rejects.toMatchObject(corrupt);
    }
    const longer = Buffer.concat([golden, Buffer.from('x')]);
    await expect(read(longer)).rejects.toMatchObject(corrupt);
    const ignoring = decrypt(chunksOf(longer), { ...options, trailing: 'ignore' });
    expect((await joined(ignoring)).toString()).toBe('testing');
  });

  test.each([
    ['negative', '01', 'negative'],
    ['without an end', 'ff'.repeat(12), 'no end'],
    ['huge', 'feffffffffffffff7f', 'more than the 1000000 allowed'],
  ])('is refused with a length that is %s', async (_, varint, why) => {
    const head = Buffer.concat([Buffer.from('ENCRYPTED:'), Buffer.from(varint, 'hex')]);
    const reading = joined(decrypt(chunksOf(Buffer.concat([head, Buffer.alloc(64)])), options));
    await expect(reading).rejects.toThrow(why);
  });
});
