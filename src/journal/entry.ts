import type { StateValue } from 'xstate';
import { z } from 'zod';

/**
 * The event log's lines. A log is a run of e2d, cut into segments; each segment is a file of JSON
 * lines that begins with a header and can be replayed by itself. What is described here is also
 * the text of `docs/event-log.schema.json`.
 */

/** What the first line of every segment must say. */
export const formatName = 'e2d-events';
export const formatVersion = 1;

const stateValue: z.ZodType<StateValue> = z.lazy(() =>
  z.union([z.string(), z.record(z.string(), stateValue)]),
);

const plainObject = z.record(z.string(), z.unknown());
const anyEvent = z.looseObject({ type: z.string().min(1) });
const sequenceNumber = z.int().positive();
const monotonicMs = z
  .int()
  .nonnegative()
  .describe('Whole milliseconds on the recording process’s monotonic clock.');

const checkpointSchema = z
  .object({
    seq: sequenceNumber.describe('Of the last entry before this segment.'),
    value: stateValue,
    context: plainObject,
    children: z.array(z.string()).describe('Ids of the actors that run.'),
  })
  .describe('The chart at rest before the segment’s first entry: replay goes on from it.');

export const headerSchema = z
  .object({
    format: z.literal(formatName),
    version: z.literal(formatVersion),
    run: z
      .string()
      .min(1)
      .describe('Another for every start of e2d; `seq` counts on from segment to segment.'),
    segment: z.int().positive().describe('From 1.'),
    node: z.string().nullable().describe('The node’s name; null while it has none yet.'),
    begunAt: z.iso.datetime().describe('Wall time at which the segment was begun, for people.'),
    begunAtMs: monotonicMs.describe('The same instant on the monotonic clock.'),
    e2d: z.string().describe('Version of e2d.'),
    etcd: z
      .string()
      .nullable()
      .describe(
        'Version of etcd; null while it is not found yet: the result of `prepare` says it.',
      ),
    charts: z.record(z.string(), z.string()).describe('Definition hash of each chart by its name.'),
    settings: plainObject.describe('The chart’s input.'),
    config: plainObject.describe('The configuration with every secret taken out.'),
    checkpoint: checkpointSchema
      .nullable()
      .describe('Null where the segment begins with the first step of the run.'),
  })
  .describe('The first line of every segment.');

const effectSchema = z.discriminatedUnion('kind', [
  z
    .object({ kind: z.literal('start'), id: z.string(), src: z.string(), input: z.unknown() })
    .describe('An actor is started; the input of an effect holds its reason.'),
  z.object({ kind: z.literal('stop'), id: z.string() }).describe('An actor is stopped.'),
  z
    .object({
      kind: z.literal('schedule'),
      id: z.string(),
      delayMs: z.number().nonnegative(),
      event: anyEvent,
    })
    .describe('A timer is set; the event comes when it fires.'),
  z.object({ kind: z.literal('cancel'), id: z.string() }).describe('A timer is cancelled.'),
]);

export const entrySchema = z
  .object({
    seq: sequenceNumber.describe(
      'Counts from 1 in each run, without a gap but where recording was not possible.',
    ),
    atMs: monotonicMs,
    actor: z.literal('node'),
    event: anyEvent,
    state: z.string().describe('The state after the event, parallel regions in parentheses.'),
    contextHash: z
      .string()
      .describe('First 16 hexadecimal digits of the SHA-256 of the JSON of the context after it.'),
    effects: z.array(effectSchema),
  })
  .describe('One step of the chart: what came in, and what followed from it.');

/**
 * The event of the latest entry of its type in this segment once more, at another time, to no
 * effect: nothing but time differs from what that entry says of event, state and context.
 */
export const repeatSchema = z
  .object({
    seq: sequenceNumber,
    atMs: monotonicMs,
    again: sequenceNumber.describe(
      'Sequence number of the entry whose event came again: the latest of its type here.',
    ),
    eventAtMs: monotonicMs
      .describe('The event’s own `atMs`, where it has one that is another than the line’s.')
      .optional(),
  })
  .describe(
    'An event that came before, with the same state and context after it, and without effects.',
  );

export type Header = Readonly<z.infer<typeof headerSchema>>;
export type Entry = Readonly<z.infer<typeof entrySchema>>;
export type Repeat = Readonly<z.infer<typeof repeatSchema>>;
export type LogLine = Header | Entry | Repeat;
