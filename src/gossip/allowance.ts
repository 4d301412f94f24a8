import type { Clock } from './clock.ts';

export interface AllowanceLimits {
  /** What may be spent at once. */
  readonly burst: number;
  /** What comes back in a second. */
  readonly perSecond: number;
}

/** An amount of work that may be spent, and comes back with time. */
export class Allowance {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #limits: AllowanceLimits;
  #left: number;
  #countedAtMs: number;

  constructor(clock: Pick<Clock, 'nowMs'>, limits: AllowanceLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#left = limits.burst;
    this.#countedAtMs = clock.nowMs();
  }

  get isSpent(): boolean {
    return this.#count() <= 0;
  }

  /** May be more than is left: that is owed then. */
  spend(amount: number): void {
    this.#left = this.#count() - amount;
  }

  #count(): number {
    const nowMs = this.#clock.nowMs();
    const back = ((nowMs - this.#countedAtMs) / 1000) * this.#limits.perSecond;
    this.#countedAtMs = nowMs;
    this.#left = Math.min(this.#limits.burst, this.#left + back);
    return this.#left;
  }
}

/** A map that forgets its oldest entry rather than grow beyond its size. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    if (this.#entries.size >= this.#maxSize && !this.#entries.has(key)) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, value);
  }
}
