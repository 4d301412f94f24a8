import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';

/** How the writing goes, at one moment. */
export interface WriteFigures {
  /** Acknowledged in the last second. */
  readonly perSecond: number;
  readonly acknowledged: number;
  /** The longest time so far between two acknowledged writes, the one that lasts included. */
  readonly longestGapMs: number;
  /** Since the last acknowledged write; null before the first. */
  readonly sinceLastMs: number | null;
}

interface Acknowledged {
  readonly sequence: number;
  readonly revision: string;
}

const prefix = '/playground/';
const writeTimeoutMs = 1_000;
const everyMs = 20;
/** What is checked at the end: enough for an hour of play. */
const remembered = 100_000;
/** etcd takes at most 128 operations in a transaction. */
const readAtOnce = 100;
const readTimeoutMs = 5_000;

/**
 * A client that writes one key after the other, to whichever endpoint takes it, and remembers what
 * was acknowledged. A write that failed may or may not be there: its key is not used again.
 */
export class Writer {
  readonly #endpoints: EndpointPool;
  readonly #urls: readonly string[];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #stop = new AbortController();
  #count = 0;
  #recentMs: number[] = [];
  #lastMs: number | null = null;
  #longestGapMs = 0;
  #loop: Promise<void> | null = null;

  constructor(urls: readonly string[], endpoints: EndpointPool) {
    this.#urls = urls;
    this.#endpoints = endpoints;
  }

  /** Begins to write; does nothing where it has begun. */
  start(): void {
    this.#loop ??= this.#write();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  figures(): WriteFigures {
    const nowMs = performance.now();
    const sinceLastMs = this.#lastMs === null ? null : nowMs - this.#lastMs;
    return {
      perSecond: this.#recentMs.filter((atMs) => nowMs - atMs <= 1_000).length,
      acknowledged: this.#count,
      longestGapMs: Math.max(this.#longestGapMs, sinceLastMs ?? 0),
      sinceLastMs,
    };
  }

  /** Forgets the gaps so far, so that a story counts its own. */
  forgetGaps(): void {
    this.#longestGapMs = 0;
  }

  /**
   * Reads every remembered write back through the quorum. Gives how many were looked at, and the
   * keys of those that are not there as they were acknowledged.
   */
  async check(): Promise<{ readonly checked: number; readonly lost: readonly string[] }> {
    const expected = [...this.#acknowledged];
    const lost: string[] = [];
    for (let from = 0; from < expected.length; from += readAtOnce) {
      const part = expected.slice(from, from + readAtOnce);
      const found = await this.#read(part);
      for (const [index, write] of part.entries()) {
        const stored = found[index]?.[0];
        const isThere =
          stored?.value === String(write.sequence) && stored.modRevision === write.revision;
        if (!isThere) lost.push(keyOf(write));
      }
    }
    return { checked: expected.length, lost };
  }

  async #read(writes: readonly Acknowledged[]) {
    const success = writes.map((write) => ({ kind: 'get', key: keyOf(write) }) as const);
    const failures: unknown[] = [];
    for (const url of this.#urls) {
      try {
        const endpoint = this.#endpoints.at(url);
        const options = { timeoutMs: readTimeoutMs };
        return (await endpoint.transact({ conditions: [], success }, options)).found;
      } catch (error) {
        failures.push(error);
      }
    }
    throw new AggregateError(failures, 'no member could be read through the quorum');
  }

  async #write(): Promise<void> {
    const { signal } = this.#stop;
    let preferred = 0;
    for (let sequence = 1; !signal.aborted; sequence += 1) {
      const endpoint = this.#endpoints.at(this.#urls[preferred % this.#urls.length] ?? '');
      try {
        const options = { timeoutMs: writeTimeoutMs, signal };
        const revision = await endpoint.put(keyOf({ sequence }), String(sequence), options);
        this.#note({ sequence, revision });
      } catch {
        // A refused or unanswered write is what the display shows as a gap; the next one goes on.
        preferred += 1;
      }
      await pause(everyMs, null, { signal }).catch(() => undefined);
    }
  }

  #note(write: Acknowledged): void {
    const nowMs = performance.now();
    this.#count += 1;
    this.#acknowledged.push(write);
    if (this.#acknowledged.length > remembered) this.#acknowledged.shift();
    if (this.#lastMs !== null) {
      this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastMs);
    }
    this.#lastMs = nowMs;
    this.#recentMs = [...this.#recentMs.filter((atMs) => nowMs - atMs <= 1_000), nowMs];
  }
}

function keyOf({ sequence }: Pick<Acknowledged, 'sequence'>): string {
  return `${prefix}${String(sequence).padStart(8, '0')}`;
}
