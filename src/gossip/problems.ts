import type { Clock } from './clock.ts';

export type GossipProblemCode =
  | 'wrongKey'
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

/**
 * Passes each problem on once per code and subject, until it is cleared or an hour has passed:
 * peers repeat themselves every second. Bounded in memory and per minute, because anybody can send
 * us garbage.
 */
export class Problems {
  readonly #clock: Clock;
  readonly #publish: (problem: GossipProblem) => void;
  readonly #reportedAtMs = new Map<string, number>();
  #minuteStartMs = Number.NEGATIVE_INFINITY;
  #publishedThisMinute = 0;

  constructor(clock: Clock, publish: (problem: GossipProblem) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  report(code: GossipProblemCode, subject: string, message: string): void {
    const key = `${code} ${subject}`;
    const nowMs = this.#clock.nowMs();
    const lastMs = this.#reportedAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < REPEAT_AFTER_MS || !this.#hasBudget(nowMs)) return;
    if (this.#reportedAtMs.size >= MAX_REMEMBERED) this.#forgetOldest();
    this.#reportedAtMs.set(key, nowMs);
    this.#publish({ code, subject, message });
  }

  /** The problem is over: should it come back, it is reported again. */
  clear(code: GossipProblemCode, subject: string): void {
    if (this.#reportedAtMs.size > 0) this.#reportedAtMs.delete(`${code} ${subject}`);
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
    for (const oldest of this.#reportedAtMs.keys()) {
      this.#reportedAtMs.delete(oldest);
      return;
    }
  }
}
