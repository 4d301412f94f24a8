import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzip } from '../../../../src/snapshots/formats/gunzip.ts';
import { gzip, gzipStored } from '../../../../src/snapshots/formats/gzip.ts';
import { chunksOf, joined } from './samples.ts';

const text = Buffer.from('a text that is long enough to be worth it. '.repeat(3000));
const corrupt = { code: 'E2D_SNAPSHOT_CORRUPT' };

describe.each([
  ['gzip', gzip],
  ['gzipStored', gzipStored],
])('%s', (_, write) => {
  test('writes what zlib and gzip(1) read, whatever the chunks', async () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 65_530, max: 131_080 }).map((length) => Buffer.alloc(length, 'abc')),
    );
    const sizes = fc.array(fc.integer({ min: 500, max: 70_000 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(content, sizes, async (bytes, chunking) => {
        const zipped = await joined(write(chunksOf(bytes, chunking)));
        expect(Buffer.compare(gunzipSync(zipped), bytes)).toBe(0);
        const unzipped = await joined(gunzip(chunksOf(zipped, chunking)));
        expect(Buffer.compare(unzipped, bytes)).toBe(0);
      }),
      { numRuns: 40 },
    );
    const zipped = await joined(write(chunksOf(text)));
    expect(execFileSync('gzip', ['-dc'], { input: zipped }).equals(text)).toBe(true);
  });

  test('hands on what its source throws', async () => {
    async function* failing() {
      yield text;
      throw new Error('the source broke');
    }
    await expect(joined(write(failing()))).rejects.toThrow('the source broke');
  });

  test('closes its source when nobody reads on', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(65_536, 1);
      } finally {
        closed = true;
      }
    }
    const read = async () => {
      let chunks = 0;
      for await (const _ of write(endless())) if (++chunks === 2) return;
    };
    await read();
    await expect.poll(() => closed).toBe(true);
  });
});

describe('gunzip', () => {
  test('reads every level of others, and headers with a name, a comment and a checksum', async () => {
    for (const level of [0, 1, 6, 9]) {
      expect((await joined(gunzip(chunksOf(gzipSync(text, { level }), [1000])))).equals(text)).toBe(
        true,
      );
      const short = text.subarray(0, 5000);
      const zipped = gzipSync(short, { level });
      const extra = Buffer.from('\x02\x00xy' + 'name\0comment\0' + 'hh', 'latin1');
      const withFlags = Buffer.concat([zipped.subarray(0, 10), extra, zipped.subarray(10)]);
      withFlags.writeUInt8(2 | 4 | 8 | 16, 3);
      expect((await joined(gunzip(chunksOf(withFlags, [3])))).equals(short)).toBe(true);
    }
  });

  test.each([0, 6])('refuses a stream of level %i that is cut short anywhere', async (level) => {
    const zipped = gzipSync(text.subarray(0, 600), { level });
    for (let at = 0; at < zipped.length; at += 1) {
      const reading = joined(gunzip(chunksOf(zipped.subarray(0, at), [64])));
      await expect(reading, `cut at ${at}`).rejects.toMatchObject(corrupt);
    }
  });

  test('refuses changed data, checksum and length', async () => {
    const zipped = gzipSync(text, { level: 0 });
    for (const at of [0, 1, 2, 10, 11, 20, 70_000, -8, -5, -4, -1]) {
      const changed = Buffer.from(zipped);
      const place = at < 0 ? changed.length + at : at;
      changed.writeUInt8(changed.readUInt8(place) ^ 0x02, place);
      await expect(joined(gunzip(chunksOf(changed))), `at ${at}`).rejects.toMatchObject(corrupt);
    }
  });

  test.each([
    ['zeros', Buffer.alloc(20)],
    ['garbage', Buffer.from('garbage')],
    ['another stream', gzipSync('x')],
    ['the start of another', Buffer.from([0x1f, 0x8b])],
  ])('refuses %s behind the end, or leaves it out', async (_, behind) => {
    const longer = Buffer.concat([gzipSync(text), behind]);
    for (const size of [7, longer.length - behind.length, 100_000]) {
      const chunks = () => chunksOf(longer, [size]);
      await expect(joined(gunzip(chunks()))).rejects.toThrow('behind the end');
      expect((await joined(gunzip(chunks(), { trailing: 'ignore' }))).equals(text)).toBe(true);
    }
  });

  test('follows a compressed block that points back into stored ones', async () => {
    const past = randomBytes(40_000);
    const ends = { finishFlush: constants.Z_SYNC_FLUSH };
    const stored = deflateRawSync(past, { level: 0, ...ends });
    const pointing = deflateRawSync(past.subarray(-20_000), { dictionary: past.subarray(-32_768) });
    expect(pointing.length).toBeLessThan(1000);
    const content = Buffer.concat([past, past.subarray(-20_000)]);
    const [header, trailer] = [gzipSync('').subarray(0, 10), Buffer.alloc(8)];
    trailer.writeUInt32LE(crc32(content), 0);
    trailer.writeUInt32LE(content.length, 4);
    const zipped = Buffer.concat([header, stored, pointing, trailer]);
    expect(gunzipSync(zipped).equals(content)).toBe(true);
    for (const size of [100, 100_000]) {
      expect((await joined(gunzip(chunksOf(zipped, [size])))).equals(content)).toBe(true);
    }
  });

  test('hands on what its source throws', async () => {
    async function* failing() {
      yield gzipSync(text).subarray(0, 50);
      throw new Error('the source broke');
    }
    await expect(joined(gunzip(failing()))).rejects.toThrow('the source broke');
  });
});
