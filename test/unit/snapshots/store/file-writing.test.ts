import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTemporary, writeBody } from '../../../../src/snapshots/store/file-writing.ts';

const megabyte = 1024 * 1024;
const { signal } = new AbortController();
const guard = <T>(work: Promise<T>) => work;

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number += 1) yield new Uint8Array(megabyte).fill(number);
}

/** A file in a folder of its own, whose syncs of data are counted and may fail. */
async function temporary(sync: () => Promise<void> = async () => undefined) {
  const root = await mkdtemp(join(tmpdir(), 'e2d-file-writing-'));
  const { path, file } = await openTemporary(root, []);
  const datasync = file.datasync.bind(file);
  const seen = { syncs: 0, bytesAtFirst: 0 };
  file.datasync = async () => {
    seen.syncs += 1;
    if (seen.syncs === 1) seen.bytesAtFirst = (await file.stat()).size;
    await sync();
    await datasync();
  };
  return { path, file, seen, end: () => file.close().then(() => rm(root, { recursive: true })) };
}

test('the disk takes a large body while it is written, not all of it at the end', async () => {
  const { path, file, seen, end } = await temporary();
  const found = await writeBody(file, megabytes(40), { signal, guard });
  expect(seen.syncs).toBe(2);
  expect(seen.bytesAtFirst).toBeLessThanOrEqual(17 * megabyte);
  const written = await readFile(path);
  expect(written.length).toBe(40 * megabyte);
  expect(written[39 * megabyte]).toBe(39);
  const sha256 = createHash('sha256').update(written).digest('hex');
  expect(found).toEqual({ sizeBytes: written.length, sha256 });
  await end();
});

test('a disk that cannot keep what it was given ends the writing', async () => {
  const { file, seen, end } = await temporary(() => Promise.reject(new Error('EIO')));
  await expect(writeBody(file, megabytes(200), { signal, guard })).rejects.toThrow('EIO');
  expect(seen.syncs).toBe(1);
  await end();
});

test('a failure behind the last of these syncs is not lost', async () => {
  const { file, end } = await temporary(() => Promise.reject(new Error('EIO')));
  await expect(writeBody(file, megabytes(20), { signal, guard })).rejects.toThrow('EIO');
  await end();
});

test('what is read back is what the file holds, not what was written', async () => {
  const { path, file, end } = await temporary();
  async function* damaged() {
    yield* megabytes(10);
    const other = await open(path, 'r+');
    await other.write(Uint8Array.of(0xff), 0, 1, 5);
    await other.close();
    yield* megabytes(10);
  }
  const { sha256 } = await writeBody(file, damaged(), { signal, guard });
  const bytes = await readFile(path);
  expect(bytes[5]).toBe(0xff);
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  await end();
});

test('what nobody meant to write behind the end is read back with the rest', async () => {
  const { path, file, end } = await temporary();
  async function* lengthened() {
    yield* megabytes(2);
    const other = await open(path, 'r+');
    await other.write(Uint8Array.of(0xff), 0, 1, 3 * megabyte);
    await other.close();
  }
  const { sizeBytes } = await writeBody(file, lengthened(), { signal, guard });
  expect(sizeBytes).toBe(3 * megabyte + 1);
  await end();
});
