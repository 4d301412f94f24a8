import { basename, join } from 'node:path';
import type { RecordingReport } from '../../machines/inspect-report.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import { checkpointOf } from '../../machines/node/step.ts';
import { Archive } from './archive.ts';
import { formatName, formatVersion, type Header } from './entry.ts';
import { EntryEncoder, type RecordedStep } from './entry-encoder.ts';
import { type FileCalls, SegmentFile } from './segment-file.ts';
import { segmentName } from './segment-name.ts';
import { systemFailure } from './system-failure.ts';

/** The event log of one run of e2d. It never throws: trouble is told, and shows in the report. */
export interface Journal {
  /** Hands the step to the kernel before it returns. */
  record(step: RecordedStep): void;
  report(): RecordingReport;
  /** Resolves when no closed segment waits to be compressed or dropped. */
  tidied(): Promise<void>;
  /** Nothing is recorded from now on; work in the background ends. */
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** The chart's input; its nonce names the run. */
  readonly settings: NodeSettings;
  /** The configuration with every secret taken out: it is written as it is. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The name that was asked for; stands in until the node has its own. */
  readonly node: string | null;
  /** Definition hash of each chart by its name. */
  readonly charts: Readonly<Record<string, string>>;
  readonly clock: JournalClock;
  /** A sentence for the log, once when trouble begins. Must not throw. */
  readonly onTrouble: (sentence: string) => void;
  /** Called once when recording goes on. Must not throw. */
  readonly onRecovered: (sentence: string) => void;
  readonly limits?: Partial<JournalLimits>;
  readonly calls?: FileCalls;
}

interface JournalClock {
  /** Whole milliseconds on a monotonic clock. */
  nowMs(): number;
  /** For people, and for the age of files. */
  wallTime(): Date;
}

export interface JournalLimits {
  /** What all segments may take up together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** A segment that has grown to this size, or is this old, is followed by the next one. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

const MiB = 1024 * 1024;
const dayMs = 86_400_000;
const defaultLimits: JournalLimits = {
  maxBytes: 64 * MiB,
  maxAgeMs: 14 * dayMs,
  segmentBytes: 8 * MiB,
  segmentMs: dayMs,
};
const retryMs = 30_000;
/** How often it is looked whether somebody removed the file that is written to. */
const watchMs = 1_000;

interface Segment {
  readonly file: SegmentFile;
  readonly encoder: EntryEncoder;
  readonly begunAtMs: number;
  readonly headerBytes: number;
}

/** Begins to record. It succeeds whatever the file system says: see `report()`. */
export function openJournal(options: JournalOptions): Journal {
  return new EventJournal(options);
}

class EventJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #limits: JournalLimits;
  readonly #archive: Archive;
  readonly #startedAt: Date;
  #segment: Segment | null = null;
  #segments = 0;
  #last: RecordedStep | null = null;
  #problem: string | null = null;
  #retryAtMs = 0;
  #watchAtMs = 0;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#startedAt = options.clock.wallTime();
    const { maxBytes, segmentBytes, maxAgeMs } = this.#limits;
    this.#archive = new Archive({
      folder: options.folder,
      maxBytes: Math.max(0, maxBytes - segmentBytes),
      maxAgeMs,
      wallNowMs: () => options.clock.wallTime().getTime(),
      current: () => (this.#segment === null ? null : basename(this.#segment.file.path)),
      onTrouble: (thrown) =>
        options.onTrouble(
          `Old segments of the event log are not tidied: ${systemFailure(thrown)}.`,
        ),
    });
    this.#attempt(options.clock.nowMs(), () => this.#begin(options.clock.nowMs()));
  }

  record(step: RecordedStep): void {
    if (this.#isClosed) return;
    this.#attempt(step.atMs, () => this.#append(step));
    this.#last = step;
  }

  report(): RecordingReport {
    return this.#segment === null
      ? { state: 'not-recording', file: null, problem: this.#problem }
      : { state: 'recording', file: this.#segment.file.path, problem: null };
  }

  tidied(): Promise<void> {
    return this.#archive.idle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#attempt(0, () => this.#endSegment());
    this.#problem ??= 'the log is closed';
    await this.#archive.close();
  }

  #append(step: RecordedStep): void {
    const { atMs } = step;
    if (this.#segment === null && atMs < this.#retryAtMs) return;
    if (this.#segment !== null && this.#isFull(this.#segment, atMs)) this.#endSegment();
    const { file, encoder } = this.#segment ?? this.#begin(atMs);
    if (atMs >= this.#watchAtMs) {
      if (!file.isThere()) throw new Error('its file was removed');
      this.#watchAtMs = atMs + watchMs;
    }
    file.append(encoder.encode(step));
    if (this.#problem === null) return;
    this.#problem = null;
    this.#options.onRecovered('Events are recorded again.');
  }

  /** Whatever fails ends the segment; the next one begins after a pause. */
  #attempt(atMs: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#abandonSegment();
      this.#retryAtMs = atMs + retryMs;
      const wasWell = this.#problem === null;
      this.#problem = systemFailure(error);
      if (!wasWell) return;
      this.#options.onTrouble(
        `Events are not recorded: ${this.#problem}. The node runs on, and tries again.`,
      );
    }
  }

  #isFull({ file, headerBytes, begunAtMs }: Segment, atMs: number): boolean {
    const { segmentBytes, segmentMs } = this.#limits;
    if (file.bytes === headerBytes) return false;
    return file.bytes >= segmentBytes || atMs - begunAtMs >= segmentMs;
  }

  #begin(atMs: number): Segment {
    const { folder, settings, calls } = this.#options;
    const segment = this.#segments + 1;
    const path = join(folder, segmentName(this.#startedAt, settings.nonce, segment));
    const file = SegmentFile.create(path, JSON.stringify(this.#header(segment, atMs)), calls);
    const { bytes } = file;
    this.#segments = segment;
    this.#segment = { file, encoder: new EntryEncoder(), begunAtMs: atMs, headerBytes: bytes };
    this.#archive.tidy();
    return this.#segment;
  }

  #header(segment: number, atMs: number): Header {
    const { settings, config, node, charts, clock } = this.#options;
    const last = this.#last;
    const context = last?.snapshot.context;
    return {
      format: formatName,
      version: formatVersion,
      run: settings.nonce,
      segment,
      node: context?.identity.name || node,
      begunAt: clock.wallTime().toISOString(),
      begunAtMs: atMs,
      e2d: settings.e2dVersion,
      etcd: context?.etcdVersion || null,
      charts,
      settings: { ...settings },
      config,
      checkpoint: last === null ? null : checkpointAfter(last),
    };
  }

  #endSegment(): void {
    const segment = this.#segment;
    this.#segment = null;
    segment?.file.close();
  }

  #abandonSegment(): void {
    try {
      this.#endSegment();
    } catch {
      // It failed already, and that is told; the descriptor is given back either way.
    }
  }
}

function checkpointAfter({ seq, snapshot }: RecordedStep): NonNullable<Header['checkpoint']> {
  const { value, context, children } = checkpointOf(snapshot);
  return { seq, value, context: { ...context }, children: [...children] };
}
