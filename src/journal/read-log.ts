import { E2dError } from '../errors/e2d-error.ts';
import { decodeHeader, decodeLine, HeaderProblem, LineProblem } from './decode-line.ts';
import type { Entry, Header, LogLine } from './entry.ts';
import { expandRepeat } from './entry-encoder.ts';
import { bytesOf, type LogSource, sourceName } from './log-bytes.ts';
import { LineTooLong, type RawLine, splitLines } from './log-line-splitter.ts';

/** Something a reader puts up with, and tells. */
export interface LogNote {
  /**
   * `torn`: the last line was cut off; `unfinished`: a segment without a whole header;
   * `gap`: entries of a run are not there; `twice`: a segment was given a second time.
   */
  readonly kind: 'torn' | 'unfinished' | 'gap' | 'twice';
  readonly file: string;
  readonly sentence: string;
}

export interface ReadOptions {
  readonly onNote?: (note: LogNote) => void;
  /** A longer line is an error: it would not fit into memory. */
  readonly maxLineBytes?: number;
}

/** The cause of the error for a file that ends before its first line does. */
export class UnfinishedSegment extends Error {}

const defaultMaxLineBytes = 16 * 1024 * 1024;

/**
 * One segment, line by line in constant memory: its header, then its entries, repeats as the
 * entries they stand for. @throws E2dError `E2D_LOG_UNREADABLE`, `E2D_LOG_FOREIGN`,
 * `E2D_LOG_VERSION` or `E2D_LOG_DAMAGED`, all with exit code 2.
 */
export async function* readLog(
  source: LogSource,
  options: ReadOptions = {},
): AsyncGenerator<Header | Entry> {
  const latest = new LatestEntries();
  let number = 0;
  for await (const line of readLines(source, options)) {
    number += 1;
    if (!('again' in line)) {
      if ('event' in line) latest.take(line);
      yield line;
      continue;
    }
    const entry = latest.bySeq(line.again);
    if (entry === undefined) {
      throw damaged(
        sourceName(source),
        `line ${number} repeats entry ${line.again}, which is gone`,
      );
    }
    yield expandRepeat(entry, line);
  }
}

/** One segment, line by line as it was written. @throws E2dError as `readLog` does. */
export async function* readLines(
  source: LogSource,
  { onNote = () => {}, maxLineBytes = defaultMaxLineBytes }: ReadOptions = {},
): AsyncGenerator<LogLine> {
  const name = sourceName(source);
  let hasHeader = false;
  try {
    for await (const lines of splitLines(bytesOf(source), maxLineBytes)) {
      for (const line of lines) {
        if (!hasHeader) {
          yield headerOf(name, line);
          hasHeader = true;
          continue;
        }
        const decoded = decodeLine(line.bytes);
        if (!(decoded instanceof LineProblem)) yield decoded;
        else if (!line.isTerminated) onNote(tornNote(name, line.number));
        else throw damaged(name, `line ${line.number} ${decoded.problem}`);
      }
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    if (error.line === 1) throw foreign(name, `its first line ${error.message}`);
    throw damaged(name, `line ${error.line} ${error.message}`);
  }
  if (!hasHeader) throw foreign(name, 'it is empty', new UnfinishedSegment());
}

/** The latest entry of each type of event: the only ones that can be repeated. */
class LatestEntries {
  readonly #byType = new Map<string, Entry>();
  readonly #bySeq = new Map<number, Entry>();

  take(entry: Entry): void {
    const before = this.#byType.get(entry.event.type);
    if (before !== undefined) this.#bySeq.delete(before.seq);
    this.#byType.set(entry.event.type, entry);
    this.#bySeq.set(entry.seq, entry);
  }

  bySeq(seq: number): Entry | undefined {
    return this.#bySeq.get(seq);
  }
}

function headerOf(name: string, { bytes, isTerminated }: RawLine): Header {
  const header = decodeHeader(bytes);
  if (!(header instanceof HeaderProblem)) return header;
  const { kind, problem } = header;
  if (kind === 'version') {
    throw new E2dError(`${name} is an event log, but ${problem}, and this e2d reads version 1.`, {
      code: 'E2D_LOG_VERSION',
      exit: 2,
      remedy: 'Use the version of e2d that recorded it.',
    });
  }
  if (kind === 'damaged') throw damaged(name, problem);
  throw isTerminated ? foreign(name, problem) : foreign(name, problem, new UnfinishedSegment());
}

function tornNote(file: string, line: number): LogNote {
  const sentence = `${file} ends in the middle of line ${line}, which is left out.`;
  return { kind: 'torn', file, sentence };
}

function foreign(name: string, problem: string, cause?: UnfinishedSegment): E2dError {
  return new E2dError(`${name} is no event log of e2d: ${problem}.`, {
    code: 'E2D_LOG_FOREIGN',
    exit: 2,
    remedy: 'Give files, or a folder, from <state-dir>/events of a node.',
    cause,
  });
}

function damaged(name: string, problem: string): E2dError {
  return new E2dError(`The event log ${name} is damaged: ${problem}.`, {
    code: 'E2D_LOG_DAMAGED',
    exit: 2,
    remedy: 'Copy it again from the node, or leave this segment out.',
  });
}
