import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { SnapshotKey } from '../../../../src/snapshots/formats/snapshot-key.ts';
import {
  type UnpackOptions,
  unpackSnapshot,
} from '../../../../src/snapshots/formats/unpack-snapshot.ts';
import {
  chunksOf,
  databaseOf,
  goFile,
  goKey,
  goPairs,
  keyOf,
  packed,
  sha256,
  temporaryFolder,
  withTrailer,
} from './samples.ts';

type Options = Partial<UnpackOptions>;

const never = new AbortController().signal;
const database = databaseOf(3);
const content = withTrailer(database);

/** Unpacks into a new folder; after a failure nothing may be left in it. */
async function unpack(stored: Uint8Array, options: Options = {}, sizes = [4096]) {
  const folder = await temporaryFolder();
  const to = join(folder, 'db');
  const defaults = { to, keys: [], signal: never };
  try {
    const result = await unpackSnapshot(chunksOf(stored, sizes), { ...defaults, ...options });
    expect(await readdir(folder)).toEqual(['db']);
    return { result, bytes: await readFile(to), mode: (await stat(to)).mode & 0o777 };
  } catch (error) {
    expect(await readdir(folder)).toEqual([]);
    throw error;
  }
}

async function refused(stored: Uint8Array, code: string, options: Options = {}, what = '') {
  const unpacking = unpack(stored, options);
  await expect(unpacking, what).rejects.toMatchObject({ code, remedy: expect.any(String) });
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 0x04, at);
  return changed;
}

describe('a snapshot of the first e2d', () => {
  test.each([
    ['plain', 'none', false],
    ['gzip', 'gzip', false],
    ['encrypted', 'none', true],
  ] as const)('that is %s unpacks to its database', async (name, compression, encrypted) => {
    const key = await goKey();
    const stored = await goFile(name);
    const { result, bytes, mode } = await unpack(stored, { keys: [keyOf(1), key] }, [1000]);
    for (const [pairKey = '', value = ''] of await goPairs(name)) {
      expect(bytes.includes(pairKey) && bytes.includes(value)).toBe(true);
    }
    expect(bytes.length % 4096).toBe(0);
    expect(mode).toBe(0o600);
    expect(result).toEqual({
      storedBytes: stored.length,
      storedSha256: sha256(stored),
      contentBytes: bytes.length,
      contentSha256: sha256(bytes),
      encryptionKeyId: encrypted ? key.id : null,
      compression,
      hasTrailer: false,
    });
  });

  test('that is plain is read byte for byte', async () => {
    const stored = await goFile('plain');
    expect((await unpack(stored)).bytes).toEqual(stored);
  });

  test('that was written over a longer one is refused, or read on demand', async () => {
    const keys = [await goKey()];
    for (const name of ['gzip', 'encrypted']) {
      const longer = Buffer.concat([await goFile(name), Buffer.from('the end of another')]);
      await refused(longer, 'E2D_SNAPSHOT_CORRUPT', { keys });
      const { result } = await unpack(longer, { keys, trailing: 'ignore' });
      expect(result.storedBytes).toBe(longer.length);
    }
  });

  test.each(['plain', 'gzip', 'encrypted'])('that is %s is refused cut short', async (name) => {
    const stored = await goFile(name);
    const keys = [await goKey()];
    const step = Math.ceil(stored.length / 60);
    const ends = Array.from({ length: 60 }, (_, turn) => 1 + turn * step);
    for (const end of [...ends, stored.length - 32, stored.length - 1]) {
      const cut = stored.subarray(0, Math.min(end, stored.length - 1));
      await refused(cut, 'E2D_SNAPSHOT_CORRUPT', { keys }, `cut at ${end}`);
    }
    await refused(Buffer.alloc(0), 'E2D_SNAPSHOT_EMPTY', { keys });
  });

  test('that is encrypted is refused changed anywhere', async () => {
    const stored = await goFile('encrypted');
    const keys = [await goKey()];
    const readable = { keys, expectedKeyId: keys[0]?.id ?? null };
    const [header, length, iv, tag] = [3, 11, 20, stored.length - 5];
    for (const at of [header, length, iv, 29, 60, 20_000, stored.length - 33, tag]) {
      await refused(flipped(stored, at), 'E2D_SNAPSHOT_CORRUPT', readable, `at ${at}`);
    }
    await refused(flipped(stored, iv), 'E2D_SNAPSHOT_KEY', { keys });
  });

  test('that is gzip is refused changed in its header, data, checksum or length', async () => {
    const stored = await goFile('gzip');
    for (const at of [0, 2, 10, 30, 500, stored.length - 8, stored.length - 1]) {
      await refused(flipped(stored, at), 'E2D_SNAPSHOT_CORRUPT', {}, `at ${at}`);
    }
  });

  test('that is encrypted is not read with no key or another', async () => {
    const stored = await goFile('encrypted');
    await refused(stored, 'E2D_SNAPSHOT_KEY');
    await refused(stored, 'E2D_SNAPSHOT_KEY', { keys: [keyOf(1), keyOf(2)] });
    await expect(unpack(stored, { keys: [keyOf(1)] })).rejects.toThrow(keyOf(1).id);
  });
});

describe('unpacking', () => {
  const stored = async (key: SnapshotKey | null = null) =>
    (await packed(content, { compression: 'none', key })).stored;

  test('is held to what is known of the snapshot', async () => {
    const { stored: bytes, summary } = await packed(content, { compression: 'gzip', key: null });
    const expected = { ...summary };
    expect((await unpack(bytes, { expected })).result).toMatchObject({ ...summary });
    for (const wrong of [
      { storedBytes: 1 },
      { contentBytes: 1 },
      { storedSha256: sha256(content) },
      { contentSha256: sha256(bytes) },
    ]) {
      const other = { ...expected, ...wrong };
      await refused(bytes, 'E2D_SNAPSHOT_CORRUPT', { expected: other }, JSON.stringify(wrong));
    }
  });

  test('for scratch is held to the known content alone, and to all else where none is known', async () => {
    const scratch = { isScratch: true } as const;
    const { stored: bytes, summary } = await packed(content, { compression: 'none', key: null });
    const expected = { ...summary };
    const known = await unpack(bytes, { ...scratch, expected });
    expect(known.bytes).toEqual(content);
    expect(known.mode).toBe(0o600);
    expect(known.result).toMatchObject({ ...summary, storedSha256: null });
    expect((await unpack(bytes, scratch)).result).toMatchObject({ ...summary });
    for (const wrong of [
      { storedBytes: 1 },
      { contentBytes: 1 },
      { contentSha256: sha256(database) },
    ]) {
      const options = { ...scratch, expected: { ...expected, ...wrong } };
      await refused(bytes, 'E2D_SNAPSHOT_CORRUPT', options, JSON.stringify(wrong));
    }
    const steps = Array.from({ length: 40 }, (_, turn) => Math.floor((turn * bytes.length) / 40));
    for (const at of [...steps.slice(1), bytes.length - 1]) {
      const options = { ...scratch, expected };
      await refused(flipped(bytes, at), 'E2D_SNAPSHOT_CORRUPT', options, `at ${at}`);
    }
  });

  test('refuses a database that does not match the hash etcd put behind it', async () => {
    for (const at of [10_000, content.length - 1]) {
      const zipped = gzipSync(flipped(content, at));
      await expect(unpack(zipped)).rejects.toThrow('does not match the SHA-256');
    }
  });

  test('refuses what is no database, is not whole, or is empty', async () => {
    const key = keyOf(1);
    await refused(gzipSync(Buffer.alloc(8192, 'text')), 'E2D_SNAPSHOT_CORRUPT');
    await refused(gzipSync(withTrailer(Buffer.alloc(8192))), 'E2D_SNAPSHOT_CORRUPT');
    await refused(gzipSync(database.subarray(0, 8192)), 'E2D_SNAPSHOT_CORRUPT');
    await refused(gzipSync(database.subarray(0, 20)), 'E2D_SNAPSHOT_CORRUPT');
    await refused(gzipSync(Buffer.alloc(0)), 'E2D_SNAPSHOT_EMPTY');
    const emptyEncrypted = Buffer.concat([Buffer.from('ENCRYPTED:\0'), Buffer.alloc(48)]);
    await refused(emptyEncrypted, 'E2D_SNAPSHOT_EMPTY', { keys: [key] });
  });

  test('takes the other meta page when the last one written is torn', async () => {
    const torn = flipped(database, 70);
    expect((await unpack(torn)).bytes).toEqual(torn);
    await expect(unpack(flipped(torn, 4096 + 70))).rejects.toThrow('no meta page');
  });

  test('ends a stream that would fill the disk', async () => {
    const bomb = gzipSync(Buffer.concat([database, Buffer.alloc(20_000_000)]));
    const maxContentBytes = 100_000;
    await expect(unpack(bomb, { maxContentBytes })).rejects.toThrow('more than the 100000 bytes');
    const huge = databaseOf(100);
    const { stored: sealed } = await packed(huge, { compression: 'none', key: keyOf(1) });
    const limited = { maxContentBytes, keys: [keyOf(1)] };
    await expect(unpack(sealed, limited)).rejects.toThrow('more than the 100000 allowed');
    await expect(unpack(huge, limited)).rejects.toThrow('more than the 100000 bytes');
  });

  test('replaces a file, and leaves it as it is after a failure', async () => {
    const folder = await temporaryFolder();
    const to = join(folder, 'db');
    await writeFile(to, 'before');
    const unpackTo = (bytes: Uint8Array) =>
      unpackSnapshot(chunksOf(bytes), { to, keys: [], signal: never });
    const bytes = await stored();
    await expect(unpackTo(bytes.subarray(0, -1))).rejects.toThrow('damaged');
    expect(await readFile(to, 'utf8')).toBe('before');
    await unpackTo(bytes);
    expect(await readFile(to)).toEqual(content);
    expect(await readdir(folder)).toEqual(['db']);
  });

  test('tells a folder that is not there', async () => {
    const to = join(await temporaryFolder(), 'missing', 'db');
    await expect(unpack(await stored(), { to })).rejects.toMatchObject({ code: 'E2D_OUTPUT_FILE' });
  });

  test('tells its progress in stored bytes', async () => {
    const bytes = await stored();
    const seen: number[] = [];
    await unpack(bytes, { onProgress: (count) => seen.push(count) });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBeGreaterThan(bytes.length - 100);
  });

  test('hands on what its source throws, and leaves nothing', async () => {
    const bytes = await stored(keyOf(1));
    async function* failing() {
      yield bytes.subarray(0, 6000);
      throw new Error('the store went away');
    }
    const folder = await temporaryFolder();
    const options = { to: join(folder, 'db'), keys: [keyOf(1)], signal: never };
    await expect(unpackSnapshot(failing(), options)).rejects.toThrow('the store went away');
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(['none', 'gzip'] as const)(
    'leaves nothing when it is aborted while its source of %s hangs',
    async (compression) => {
      const key = compression === 'none' ? keyOf(1) : null;
      const { stored: bytes } = await packed(databaseOf(200), { compression, key });
      const folder = await temporaryFolder();
      const abort = new AbortController();
      async function* hanging() {
        yield bytes.subarray(0, bytes.length / 2);
        queueMicrotask(() => abort.abort(new Error('stopped')));
        await new Promise(() => undefined);
      }
      const options = { to: join(folder, 'db'), keys: [keyOf(1)], signal: abort.signal };
      await expect(unpackSnapshot(hanging(), options)).rejects.toThrow('stopped');
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
