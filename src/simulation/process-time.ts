import type { Clock as GossipClock } from '../gossip/clock.ts';
import type { Clock } from '../node/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

interface ProcessTimer {
  readonly run: () => void;
  handle: unknown;
}

/** What is due while a process is stopped waits; once it has ended nothing ever runs again. */
type Phase = 'running' | 'paused' | 'ended';

/** 2026-01-01: simulated wall clocks start here. */
const epochMs = 1_767_225_600_000;

/**
 * The time of one simulated process: it runs a little fast or slow, stands still while the process
 * is stopped, and ends with it. Owns every timer of the process.
 */
export class ProcessTime implements Clock, GossipClock {
  readonly #world: VirtualTime;
  /** Local milliseconds in a true one. */
  readonly #rate: number;
  readonly #timers = new Set<ProcessTimer>();
  #late: (() => void)[] = [];
  #phase: Phase = 'running';
  /** How far the wall clock is off; people set it, and so does NTP. */
  wallSkewMs = 0;

  constructor(world: VirtualTime, rate = 1) {
    this.#world = world;
    this.#rate = rate;
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  get hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  nowMs(): number {
    return Math.floor(this.#world.nowMs() * this.#rate);
  }

  wallTime(): Date {
    return new Date(epochMs + this.#world.nowMs() + this.wallSkewMs);
  }

  setTimeout(run: () => void, delayMs: number): number & NodeJS.Timeout {
    const timer: ProcessTimer = { run, handle: null };
    if (this.#phase !== 'ended') {
      this.#timers.add(timer);
      const fire = () => {
        this.#timers.delete(timer);
        this.whenRunning(run);
      };
      timer.handle = this.#world.setTimeout(fire, delayMs / this.#rate);
    }
    // Both interfaces treat a handle as their own secret.
    return timer as unknown as number & NodeJS.Timeout;
  }

  clearTimeout(timer: unknown): void {
    const known = timer as ProcessTimer | undefined;
    if (known === undefined || known === null) return;
    this.#timers.delete(known);
    this.#world.clearTimeout(known.handle);
    this.#late = this.#late.filter((run) => run !== known.run);
  }

  /** Now, or as the process goes on; never once it has ended. */
  whenRunning(run: () => void): void {
    if (this.#phase === 'running') run();
    else if (this.#phase === 'paused') this.#late.push(run);
  }

  pause(): void {
    if (this.#phase === 'running') this.#phase = 'paused';
  }

  resume(): void {
    if (this.#phase !== 'paused') return;
    this.#phase = 'running';
    // Each may pause or end the process again.
    for (let next = this.#late.shift(); next !== undefined; next = this.#late.shift()) {
      next();
      if (!this.isRunning) return;
    }
  }

  end(): void {
    this.#phase = 'ended';
    for (const { handle } of this.#timers) this.#world.clearTimeout(handle);
    this.#timers.clear();
    this.#late = [];
  }
}
