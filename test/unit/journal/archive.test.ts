import { readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Archive, type ArchiveOptions } from '../../../src/journal/archive.ts';
import { Recording, temporaryFolder } from './recording.ts';

const now = Date.parse('2026-02-01T00:00:00Z');
const hourMs = 3_600_000;

function archive(folder: string, options: Partial<ArchiveOptions> = {}): Archive {
  return new Archive({
    folder,
    maxBytes: 1e9,
    maxAgeMs: 24 * hourMs,
    wallNowMs: () => now,
    current: () => null,
    onTrouble: (thrown) => {
      throw thrown;
    },
    ...options,
  });
}

async function segment(folder: string, number: number, { bytes = 100, ageMs = 0 } = {}) {
  const name = `20260101T000000Z-run-000${number}.jsonl`;
  await writeFile(join(folder, name), 'x'.repeat(bytes));
  const at = new Date(now - ageMs);
  await utimes(join(folder, name), at, at);
  return name;
}

async function tidied(subject: Archive): Promise<void> {
  subject.tidy();
  await subject.idle();
}

describe('closed segments', () => {
  test('are compressed, with mode and age kept, but not the one that is written to', async () => {
    const folder = await temporaryFolder();
    const closed = await segment(folder, 1, { ageMs: hourMs });
    const current = await segment(folder, 2);
    await tidied(archive(folder, { current: () => current }));
    expect((await readdir(folder)).sort()).toEqual([`${closed}.gz`, current]);
    const { mode, mtimeMs } = await stat(join(folder, `${closed}.gz`));
    expect([mode & 0o777, mtimeMs]).toEqual([0o600, now - hourMs]);
    const packed = await readFile(join(folder, `${closed}.gz`));
    expect(gunzipSync(packed).toString()).toBe('x'.repeat(100));
  });

  test('are dropped when they are too old', async () => {
    const folder = await temporaryFolder();
    await segment(folder, 1, { ageMs: 25 * hourMs });
    const young = await segment(folder, 2, { ageMs: 23 * hourMs });
    await tidied(archive(folder));
    expect(await readdir(folder)).toEqual([`${young}.gz`]);
  });

  test('are dropped, oldest first, when they take up too much', async () => {
    const folder = await temporaryFolder();
    for (const number of [1, 2, 3]) {
      const ageMs = (number === 1 ? 1 : 5 - number) * hourMs;
      const name = await segment(folder, number, { bytes: 400, ageMs });
      await rename(join(folder, name), join(folder, `${name}.gz`));
    }
    await tidied(archive(folder, { maxBytes: 800 }));
    expect((await readdir(folder)).sort()).toEqual([
      '20260101T000000Z-run-0001.jsonl.gz',
      '20260101T000000Z-run-0003.jsonl.gz',
    ]);
  });

  test('that an ended compression left twice, or in part, are put in order', async () => {
    const folder = await temporaryFolder();
    const name = await segment(folder, 1);
    await writeFile(join(folder, `${name}.gz`), gzipSync('older'));
    await writeFile(join(folder, `${name}.gz.part`), 'half');
    await tidied(archive(folder));
    expect(await readdir(folder)).toEqual([`${name}.gz`]);
    expect(gunzipSync(await readFile(join(folder, `${name}.gz`))).toString()).toBe('x'.repeat(100));
  });
});

test('files that are no segments are left alone', async () => {
  const folder = await temporaryFolder();
  const names = ['notes.jsonl', 'copy.jsonl.gz', 'x.gz.part'];
  for (const name of names) await writeFile(join(folder, name), 'mine');
  await tidied(archive(folder, { maxBytes: 0, maxAgeMs: -1 }));
  expect((await readdir(folder)).sort()).toEqual([...names].sort());
});

test('a failure is told once in a row, and harms nothing', async () => {
  const folder = await temporaryFolder();
  const name = await segment(folder, 1);
  const told: unknown[] = [];
  const file = join(folder, name);
  const subject = archive(file, { onTrouble: (thrown) => told.push(thrown) });
  await tidied(subject);
  await tidied(subject);
  expect(told).toHaveLength(1);
  expect(await readFile(file, 'utf8')).toBe('x'.repeat(100));
});

test('closing ends a compression that is under way, and the segment stays whole', async () => {
  const folder = await temporaryFolder();
  const name = await segment(folder, 1, { bytes: 30_000_000 });
  const subject = archive(folder);
  subject.tidy();
  await subject.close();
  expect(await readdir(folder)).toEqual([name]);
  expect((await stat(join(folder, name))).size).toBe(30_000_000);
  subject.tidy();
  await subject.idle();
  expect(await readdir(folder)).toEqual([name]);
});

test('a journal that runs for long stays within its size', async () => {
  const folder = await temporaryFolder();
  const limits = { maxBytes: 35_000, segmentBytes: 20_000 };
  const recording = new Recording(folder, { limits }).begin();
  const sizes: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    recording.probes(25);
    await recording.journal.tidied();
    const files = await recording.files();
    const stats = await Promise.all(files.map((file) => stat(join(folder, file))));
    sizes.push(stats.reduce((sum, { size }) => sum + size, 0));
  }
  const line = 1_000;
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.maxBytes + line);
  expect(Math.max(...sizes)).toBeGreaterThan(limits.maxBytes / 2);
  const files = await recording.files();
  expect(files[0]).not.toContain('-0001.');
  expect(recording.told).toEqual([]);
});
