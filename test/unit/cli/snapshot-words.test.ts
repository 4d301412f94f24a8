import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ageInWords, sizeInWords } from '../../../src/cli/amounts.ts';
import { backupName, rotateBackups } from '../../../src/cli/backup-files.ts';
import { byteProgress } from '../../../src/cli/byte-progress.ts';
import { renderSnapshot } from '../../../src/cli/render-snapshot.ts';
import { renderSnapshots } from '../../../src/cli/render-snapshot-list.ts';
import type { SnapshotEntry } from '../../../src/snapshots/catalogue/snapshot-entry.ts';
import { buildRecord, HOUR_MS, NOW_MS } from '../snapshots/catalogue/build-entries.ts';

const mebibyte = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'e2d-words-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1.5 * mebibyte, '1.5 MiB'],
  [3 * 2 ** 30, '3.0 GiB'],
])('%d bytes are %s', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words);
});

test.each([
  [-5_000, '0s'],
  [999, '0s'],
  [61_000, '1m1s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [90_061_000, '1d1h'],
])('%d ms are %s', (durationMs, words) => {
  expect(ageInWords(durationMs)).toBe(words);
});

describe('progress', () => {
  function shown(errIsTerminal: boolean, totalBytes: number, steps: number): string[] {
    const told: string[] = [];
    const progress = byteProgress({ errIsTerminal, err: (text) => told.push(text) });
    for (let step = 0; step <= steps; step += 1) {
      progress.show({ what: 'Saving', doneBytes: (totalBytes / steps) * step, totalBytes });
    }
    progress.end();
    return told;
  }

  test('is a line at each quarter of what is large, and none of what is small', () => {
    const lines = [0, 25, 50, 75, 100].map((percent) => `Saving: ${percent} % of 100.0 MiB\n`);
    expect(shown(false, 100 * mebibyte, 1000)).toEqual(lines);
    expect(shown(false, mebibyte, 1000)).toEqual([]);
  });

  test('is one line on a terminal, drawn anew at each percent and gone at the end', () => {
    const drawn = shown(true, 100 * mebibyte, 1000);
    expect(drawn).toHaveLength(102);
    expect(drawn[50]).toBe(
      `\r\u001b[K[${'#'.repeat(15)}${'-'.repeat(15)}] Saving: 50 % of 100.0 MiB`,
    );
    expect(drawn.at(-1)).toBe('\r\u001b[K');
  });
});

test('files of a folder are named by their time, and the oldest of them go', async () => {
  expect(backupName(new Date('2026-01-02T03:04:05.678Z'))).toBe('etcd-20260102-030405.backup');
  const [a, b, c] = ['20250101-000000', '20260101-000000', '20260101-000001'].map(
    (time) => `etcd-${time}.backup`,
  );
  for (const name of [c, a, b, 'other']) writeFileSync(join(folder, name ?? ''), '');
  expect(await rotateBackups(folder, 3)).toEqual([]);
  expect(await rotateBackups(folder, 1)).toEqual([a, b]);
  expect(readdirSync(folder).sort()).toEqual([c, 'other']);
});

describe('snapshots for people', () => {
  const record = buildRecord({ takenAtMs: NOW_MS - HOUR_MS, encryptionKeyId: 'abc' });
  const proof = {
    version: 1 as const,
    provenAt: new Date(NOW_MS - 60_000).toISOString(),
    outcome: 'failed' as const,
    sentence: 'Its hash is another.',
    keys: null,
    revision: null,
    rtoMs: 1_500,
    etcdVersion: '3.6.14',
  };
  const { id, takenAt } = record;
  const own: SnapshotEntry = { kind: 'e2d', id, takenAt, storedBytes: 2048, record, proof };
  const single: SnapshotEntry = { kind: 'single', id: 'etcd.snapshot', takenAt, storedBytes: 10 };

  test('are a table, with what is known of each', () => {
    const unfinished = [{ id: 'half', begun: { key: 'half/e2d.begun.json', sizeBytes: 1 } }];
    const text = renderSnapshots(
      { entries: [own, single], unfinished },
      { place: 's3://b', nowMs: NOW_MS },
    );
    const [, first = '', second = '', ...rest] = text.split('\n');
    expect(first.split(/ {2,}/)).toEqual([
      ...[id, takenAt, '1h', '100', '2.0 KiB', 'oak', '3.6.14'],
      ...['FAILED 1m ago', 'yes', 'interval'],
    ]);
    expect(second.split(/ {2,}/).slice(3)).toEqual([
      '?',
      '10 B',
      '?',
      '?',
      '-',
      '?',
      '(first e2d)',
    ]);
    expect(rest).toEqual(['', 'One upload is not finished: half.', '']);
  });

  test('are none where there is none', () => {
    const none = { entries: [], unfinished: [] };
    expect(renderSnapshots(none, { place: 'file:///x', nowMs: NOW_MS })).toBe(
      'There is no snapshot in file:///x.\n',
    );
  });

  test('are shown with all that is known of one', () => {
    const view = { place: 's3://b', nowMs: NOW_MS, chances: { sentence: 'No. It is so.' } };
    const text = renderSnapshot(own, view);
    expect(text).toMatch(/^stored +4 bytes, gzip, encrypted with key abc$/m);
    expect(text).toMatch(/^proof +failed 1m ago .* with etcd 3\.6\.14 in 1\.5 s: Its hash is/m);
    expect(text).toMatch(/^in the store +2048 bytes now$/m);
    expect(text).toMatch(/^restored\? +No\. It is so\.$/m);
    expect(renderSnapshot(single, view)).toMatch(/^origin +the first e2d: its one object/m);
  });
});
