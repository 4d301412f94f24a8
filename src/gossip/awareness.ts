/**
 * Lifeguard's local health: 0 is healthy, each point above it stretches our probes by one interval,
 * because whoever is slow itself should be slow to accuse.
 */
export function adjustedScore(score: number, delta: number, maxMultiplier: number): number {
  return Math.min(Math.max(score + delta, 0), maxMultiplier - 1);
}

/** What a finished probe says about ourselves. A missing nack points at us, not at the target. */
export function probeVerdictDelta(probe: {
  readonly acknowledged: boolean;
  readonly nacksExpected: number;
  readonly nacksReceived: number;
}): number {
  if (probe.acknowledged) return -1;
  if (probe.nacksExpected === 0) return 1;
  return Math.max(0, probe.nacksExpected - probe.nacksReceived);
}

/**
 * Points for the delay of our own event loop: none while it is tolerable, then one per multiple.
 */
export function delayScore(delayMs: number, slowLoopMs: number): number {
  return Math.floor(Math.max(0, delayMs) / slowLoopMs);
}

/** Our health as a score that probes move and a delay hint raises for as long as it stands. */
export class Awareness {
  readonly #maxMultiplier: number;
  readonly #slowLoopMs: number;
  #probeScore = 0;
  #delayMs = 0;

  constructor(options: { readonly maxMultiplier: number; readonly slowLoopMs: number }) {
    this.#maxMultiplier = options.maxMultiplier;
    this.#slowLoopMs = options.slowLoopMs;
  }

  score(): number {
    const points = delayScore(this.#delayMs, this.#slowLoopMs);
    return adjustedScore(this.#probeScore, points, this.#maxMultiplier);
  }

  adjust(delta: number): void {
    this.#probeScore = adjustedScore(this.#probeScore, delta, this.#maxMultiplier);
  }

  setLocalDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** While true, we accuse nobody: what looks like their silence may be our own. */
  isSlow(): boolean {
    return this.#delayMs >= this.#slowLoopMs;
  }

  /** True when a timer due at `dueMs` runs so late at `nowMs` that answers may lie unread. */
  isLate(dueMs: number, nowMs: number): boolean {
    return nowMs - dueMs >= this.#slowLoopMs;
  }

  scaled(ms: number): number {
    return ms * (this.score() + 1);
  }
}
