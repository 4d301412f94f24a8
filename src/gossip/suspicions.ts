import type { Awareness } from './awareness.ts';
import type { Clock, TimerHandle } from './clock.ts';
import {
  type SuspicionRules,
  type SuspicionTerms,
  suspicionTerms,
  suspicionTimeoutMs,
} from './suspicion-timeout.ts';

interface Suspicion {
  readonly terms: SuspicionTerms;
  readonly startedAtMs: number;
  /** Who accuses: the first accuser, then those that confirmed. */
  readonly accusers: Set<string>;
  timer: TimerHandle;
  dueMs: number;
}

export interface SuspicionsDeps {
  readonly clock: Clock;
  readonly awareness: Awareness;
  readonly rules: SuspicionRules;
  /** Nobody refuted in time. */
  readonly onExpired: (name: string) => void;
}

/** One running timer per suspected node. */
export class Suspicions {
  readonly #deps: SuspicionsDeps;
  readonly #running = new Map<string, Suspicion>();

  constructor(deps: SuspicionsDeps) {
    this.#deps = deps;
  }

  start(name: string, accuser: string, nodes: number): void {
    this.stop(name);
    const { clock, rules } = this.#deps;
    const terms = suspicionTerms(rules, nodes);
    const timeoutMs = suspicionTimeoutMs(terms, 0);
    const startedAtMs = clock.nowMs();
    this.#running.set(name, {
      terms,
      startedAtMs,
      accusers: new Set([accuser]),
      dueMs: startedAtMs + timeoutMs,
      timer: clock.setTimeout(() => this.#fire(name), timeoutMs),
    });
  }

  /** Counts an accusation by somebody else. True when it was new and shortens the time-out. */
  confirm(name: string, accuser: string): boolean {
    const suspicion = this.#running.get(name);
    if (suspicion === undefined || suspicion.accusers.has(accuser)) return false;
    const confirmations = suspicion.accusers.size;
    if (confirmations > suspicion.terms.confirmationsWanted) return false;
    suspicion.accusers.add(accuser);
    const timeoutMs = suspicionTimeoutMs(suspicion.terms, confirmations);
    this.#rearm(name, suspicion, suspicion.startedAtMs + timeoutMs);
    return true;
  }

  stop(name: string): void {
    const suspicion = this.#running.get(name);
    if (suspicion === undefined) return;
    this.#deps.clock.clearTimeout(suspicion.timer);
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }

  #rearm(name: string, suspicion: Suspicion, dueMs: number): void {
    const { clock } = this.#deps;
    clock.clearTimeout(suspicion.timer);
    suspicion.dueMs = dueMs;
    const waitMs = Math.max(0, dueMs - clock.nowMs());
    suspicion.timer = clock.setTimeout(() => this.#fire(name), waitMs);
  }

  /** A stalled process finds the timer expired before it reads the refutation that lies waiting. */
  #fire(name: string): void {
    const suspicion = this.#running.get(name);
    if (suspicion === undefined) return;
    const { awareness, clock, rules } = this.#deps;
    const nowMs = clock.nowMs();
    if (awareness.isSlow() || awareness.isLate(suspicion.dueMs, nowMs)) {
      this.#rearm(name, suspicion, nowMs + rules.probeIntervalMs);
      return;
    }
    this.#running.delete(name);
    this.#deps.onExpired(name);
  }
}
