import type { Clock } from './clock.ts';

export type GossipProblemCode =
  | 'wrongKey'
  | 'flooded'
  | 'malformedPacket'
  | 'malformedStream'
  | 'malformedMember'
  | 'nameConflict'
  | 'incompatibleVersions'
  | 'tooManyNodes'
  | 'misaddressedPing'
  | 'tcpOnly'
  | 'unresolvedAddress'
  | 'refusedByPeer'
  | 'userStateFailed'
  | 'transport';

/** Something a person should know of, as a sentence. Gossip itself goes on. */
export interface GossipProblem {
  readonly code: GossipProblemCode;
  /** The node or address it is about. */
  readonly subject: string;
  readonly message: string;
}

const REPEAT_AFTER_MS = 60 * 60_000;
const MAX_REMEMBERED = 1024;
const MAX_PER_MINUTE = 20;
const MINUTE_MS = 60_000;
/** Told again only after it was right in between. */
const TOLD_ONCE: ReadonlySet<GossipProblemCode> = new Set(['wrongKey']);
/** What has not been seen for so long stands no more. */
const STANDS_FOR_MS = 5 * MINUTE_MS;

interface Known {
  readonly problem: GossipProblem;
  readonly reportedAtMs: number;
  seenAtMs: number;
}

/**
 * Passes each problem on once per code and subject, until it is cleared or an hour has passed (a
 * wrong key only the former): peers repeat themselves every second. Bounded in memory and per
 * minute, because anybody can send us garbage.
 */
export class Problems {
  readonly #clock: Clock;
  readonly #publish: (problem: GossipProblem) => void;
  readonly #known = new Map<string, Known>();
  #minuteStartMs = Number.NEGATIVE_INFINITY;
  #publishedThisMinute = 0;

  constructor(clock: Clock, publish: (problem: GossipProblem) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  report(code: GossipProblemCode, subject: string, message: string): void {
    const key = `${code} ${subject}`;
    const nowMs = this.#clock.nowMs();
    const known = this.#known.get(key);
    if (known !== undefined) known.seenAtMs = nowMs;
    if (known !== undefined && !isDueAgain(known, nowMs)) return;
    if (!this.#hasBudget(nowMs)) return;
    if (known === undefined && this.#known.size >= MAX_REMEMBERED) this.#forgetOldest();
    const problem = { code, subject, message };
    this.#known.set(key, { problem, reportedAtMs: nowMs, seenAtMs: nowMs });
    this.#publish(problem);
  }

  /** The problem is over: should it come back, it is reported again. */
  clear(code: GossipProblemCode, subject: string): void {
    if (this.#known.size > 0) this.#known.delete(`${code} ${subject}`);
  }

  /**
   * It is as it should be. The problem is over unless it was seen within the last minute: one host
   * may hold a node that is right and one that is wrong.
   */
  isRight(code: GossipProblemCode, subject: string): void {
    if (this.#known.size === 0) return;
    const key = `${code} ${subject}`;
    const known = this.#known.get(key);
    if (known === undefined) return;
    if (this.#clock.nowMs() - known.seenAtMs >= MINUTE_MS) this.#known.delete(key);
  }

  /** The problems of these kinds that were seen in the last minutes, the oldest first. */
  standing(codes: ReadonlySet<GossipProblemCode>): readonly GossipProblem[] {
    const sinceMs = this.#clock.nowMs() - STANDS_FOR_MS;
    return [...this.#known.values()]
      .filter(({ problem, seenAtMs }) => codes.has(problem.code) && seenAtMs >= sinceMs)
      .map(({ problem }) => problem);
  }

  #hasBudget(nowMs: number): boolean {
    if (nowMs - this.#minuteStartMs >= MINUTE_MS) {
      this.#minuteStartMs = nowMs;
      this.#publishedThisMinute = 0;
    }
    this.#publishedThisMinute += 1;
    return this.#publishedThisMinute <= MAX_PER_MINUTE;
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

function isDueAgain({ problem, reportedAtMs }: Known, nowMs: number): boolean {
  return !TOLD_ONCE.has(problem.code) && nowMs - reportedAtMs >= REPEAT_AFTER_MS;
}
