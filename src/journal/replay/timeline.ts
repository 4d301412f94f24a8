import type { Entry, Header } from '../entry.ts';

/** A run of e2d as it is read: its entries in order, and a header where a segment begins. */
export interface RunLog {
  lines(): AsyncIterable<Header | Entry>;
}

/** A run as the time line calls it. */
export interface NamedRun {
  /** The node's name, with a number (`a#2`) where the logs hold several runs of that node. */
  readonly label: string;
  readonly node: string;
}

/** One entry, at its place on the time line. */
export interface Instant {
  readonly run: NamedRun;
  readonly header: Header;
  readonly entry: Entry;
  /** Wall time by the clock of the machine that recorded it. */
  readonly wallMs: number;
}

export interface Timeline {
  /** In the order in which they begin. */
  readonly runs: readonly NamedRun[];
  /** Wall time of the first entry of all; null when there is none. */
  readonly beginsAtMs: number | null;
  /** Can be walked once. */
  readonly instants: AsyncIterable<Instant>;
}

/** How far into a run its node's name is looked for: the second entry tells it as a rule. */
const nameWithin = 20;

/**
 * Merges runs into one time line by wall time. Within a run the order is the recorded one; across
 * machines it is as good as their clocks.
 */
export async function mergeRuns(logs: readonly RunLog[]): Promise<Timeline> {
  const cursors = await Promise.all(logs.map((log) => RunCursor.open(log)));
  const begun = cursors.filter((one) => one.head !== null).sort(byHead);
  for (const run of begun) {
    const same = begun.filter(({ node }) => node === run.node);
    run.label = same.length === 1 ? run.node : `${run.node}#${same.indexOf(run) + 1}`;
  }
  return {
    runs: begun.map((cursor) => cursor.named()),
    beginsAtMs: begun[0]?.head?.wallMs ?? null,
    instants: merged(begun),
  };
}

async function* merged(cursors: readonly RunCursor[]): AsyncGenerator<Instant> {
  const open = [...cursors];
  while (open.length > 0) {
    let [earliest] = open;
    for (const one of open) {
      if (earliest === undefined || byHead(one, earliest) < 0) earliest = one;
    }
    const instant = earliest?.head;
    if (earliest === undefined || !instant) return;
    yield { ...instant, run: earliest.named() };
    await earliest.advance();
    if (earliest.head === null) open.splice(open.indexOf(earliest), 1);
  }
}

type Unnamed = Omit<Instant, 'run'>;

function byHead(a: RunCursor, b: RunCursor): number {
  return (a.head?.wallMs ?? 0) - (b.head?.wallMs ?? 0);
}

/** Where the reading of one run stands. */
class RunCursor {
  readonly #instants: AsyncIterator<Unnamed>;
  /** Read ahead already, for the sake of the name. */
  readonly #ahead: Unnamed[] = [];
  #named: NamedRun | null = null;
  label = '';
  node = '';
  head: Unnamed | null = null;

  private constructor(log: RunLog) {
    this.#instants = instantsOf(log);
  }

  static async open(log: RunLog): Promise<RunCursor> {
    const cursor = new RunCursor(log);
    cursor.node = await cursor.#findName();
    await cursor.advance();
    return cursor;
  }

  named(): NamedRun {
    this.#named ??= { label: this.label, node: this.node };
    return this.#named;
  }

  /** Moves on to the next entry. */
  async advance(): Promise<void> {
    this.head = this.#ahead.shift() ?? (await this.#pull());
  }

  async #pull(): Promise<Unnamed | null> {
    const result = await this.#instants.next();
    return result.done === true ? null : result.value;
  }

  async #findName(): Promise<string> {
    let run = '';
    for (let count = 0; count < nameWithin; count += 1) {
      const instant = await this.#pull();
      if (instant === null) break;
      this.#ahead.push(instant);
      run = instant.header.run;
      const name = nameIn(instant);
      if (name !== null) return name;
    }
    return run.slice(0, 8);
  }
}

async function* instantsOf(log: RunLog): AsyncGenerator<Unnamed> {
  let header: Header | null = null;
  let offsetMs = 0;
  for await (const line of log.lines()) {
    if ('format' in line) {
      header = line;
      offsetMs = Date.parse(line.begunAt) - line.begunAtMs;
    } else if (header !== null) {
      yield { header, entry: line, wallMs: line.atMs + offsetMs };
    }
  }
}

/** The node's name, as far as this entry and what is above it tell. */
function nameIn({ header, entry }: Unnamed): string | null {
  const { node, checkpoint } = header;
  if (node !== null) return node;
  const isPrepared = entry.event.type === 'xstate.done.actor.prepare';
  return (
    identityName(checkpoint?.context) ?? (isPrepared ? identityName(entry.event['output']) : null)
  );
}

function identityName(holder: unknown): string | null {
  if (typeof holder !== 'object' || holder === null || !('identity' in holder)) return null;
  const { identity } = holder;
  if (typeof identity !== 'object' || identity === null || !('name' in identity)) return null;
  return typeof identity.name === 'string' && identity.name !== '' ? identity.name : null;
}
