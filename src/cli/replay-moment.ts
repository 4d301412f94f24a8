import { parseDurationMs } from '../config/durations.ts';
import type { Kind } from '../config/kinds.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { Instant, Timeline } from '../journal/replay/timeline.ts';

/** A place on a time line as somebody wrote it. */
export type Moment =
  /** An entry, of the run with this label; null where there is but one run. */
  | { readonly kind: 'entry'; readonly label: string | null; readonly seq: number }
  | { readonly kind: 'wall'; readonly wallMs: number }
  /** Milliseconds of the day, in UTC. */
  | { readonly kind: 'clock'; readonly dayMs: number }
  /** Since the log's first entry. */
  | { readonly kind: 'offset'; readonly offsetMs: number };

/** The same, on the time line of the logs at hand. */
export type Place = { readonly label: string; readonly seq: number } | { readonly wallMs: number };

export const moment: Kind<Moment> = {
  allowed:
    'a sequence number such as 120 or NODE:120, a time in UTC such as 2026-01-31T10:00:00Z or ' +
    "10:00:00, or a duration from the log's start such as 90s",
  placeholder: 'SEQ|TIME',
  parse: parseMoment,
};

const dayMs = 86_400_000;

function parseMoment(text: string): Moment | undefined {
  const clock = /^(\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?$/.exec(text);
  if (clock !== null) {
    const [hours, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
    const isTime = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
    if (!isTime) return undefined;
    const inDayMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return { kind: 'clock', dayMs: inDayMs };
  }
  const entry = /^(?:([A-Za-z0-9][\w.#-]*):)?(\d{1,15})$/.exec(text);
  if (entry !== null) {
    const seq = Number(entry[2]);
    return seq === 0 ? undefined : { kind: 'entry', label: entry[1] ?? null, seq };
  }
  if (/^\d{4}-\d\d-\d\d(T|$)/.test(text)) {
    const hasZone = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T');
    const wallMs = Date.parse(hasZone ? text : `${text}Z`);
    return Number.isNaN(wallMs) ? undefined : { kind: 'wall', wallMs };
  }
  const offsetMs = parseDurationMs(text);
  return offsetMs === undefined ? undefined : { kind: 'offset', offsetMs };
}

/** @throws E2dError `E2D_NO_SUCH_ENTRY` for an entry of no run, or of more than one. */
export function placeOf(wanted: Moment, { runs, beginsAtMs }: Timeline): Place {
  const startMs = beginsAtMs ?? 0;
  switch (wanted.kind) {
    case 'wall':
      return { wallMs: wanted.wallMs };
    case 'offset':
      return { wallMs: startMs + wanted.offsetMs };
    case 'clock': {
      const wallMs = startMs - (startMs % dayMs) + wanted.dayMs;
      // A clock time before the log's start can only be the next day's.
      return { wallMs: wallMs < startMs - (startMs % 1000) ? wallMs + dayMs : wallMs };
    }
    case 'entry': {
      const { label, seq } = wanted;
      const found = runs.filter((run) => label === null || run.label === label);
      const [only] = found;
      if (only !== undefined && found.length === 1) return { label: only.label, seq };
      throw unknownRun(
        label,
        seq,
        runs.map((run) => run.label),
      );
    }
  }
}

export function isBehind(place: Place, { run, entry, wallMs }: Instant): boolean {
  return 'seq' in place
    ? run.label === place.label && entry.seq > place.seq
    : wallMs > place.wallMs;
}

export function isReached(place: Place, { run, entry, wallMs }: Instant): boolean {
  return 'seq' in place
    ? run.label === place.label && entry.seq >= place.seq
    : wallMs >= place.wallMs;
}

function unknownRun(label: string | null, seq: number, labels: readonly string[]): E2dError {
  const told =
    labels.length === 0
      ? `There is no entry ${seq}: these logs hold none at all.`
      : label === null
        ? `Entry ${seq} is in ${labels.length} runs: ${labels.join(', ')}.`
        : `There is no run ${label} in these logs, only ${labels.join(', ')}.`;
  return new E2dError(told, {
    code: 'E2D_NO_SUCH_ENTRY',
    exit: 2,
    remedy:
      labels.length === 0
        ? 'Give the logs of a node that has run.'
        : `Write ${labels[0]}:${seq}, or a time.`,
  });
}

/** The entry or time that was asked for is not in the logs. */
export function noSuchEntry(place: Place, last: Instant | null): E2dError {
  const wanted =
    'seq' in place
      ? `no entry ${place.seq} of ${place.label}`
      : `no entry at ${new Date(place.wallMs).toISOString()}`;
  const end = last === null ? '' : `; they end with entry ${last.entry.seq} of ${last.run.label}`;
  const when = last === null ? '' : ` at ${new Date(last.wallMs).toISOString()}`;
  return new E2dError(`There is ${wanted} in these logs${end}${when}.`, {
    code: 'E2D_NO_SUCH_ENTRY',
    exit: 2,
    remedy: '"e2d replay --states FILE..." lists the entries at which the state changed.',
  });
}
