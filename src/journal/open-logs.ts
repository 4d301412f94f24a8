import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { E2dError } from '../errors/e2d-error.ts';
import type { Entry, Header } from './entry.ts';
import { type LogNote, type ReadOptions, readLog, UnfinishedSegment } from './read-log.ts';
import { parseSegmentName } from './segment-name.ts';
import { systemFailure } from './system-failure.ts';

/** What was recorded of one run of e2d, as far as its segments are at hand. */
export interface RecordedRun {
  readonly run: string;
  /** Of the first segment. */
  readonly header: Header;
  /** In their order. */
  readonly segments: readonly RecordedSegment[];
  /**
   * All entries in their order, and a header wherever a segment begins. Throws as `readLog` does;
   * what is missing between segments is told as a note.
   */
  lines(): AsyncGenerator<Header | Entry>;
}

export interface RecordedSegment {
  readonly file: string;
  readonly header: Header;
}

/**
 * Finds the runs in files and folders; a folder stands for the segments in it. Runs come in the
 * order in which they began by wall time. Notes come here and while lines are read.
 * @throws E2dError as `readLog` does; `E2D_LOG_UNREADABLE` for a folder without a segment, too.
 */
export async function openLogs(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<readonly RecordedRun[]> {
  const runs = new Map<string, RecordedSegment[]>();
  const unfinished: E2dError[] = [];
  for (const file of await filesAt(paths)) {
    const header = await headerOf(file);
    if (header instanceof E2dError) {
      unfinished.push(header);
      options.onNote?.({ kind: 'unfinished', file, sentence: `${header.message} It is left out.` });
      continue;
    }
    const segments = runs.get(header.run) ?? [];
    const twin = segments.find((other) => other.header.segment === header.segment);
    if (twin === undefined) runs.set(header.run, [...segments, { file, header }]);
    else options.onNote?.(twiceNote(file, twin.file));
  }
  if (runs.size === 0 && unfinished[0] !== undefined) throw unfinished[0];
  return [...runs.values()]
    .map((segments) => recordedRun(segments, options))
    .sort((a, b) => Date.parse(a.header.begunAt) - Date.parse(b.header.begunAt));
}

function recordedRun(found: readonly RecordedSegment[], options: ReadOptions): RecordedRun {
  const segments = [...found].sort((a, b) => a.header.segment - b.header.segment);
  const [first] = segments;
  if (first === undefined) throw new Error('a run without a segment');
  return {
    run: first.header.run,
    header: first.header,
    segments,
    lines: () => linesOf(segments, options),
  };
}

async function* linesOf(
  segments: readonly RecordedSegment[],
  options: ReadOptions,
): AsyncGenerator<Header | Entry> {
  let last = 0;
  for (const { file } of segments) {
    for await (const line of readLog(file, options)) {
      if ('format' in line) {
        const before = line.checkpoint?.seq ?? 0;
        if (before > last) options.onNote?.(gapNote(file, last + 1, before));
      } else {
        last = line.seq;
      }
      yield line;
    }
  }
}

function gapNote(file: string, first: number, last: number): LogNote {
  const missing = first === last ? `entry ${first} is` : `entries ${first} to ${last} are`;
  const sentence = `Before ${file}, ${missing} missing: not recorded, or in a file not given.`;
  return { kind: 'gap', file, sentence };
}

function twiceNote(file: string, other: string): LogNote {
  const sentence = `${file} is the same segment as ${other}, and is left out.`;
  return { kind: 'twice', file, sentence };
}

/** An error stands for one of our segments that was ended before its header was whole. */
async function headerOf(file: string): Promise<Header | E2dError> {
  try {
    for await (const line of readLog(file)) {
      if ('format' in line) return line;
    }
    throw new Error('a log that begins with no header');
  } catch (error) {
    const isOurs = parseSegmentName(basename(file)) !== null;
    if (isOurs && error instanceof E2dError && error.cause instanceof UnfinishedSegment) {
      return error;
    }
    throw error;
  }
}

async function filesAt(paths: readonly string[]): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const path of paths) {
    for (const file of await expand(path)) files.add(file);
  }
  return [...files];
}

async function expand(path: string): Promise<readonly string[]> {
  const names = await namesIn(path);
  if (names === null) return [path];
  const segments = names.filter((name) => /\.jsonl(\.gz)?$/.test(name));
  if (segments.length > 0) return segments.map((name) => join(path, name));
  throw unreadable(`The folder ${path} holds no event log`);
}

/** Null for what is no folder. */
async function namesIn(path: string): Promise<readonly string[] | null> {
  try {
    return (await stat(path)).isDirectory() ? (await readdir(path)).sort() : null;
  } catch (error) {
    throw unreadable(`The event log ${path} cannot be read: ${systemFailure(error)}`);
  }
}

function unreadable(problem: string): E2dError {
  return new E2dError(`${problem}.`, {
    code: 'E2D_LOG_UNREADABLE',
    exit: 2,
    remedy: 'Name a file or folder of <state-dir>/events that this user can read.',
  });
}
