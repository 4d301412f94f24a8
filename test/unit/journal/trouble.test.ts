import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLogs } from '../../../src/journal/open-logs.ts';
import type { LogNote } from '../../../src/journal/read-log.ts';
import type { FileCalls } from '../../../src/journal/segment-file.ts';
import { collect, isHeader, Recording, temporaryFolder } from './recording.ts';

const recovered = 'Events are recorded again.';

function lost(problem: string): string {
  return `Events are not recorded: ${problem}. The node runs on, and tries again.`;
}

/** A disk that takes only so many bytes, and whose calls can be made to fail. */
class Disk {
  room = Number.POSITIVE_INFINITY;
  refuses: string | null = null;
  canTruncate = true;

  readonly calls: FileCalls = {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      if (this.refuses !== null) throw failure(this.refuses);
      return fs.openSync(...args);
    },
    ftruncateSync: (fd, length) => {
      if (!this.canTruncate) throw failure('EIO');
      fs.ftruncateSync(fd, length);
    },
    writeSync: ((fd: number, bytes: Buffer, offset: number, length: number) => {
      if (this.room === 0) throw failure('ENOSPC');
      const written = fs.writeSync(fd, bytes, offset, Math.min(length, this.room));
      this.room -= written;
      return written;
    }) as typeof fs.writeSync,
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

async function seqsIn(folder: string, notes: LogNote[] = []): Promise<readonly number[]> {
  const [run] = await openLogs([folder], { onNote: (note) => notes.push(note) });
  const lines = run === undefined ? [] : await collect(run.lines());
  return lines.flatMap((line) => (isHeader(line) ? [] : [line.seq]));
}

describe('a disk that is full', () => {
  test('costs no line that was whole; a new segment follows once there is room', async () => {
    const disk = new Disk();
    const recording = new Recording(await temporaryFolder(), { calls: disk.calls }).begin();
    const [first = ''] = await recording.files();
    const before = await readFile(join(recording.folder, first), 'utf8');
    disk.room = 10;
    recording.probe(901);
    expect(await readFile(join(recording.folder, first), 'utf8')).toBe(before);
    expect(recording.told).toEqual([lost('no space is left on the device')]);
    expect(recording.journal.report()).toEqual({
      state: 'not-recording',
      file: null,
      problem: 'no space is left on the device',
    });
    recording.probes(20);
    disk.room = Number.POSITIVE_INFINITY;
    recording.nowMs += 30_000;
    recording.probe(903).probe(904);
    expect(recording.told).toEqual([lost('no space is left on the device'), recovered]);
    expect(recording.journal.report().file).toMatch(/-0002\.jsonl$/);
    const notes: LogNote[] = [];
    const seqs = await seqsIn(recording.folder, notes);
    expect(seqs.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(seqs.slice(5)).toEqual([27, 28]);
    expect(notes.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/0002\.jsonl, entries 6 to 26 are missing: not recorded, or in/),
    ]);
  });

  test('is tried again every 30 s at most, and leaves no empty file behind', async () => {
    const disk = new Disk();
    const recording = new Recording(await temporaryFolder(), { calls: disk.calls }).begin();
    disk.room = 0;
    recording.probe(901);
    let attempts = 0;
    const { openSync } = disk.calls;
    Object.assign(disk.calls, {
      openSync: (...args: Parameters<typeof openSync>) => {
        attempts += 1;
        return openSync(...args);
      },
    });
    recording.probes(45);
    expect(attempts).toBe(3);
    expect(await recording.files()).toHaveLength(1);
    expect(recording.told).toHaveLength(1);
  });

  test('may leave half a line where not even cutting works; it reads without it', async () => {
    const disk = new Disk();
    const recording = new Recording(await temporaryFolder(), { calls: disk.calls }).begin();
    disk.room = 10;
    disk.canTruncate = false;
    recording.probe(901);
    const notes: LogNote[] = [];
    expect(await seqsIn(recording.folder, notes)).toEqual([1, 2, 3, 4, 5]);
    expect(notes).toMatchObject([{ kind: 'torn' }]);
  });

  test.skipIf(!canMount())('of the real kind does the same', async () => {
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    const recording = new Recording(join(folder, 'events')).begin().probes(150);
    expect(recording.told).toEqual([lost('no space is left on the device')]);
    const before = await seqsIn(recording.folder);
    expect(before.length).toBeGreaterThan(20);
    await rm(join(recording.folder, (await recording.files())[0] ?? ''));
    recording.nowMs += 30_000;
    recording.probe(901);
    expect(recording.told).toEqual([lost('no space is left on the device'), recovered]);
    expect(await seqsIn(recording.folder)).toEqual([recording.last.seq]);
  });
});

test('a folder that is removed is noticed within a second, and made again', async () => {
  const recording = new Recording(await temporaryFolder()).begin();
  await rm(recording.folder, { recursive: true });
  recording.probe(900);
  expect(recording.told).toEqual([lost('its file was removed')]);
  recording.nowMs += 30_000;
  recording.probe(900);
  expect(recording.told).toEqual([lost('its file was removed'), recovered]);
  expect(await seqsIn(recording.folder)).toEqual([recording.last.seq]);
});

test.each([
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission is denied'],
  ['EIO', 'the disk does not work as it should (EIO)'],
  ['EXYZ', 'EXYZ: something'],
])('%s from the first moment is told, and the run is recorded later', async (code, problem) => {
  const disk = new Disk();
  disk.refuses = code;
  const recording = new Recording(await temporaryFolder(), { calls: disk.calls }).begin();
  expect(recording.told).toEqual([lost(problem)]);
  expect(recording.journal.report().problem).toBe(problem);
  disk.refuses = null;
  recording.nowMs += 30_000;
  recording.probe(900);
  expect(recording.told).toEqual([lost(problem), recovered]);
  expect(recording.journal.report().file).toMatch(/-0001\.jsonl$/);
  expect(await seqsIn(recording.folder)).toEqual([6]);
});

test('a folder that is a file is told', async () => {
  const file = join(await temporaryFolder(), 'events');
  await writeFile(file, 'mine');
  const recording = new Recording(file).begin();
  expect(recording.told).toHaveLength(1);
  expect(recording.journal.report().state).toBe('not-recording');
  expect(await readFile(file, 'utf8')).toBe('mine');
});

test('an event that is no plain data does not reach the driver as an error', async () => {
  const recording = new Recording(await temporaryFolder()).begin();
  const circle: Record<string, unknown> = { type: 'gossip.changed', atMs: 1, peers: [] };
  circle['self'] = circle;
  const { last } = recording;
  recording.journal.record({ ...last, seq: last.seq + 1, event: circle as typeof last.event });
  expect(recording.told).toEqual([expect.stringContaining('circular')]);
  expect(await seqsIn(recording.folder)).toEqual([1, 2, 3, 4, 5]);
});

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = fs.mkdtempSync('/tmp/e2d-mount-');
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    fs.rmdirSync(probe);
  }
}
