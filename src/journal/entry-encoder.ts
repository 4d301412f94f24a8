import type { AnyEventObject } from 'xstate';
import type { Step } from '../../machines/node/step.ts';
import { statePath } from '../../machines/state-path.ts';
import { contextHash } from './context-hash.ts';
import type { Entry, Repeat } from './entry.ts';

/** One step of the chart, as the driver hands it over. `atMs` is monotonic. */
export interface RecordedStep extends Step {
  readonly seq: number;
  readonly atMs: number;
  readonly event: AnyEventObject;
}

/** The latest entry of one type of event. */
interface Latest {
  readonly seq: number;
  /** The event's JSON, its time left out. */
  readonly text: string;
  readonly state: string;
  readonly contextHash: string;
}

/** Turns the steps of one segment into its lines; what came before becomes a short one. */
export class EntryEncoder {
  readonly #latest = new Map<string, Latest>();
  #hashed: { readonly context: object; readonly hash: string } | null = null;

  /** The step's line, without the line break. @throws TypeError when the event is no plain data. */
  encode({ seq, atMs, event, snapshot, effects }: RecordedStep): string {
    const state = statePath(snapshot.value);
    const hash = this.#hashOf(snapshot.context);
    const text = textWithoutTime(event);
    const latest = this.#latest.get(event.type);
    const isRepeat =
      effects.length === 0 &&
      text !== null &&
      latest?.text === text &&
      latest.state === state &&
      latest.contextHash === hash;
    if (isRepeat) return JSON.stringify(repeatOf(event, { seq, atMs, again: latest.seq }));
    if (text === null) this.#latest.delete(event.type);
    else this.#latest.set(event.type, { seq, text, state, contextHash: hash });
    const entry: Entry = {
      seq,
      atMs,
      actor: 'node',
      event,
      state,
      contextHash: hash,
      effects: [...effects],
    };
    return JSON.stringify(entry);
  }

  #hashOf(context: object): string {
    if (this.#hashed?.context !== context) this.#hashed = { context, hash: contextHash(context) };
    return this.#hashed.hash;
  }
}

/** The entry that a short line stands for. */
export function expandRepeat(entry: Entry, { seq, atMs, eventAtMs }: Repeat): Entry {
  const { event } = entry;
  const again = 'atMs' in event ? { ...event, atMs: eventAtMs ?? atMs } : event;
  return { ...entry, seq, atMs, event: again, effects: [] };
}

function repeatOf(event: AnyEventObject, repeat: Repeat): Repeat {
  const at = event['atMs'];
  return at === undefined || at === repeat.atMs ? repeat : { ...repeat, eventAtMs: at };
}

/** Null where the event's own time could not be given back exactly. */
function textWithoutTime(event: AnyEventObject): string | null {
  if (!('atMs' in event)) return JSON.stringify(event);
  const { atMs } = event;
  return Number.isSafeInteger(atMs) && atMs >= 0 ? JSON.stringify({ ...event, atMs: 0 }) : null;
}
