import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openLogs } from '../../../src/journal/open-logs.ts';
import type { LogNote } from '../../../src/journal/read-log.ts';
import { settings } from '../../support/builders.ts';
import { collect, isHeader, Recording, temporaryFolder } from './recording.ts';

/** A run in several segments, all but the last one compressed. */
async function recordedRun(nonce: string, hour = 0): Promise<Recording> {
  const recording = new Recording(await temporaryFolder(), {
    settings: settings('a', { nonce }),
    limits: { segmentBytes: 4_096 },
    clock: {
      nowMs: () => 1_000,
      wallTime: () => new Date(Date.parse('2026-01-02T00:00:00Z') + hour * 3_600_000),
    },
  });
  recording.begin().probes(30);
  await recording.journal.close();
  const next = new Recording(recording.folder, { settings: settings('b', { nonce: 'next' }) });
  await next.journal.tidied();
  await next.journal.close();
  for (const file of await recording.files()) {
    if (file.includes('next')) await rm(join(recording.folder, file));
  }
  return recording;
}

function listening() {
  const notes: LogNote[] = [];
  return { notes, onNote: (note: LogNote) => notes.push(note) };
}

async function seqsOf(run: { lines(): AsyncIterable<object> } | undefined) {
  const lines = run === undefined ? [] : await collect(run.lines());
  return lines.flatMap((line) => ('seq' in line ? [line.seq] : []));
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test('a folder is read as its runs, each in the order of its segments', async () => {
  const { folder, last } = await recordedRun('one');
  const { notes, onNote } = listening();
  const [run, ...others] = await openLogs([folder], { onNote });
  expect(others).toEqual([]);
  expect(run).toMatchObject({ run: 'one', header: { segment: 1, checkpoint: null } });
  expect(run?.segments.length).toBeGreaterThan(3);
  expect(await seqsOf(run)).toEqual(upTo(last.seq));
  const headers = (await collect(run?.lines() ?? (async function* () {})())).filter(isHeader);
  expect(headers.map(({ segment }) => segment)).toEqual(upTo(headers.length));
  expect(notes).toEqual([]);
});

test('files in any order are read the same, whatever they are called', async () => {
  const { folder, last } = await recordedRun('one');
  const [{ segments } = { segments: [] }] = await openLogs([folder]);
  const renamed = await temporaryFolder();
  const files = segments.map(({ file }, index) => ({
    file,
    to: join(renamed, `${9 - index}.log`),
  }));
  for (const { file, to } of files) await cp(file, to);
  const { notes, onNote } = listening();
  const [run] = await openLogs(files.map(({ to }) => to).reverse(), { onNote });
  expect(await seqsOf(run)).toEqual(upTo(last.seq));
  expect(notes).toEqual([]);
});

test('runs come in the order in which they began', async () => {
  const [late, early] = [await recordedRun('late', 2), await recordedRun('early', 1)];
  const runs = await openLogs([late.folder, early.folder]);
  expect(runs.map(({ run }) => run)).toEqual(['early', 'late']);
});

describe('what is odd is told, and read all the same:', () => {
  test('a segment that is not there', async () => {
    const { folder, last } = await recordedRun('one');
    const [{ segments } = { segments: [] }] = await openLogs([folder]);
    await rm(segments[1]?.file ?? '');
    const next = segments[2]?.header.checkpoint?.seq ?? 0;
    const { notes, onNote } = listening();
    const [run] = await openLogs([folder], { onNote });
    const seqs = await seqsOf(run);
    expect(seqs.at(-1)).toBe(last.seq);
    expect(seqs.slice(seqs.indexOf(next + 1) - 1)[0]).toBeLessThan(next);
    expect(notes).toMatchObject([{ kind: 'gap', file: segments[2]?.file }]);
    expect(notes[0]?.sentence).toContain(`to ${next} are missing`);
  });

  test('a segment that is there twice', async () => {
    const { folder, last } = await recordedRun('one');
    const [packed = ''] = await recordedFiles(folder);
    const plain = packed.replace('.gz', '');
    await writeFile(plain, gunzipSync(await readFile(packed)));
    const { notes, onNote } = listening();
    const [run] = await openLogs([folder], { onNote });
    expect(await seqsOf(run)).toEqual(upTo(last.seq));
    expect(notes.map(({ sentence }) => sentence)).toEqual([
      `${packed} is the same segment as ${plain}, and is left out.`,
    ]);
  });

  test.each([
    ['', 'it is empty.'],
    ['{"format":"e2d-ev', 'its first line is no JSON.'],
  ])('a segment of which only %j was written', async (text, reason) => {
    const { folder, last } = await recordedRun('one');
    const file = join(folder, '20260102T030405Z-two-0001.jsonl');
    await writeFile(file, text);
    const { notes, onNote } = listening();
    const [run] = await openLogs([folder], { onNote });
    expect(await seqsOf(run)).toEqual(upTo(last.seq));
    expect(notes.map(({ sentence }) => sentence)).toEqual([
      `${file} is no event log of e2d: ${reason} It is left out.`,
    ]);
    await expect(openLogs([file])).rejects.toMatchObject({ code: 'E2D_LOG_FOREIGN', exit: 2 });
  });
});

describe('what holds no log is an error that names it:', () => {
  test.each([
    ['nowhere', 'E2D_LOG_UNREADABLE', /nowhere cannot be read: there is no such file/],
    ['empty', 'E2D_LOG_UNREADABLE', /^The folder .*empty holds no event log\.$/],
    ['other.jsonl', 'E2D_LOG_FOREIGN', /other\.jsonl is no event log of e2d/],
  ])('%s', async (name, code, message) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'other.jsonl'), '{"level":30}');
    await expect(openLogs([join(folder, name)])).rejects.toMatchObject({
      code,
      exit: 2,
      message: expect.stringMatching(message),
    });
  });

  test('a foreign file among the segments of a folder', async () => {
    const { folder } = await recordedRun('one');
    await writeFile(join(folder, 'other.jsonl'), '{"level":30}\n');
    await expect(openLogs([folder])).rejects.toMatchObject({ code: 'E2D_LOG_FOREIGN' });
  });
});

async function recordedFiles(folder: string): Promise<readonly string[]> {
  const [run] = await openLogs([folder]);
  return run?.segments.map(({ file }) => file) ?? [];
}
