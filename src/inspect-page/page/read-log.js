// Reads a recorded event log (docs/event-log.md) into the steps that the page shows.

/** A file that cannot be shown, in a sentence for a person. */
export class BadLog extends Error {}

const formatName = 'e2d-events';
const knownVersion = 1;
const longestLog = 400 * 1024 * 1024;

/** @returns {Promise<string>} the text of a file, unpacked where it is compressed */
export async function readText(file) {
  if (file.size === 0) throw new BadLog(`${file.name} is empty.`);
  if (file.size > longestLog) {
    throw new BadLog(`${file.name} is too long to be shown here: give a segment of it.`);
  }
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  if (!isPacked) return file.text();
  try {
    const unpacked = file.stream().pipeThrough(new DecompressionStream('gzip'));
    return await new Response(unpacked).text();
  } catch {
    throw new BadLog(`${file.name} is cut off or damaged: it cannot be unpacked.`);
  }
}

/**
 * @param {string} name of the file, for sentences
 * @param {string} text JSON lines: a header, then entries and repeats
 * @returns {{header: object, steps: object[], note: string | null}} `note` says what is missing
 */
export function readLog(name, text) {
  const lines = text.split('\n');
  const header = readHeader(name, lines[0] ?? '');
  const reader = new LogReader(header);
  let note = null;
  for (let number = 1; number < lines.length; number += 1) {
    if (lines[number] === '') continue;
    const entry = parse(lines[number]);
    if (isEntry(entry)) reader.take(entry);
    else if (isRepeat(entry)) reader.takeRepeat(entry);
    else if (number === lines.length - 1) note = `The last line of ${name} is cut off: left out.`;
    else
      throw new BadLog(`${name} is damaged: line ${number + 1} is not an entry of an event log.`);
  }
  if (reader.steps.length === 0) {
    note ??= `${name} holds no step yet.`;
  }
  return { header, steps: reader.steps, note };
}

function readHeader(name, line) {
  const header = parse(line);
  if (typeof header !== 'object' || header === null || header.format !== formatName) {
    throw new BadLog(
      `${name} is not an event log of e2d: its first line is no header with "format": "${formatName}".`,
    );
  }
  if (header.version !== knownVersion) {
    throw new BadLog(
      `${name} has format version ${JSON.stringify(header.version)}, and this page knows version ` +
        `${knownVersion}: use the e2d that recorded it, or a newer one.`,
    );
  }
  if (!Number.isFinite(Date.parse(header.begunAt)) || !Number.isFinite(header.begunAtMs)) {
    throw new BadLog(`${name} is damaged: its header does not say when it was begun.`);
  }
  return header;
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isEntry(entry) {
  return (
    isObject(entry) &&
    Number.isInteger(entry.seq) &&
    Number.isFinite(entry.atMs) &&
    typeof entry.state === 'string' &&
    isObject(entry.event) &&
    typeof entry.event.type === 'string' &&
    Array.isArray(entry.effects)
  );
}

function isRepeat(entry) {
  return isObject(entry) && Number.isInteger(entry.seq) && Number.isInteger(entry.again);
}

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/** Folds entries into what is known after each: the log holds facts, and the page shows views. */
class LogReader {
  steps = [];
  #header;
  #state;
  #facts;
  #bySeq = new Map();
  #timers = new Map();
  #actors = new Map();

  constructor(header) {
    this.#header = header;
    const { checkpoint } = header;
    const context = checkpoint?.context ?? {};
    this.#state = isObject(checkpoint) ? null : '';
    this.#facts = {
      peers: Array.isArray(context.peers) ? context.peers : [],
      observation: context.observation ?? null,
      path: context.path ?? null,
    };
    for (const id of checkpoint?.children ?? [])
      this.#actors.set(id, { id, src: id, reason: null });
  }

  take({ seq, atMs, event, state, effects }) {
    this.#learn(event);
    this.#timers.delete(event.type);
    const ended = /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(event.type);
    if (ended !== null) this.#actors.delete(ended[1]);
    const begun = effects.flatMap((effect) => this.#act(effect, atMs));
    const step = {
      node: this.#header.node ?? this.#nameIn(event),
      run: this.#header.run,
      seq,
      atMs,
      wallMs: Date.parse(this.#header.begunAt) + atMs - this.#header.begunAtMs,
      event: event.type,
      summary: summaryOf(event),
      from: this.#state ?? state,
      to: state,
      effects: begun,
      decision: null,
      times: 1,
      facts: this.#facts,
      timers: [...this.#timers.values()],
      actors: [...this.#actors.values()],
    };
    this.steps.push(step);
    this.#bySeq.set(seq, step);
    this.#state = state;
  }

  /** The same fact once more, to no effect: told with the step that said it first. */
  takeRepeat({ again }) {
    const first = this.#bySeq.get(again);
    if (first !== undefined) first.times += 1;
  }

  #nameIn(event) {
    const name = event.output?.identity?.name;
    if (typeof name === 'string' && name !== '') {
      this.#header.node = name;
      for (const step of this.steps) step.node = name;
    }
    return this.#header.node ?? 'unnamed node';
  }

  #learn(event) {
    if (Array.isArray(event.peers)) this.#facts = { ...this.#facts, peers: event.peers };
    if (isObject(event.observation)) {
      this.#facts = { ...this.#facts, observation: event.observation };
    }
  }

  #act(effect, atMs) {
    switch (effect.kind) {
      case 'start': {
        const reason = effect.input?.reason ?? null;
        this.#actors.set(effect.id, { id: effect.id, src: effect.src, reason, atMs });
        return [{ id: effect.id, reason }];
      }
      case 'stop':
        this.#actors.delete(effect.id);
        return [];
      case 'schedule':
        this.#timers.set(effect.event.type, timerOf(effect, atMs));
        return [];
      case 'cancel':
        for (const [key, timer] of this.#timers)
          if (timer.id === effect.id) this.#timers.delete(key);
        return [];
      default:
        return [];
    }
  }
}

/** A timer's id holds the delay's name and the state: `xstate.after.<delay>.<state id>`. */
function timerOf({ id, delayMs }, atMs) {
  const [, name = id, state = ''] = /^xstate\.after\.([^.]+)\.(.+)$/.exec(id) ?? [];
  return { id, name, state, atMs, delayMs };
}

/** One line for a person: what an event says, where it is short enough to say. */
function summaryOf({ type, ...said }) {
  const parts = Object.entries(said)
    .filter(([key]) => key !== 'atMs' && key !== 'actorId')
    .map(([key, value]) => tell(key, value))
    .filter((part) => part !== null);
  return parts.join(', ');
}

function tell(key, value) {
  if (key === 'peers' && Array.isArray(value)) {
    return value.length === 0 ? 'no peers' : value.map((p) => `${p.name} ${p.liveness}`).join(', ');
  }
  if (key === 'observation' && isObject(value)) {
    return `${value.members?.length ?? 0} members, ${Object.keys(value.statuses ?? {}).length} answer`;
  }
  if (isObject(value)) {
    const sentence = value.sentence ?? value.message ?? value.kind ?? null;
    return typeof sentence === 'string' ? `${key}: ${sentence}` : null;
  }
  return value === null || value === undefined ? null : `${key}: ${value}`;
}
