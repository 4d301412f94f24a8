import { z } from 'zod';

/**
 * The event log's lines. A log is a run of e2d, cut into segments; each segment is a file of JSON
 * lines that begins with a header and can be replayed by itself.
 */

/** What the first line of every segment must say. */
export const formatName = 'e2d-events';
export const formatVersion = 1;

const stateValue: z.ZodType<StateValue> = z.lazy(() =>
  z.union([z.string(), z.record(z.string(), stateValue)]),
);
type StateValue = string | { [key: string]: StateValue };

const plainObject = z.record(z.string(), z.unknown());
const anyEvent = z.looseObject({ type: z.string().min(1) });
const sequenceNumber = z.int().positive();
/** Whole milliseconds on the recording process's monotonic clock. */
const monotonicMs = z.int().nonnegative();

/** The chart at rest before the segment's first entry: replay goes on from it. */
const checkpointSchema = z.object({
  /** Of the last entry before this segment. */
  seq: sequenceNumber,
  value: stateValue,
  context: plainObject,
  children: z.array(z.string()),
});

export const headerSchema = z.object({
  format: z.literal(formatName),
  version: z.literal(formatVersion),
  /** Unlike for every start of e2d: entries of one run count on from segment to segment. */
  run: z.string().min(1),
  /** From 1. */
  segment: z.int().positive(),
  /** The node's name; null while it has none yet. */
  node: z.string().nullable(),
  /** Wall time at which the segment was begun, and the same instant on the monotonic clock. */
  begunAt: z.iso.datetime(),
  begunAtMs: monotonicMs,
  e2d: z.string(),
  /** Null while etcd is not found yet; the result of `prepare` says it then. */
  etcd: z.string().nullable(),
  /** Definition hash of each chart by its name. */
  charts: z.record(z.string(), z.string()),
  /** The chart's input. */
  settings: plainObject,
  /** The configuration with every secret taken out. */
  config: plainObject,
  /** Null in the first segment of a run. */
  checkpoint: checkpointSchema.nullable(),
});

const effectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), id: z.string(), src: z.string(), input: z.unknown() }),
  z.object({ kind: z.literal('stop'), id: z.string() }),
  z.object({
    kind: z.literal('schedule'),
    id: z.string(),
    delayMs: z.number().nonnegative(),
    event: anyEvent,
  }),
  z.object({ kind: z.literal('cancel'), id: z.string() }),
]);

export const entrySchema = z.object({
  /** Counts from 1 in each run, without a gap but where recording was not possible. */
  seq: sequenceNumber,
  atMs: monotonicMs,
  actor: z.literal('node'),
  event: anyEvent,
  /** The state after the event, as `statePath` writes it. */
  state: z.string(),
  /** Of the context after the event: see `contextHash`. */
  contextHash: z.string(),
  effects: z.array(effectSchema),
});

/**
 * The event of an earlier entry of this segment once more, at another time, to no effect: nothing
 * but time differs from what that entry says of event, state and context.
 */
export const repeatSchema = z.object({
  seq: sequenceNumber,
  atMs: monotonicMs,
  /** Sequence number of the entry whose event came again. */
  again: sequenceNumber,
  /** The event's own `atMs`, where it is another than the entry's. */
  eventAtMs: monotonicMs.optional(),
});

export type Header = Readonly<z.infer<typeof headerSchema>>;
export type Entry = Readonly<z.infer<typeof entrySchema>>;
export type Repeat = Readonly<z.infer<typeof repeatSchema>>;
export type LogLine = Header | Entry | Repeat;
