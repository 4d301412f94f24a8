import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packSnapshot } from '../../../../src/snapshots/formats/pack-snapshot.ts';
import { unpackSnapshot } from '../../../../src/snapshots/formats/unpack-snapshot.ts';
import {
  chunksOf,
  databaseOf,
  joined,
  keyOf,
  metaPages,
  packed,
  sha256,
  temporaryFolder,
  withTrailer,
} from './samples.ts';

const compressions = ['gzip', 'none'] as const;
const signal = new AbortController().signal;

describe('a packed snapshot', () => {
  test('unpacks to what it was made of, whatever the layers and the chunks', async () => {
    const folder = await temporaryFolder();
    const content = fc
      .tuple(fc.integer({ min: 2, max: 12 }), fc.string(), fc.boolean())
      .map(([pages, fill, trailer]) => {
        const database = databaseOf(pages, fill === '' ? 'x' : fill);
        return trailer ? withTrailer(database) : database;
      });
    const key = fc.option(fc.integer({ min: 1, max: 255 }).map(keyOf));
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ content, key, sizes, compression: fc.constantFrom(...compressions) }),
        async (drawn) => {
          const { stored, summary } = await packed(drawn.content, drawn, drawn.sizes);
          const to = join(folder, 'db');
          const keys = [keyOf(0), ...(drawn.key === null ? [] : [drawn.key])];
          const options = { to, keys, expected: summary, signal };
          const unpacked = await unpackSnapshot(chunksOf(stored, drawn.sizes), options);
          expect(Buffer.compare(await readFile(to), drawn.content)).toBe(0);
          expect(unpacked).toEqual(summary);
          expect(summary.storedSha256).toBe(sha256(stored));
          expect(summary.contentSha256).toBe(sha256(drawn.content));
          expect(summary.hasTrailer).toBe(drawn.content.length % 4096 === 32);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is a gzip stream whatever is in it', async () => {
    const content = withTrailer(databaseOf(30));
    const layers = async (compression: 'gzip' | 'none', key = false) => {
      const { stored } = await packed(content, { compression, key: key ? keyOf(1) : null });
      return { stored, inner: gunzipSync(stored) };
    };
    const compressed = await layers('gzip');
    expect(compressed.inner.equals(content)).toBe(true);
    expect(compressed.stored.length).toBeLessThan(content.length / 2);
    const asItIs = await layers('none');
    expect(asItIs.inner.equals(content)).toBe(true);
    expect(asItIs.stored.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
    expect(execFileSync('gzip', ['-dc'], { input: asItIs.stored }).equals(content)).toBe(true);
    for (const compression of compressions) {
      const { inner, stored } = await layers(compression, true);
      expect(inner.subarray(0, 10).toString()).toBe('ENCRYPTED:');
      expect(stored.length).toBeGreaterThan(content.length);
    }
  });

  test('is refused when its content is not the database that was announced', async () => {
    const database = databaseOf(3);
    const pack = (bytes: Uint8Array, contentBytes = bytes.length, key = false) =>
      joined(
        packSnapshot(chunksOf(bytes, [1000]), {
          compression: 'none',
          key: key ? keyOf(1) : null,
          contentBytes,
        }).stored,
      );
    const corrupt = { code: 'E2D_SNAPSHOT_CORRUPT' };
    for (const key of [false, true]) {
      await expect(pack(database, database.length + 512, key)).rejects.toMatchObject(corrupt);
      await expect(pack(database, database.length - 512, key)).rejects.toMatchObject(corrupt);
      const wrongHash = Buffer.concat([database, Buffer.alloc(32)]);
      await expect(pack(wrongHash, wrongHash.length, key)).rejects.toMatchObject(corrupt);
      const empty = { code: 'E2D_SNAPSHOT_EMPTY' };
      await expect(pack(Buffer.alloc(0), 0, key)).rejects.toMatchObject(empty);
    }
    await expect(pack(Buffer.alloc(4096, 'text'))).rejects.toMatchObject(corrupt);
  });

  test('has no summary before its end', async () => {
    const content = databaseOf(3);
    const options = { compression: 'none', key: null, contentBytes: content.length } as const;
    const pack = packSnapshot(chunksOf(content), options);
    expect(() => pack.summary()).toThrow('not been packed');
    await joined(pack.stored);
    expect(pack.summary().contentBytes).toBe(content.length);
  });
});

describe('memory', () => {
  test.each([
    ['gzip', null],
    ['none', null],
    ['none', keyOf(1)],
  ] as const)('stays the same for 300 MB (%s, %o)', async (compression, key) => {
    const pages = 300 * 256;
    const block = Buffer.alloc(256 * 1024, 'the same again ');
    let highest = 0;
    async function* content() {
      yield metaPages(pages);
      for (let left = (pages - 2) * 4096; left > 0; left -= block.length) {
        yield Buffer.from(block.subarray(0, left));
        highest = Math.max(highest, process.memoryUsage().arrayBuffers);
      }
    }
    const before = process.memoryUsage().arrayBuffers;
    const pack = packSnapshot(content(), { compression, key, contentBytes: pages * 4096 });
    const to = join(await temporaryFolder(), 'db');
    const keys = key === null ? [] : [key];
    const { contentBytes } = await unpackSnapshot(pack.stored, { to, keys, signal });
    expect(contentBytes).toBe(pages * 4096);
    expect((highest - before) / 2 ** 20).toBeLessThan(80);
  });
});
