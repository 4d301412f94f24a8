import type { z } from 'zod';
import { shortened } from '../errors/shown.ts';
import {
  entrySchema,
  formatName,
  formatVersion,
  type Header,
  headerSchema,
  type LogLine,
  repeatSchema,
} from './entry.ts';

/** Why a line is no line of an event log, as the end of a sentence. */
export class LineProblem {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

export class HeaderProblem extends LineProblem {
  /** `foreign`: no event log at all; `version`: one of another format; `damaged`: one of ours. */
  readonly kind: 'foreign' | 'version' | 'damaged';

  constructor(kind: HeaderProblem['kind'], problem: string) {
    super(problem);
    this.kind = kind;
  }
}

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** A segment's first line. */
export function decodeHeader(bytes: Uint8Array): Header | HeaderProblem {
  const value = parse(bytes);
  if (value instanceof LineProblem) {
    return new HeaderProblem('foreign', `its first line ${value.problem}`);
  }
  if (!isObject(value) || value['format'] !== formatName) {
    return new HeaderProblem('foreign', `its first line does not say "format":"${formatName}"`);
  }
  const { version } = value;
  if (version !== formatVersion) {
    const said = version === undefined ? 'none' : scalarText(version);
    return new HeaderProblem('version', `its format version is ${said}`);
  }
  const checked = headerOf(value);
  if (checked.success) return checked.data;
  return new HeaderProblem('damaged', `its first line ${wrong(checked.error)}`);
}

/** Any other line; a header is none. */
export function decodeLine(bytes: Uint8Array): Exclude<LogLine, Header> | LineProblem {
  const value = parse(bytes);
  if (value instanceof LineProblem) return value;
  if (!isObject(value)) return new LineProblem('is no JSON object');
  if ('format' in value) {
    return new LineProblem('begins another segment: segments are read one by one, not joined');
  }
  const schema = 'again' in value ? repeatSchema : entrySchema;
  const checked = schema.safeParse(value);
  return checked.success ? checked.data : new LineProblem(wrong(checked.error));
}

function parse(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = textDecoder.decode(bytes);
  } catch {
    return new LineProblem('is no UTF-8 text');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new LineProblem('is no JSON');
  }
}

function wrong(error: z.ZodError | null): string {
  if (error === null) return 'nests too deep';
  const [issue] = error.issues;
  const place = issue === undefined ? '' : shortened(issue.path.map(String).join('.'), 100);
  const what = shortened(issue?.message ?? 'it is of another shape', 200);
  return place === '' ? `is wrong: ${what}` : `is wrong at ${place}: ${what}`;
}

/** A checkpoint may nest deeper than the check of it can follow. */
function headerOf(value: unknown): ReturnType<typeof headerSchema.safeParse> | TooDeep {
  try {
    return headerSchema.safeParse(value);
  } catch (error) {
    if (error instanceof RangeError) return { success: false, error: null };
    throw error;
  }
}

interface TooDeep {
  readonly success: false;
  readonly error: null;
}

function scalarText(value: unknown): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? JSON.stringify(value).slice(0, 40) : 'no number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
