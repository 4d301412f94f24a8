import type { EtcdExitKind, EtcdExitReason } from '../../../machines/facts.ts';
import type { EtcdClock } from './world.ts';

/** A process of etcd as those see it who launched it. */
export interface EtcdProcess {
  readonly pid: number;
  /** Never rejects. `requested` says that `stop` was called before it ended. */
  readonly exited: Promise<EtcdExit>;
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** SIGKILL, at once. What is on disk stays. */
  kill(): void;
  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when the process has ended. */
  stop(graceMs: number): Promise<void>;
  /** SIGSTOP: answers nobody and takes part in nothing until `resume`. */
  pause(): void;
  resume(): void;
}

export interface EtcdExit {
  readonly requested: boolean;
  readonly reason: EtcdExitReason;
}

/** How long an orderly end takes. */
const orderlyEndMs = 10;

export class SimulatedProcess implements EtcdProcess {
  readonly pid: number;
  readonly host: string;
  readonly exited: Promise<EtcdExit>;
  /** Called as it ends, pauses or goes on. */
  onChange: () => void = () => undefined;
  /** Called before an orderly end. */
  onStop: () => void = () => undefined;
  readonly #clock: EtcdClock;
  readonly #atEnd = new Set<() => void>();
  #resolveExit: (exit: EtcdExit) => void = () => undefined;
  #late: (() => void)[] = [];
  #unserved: (() => void)[] = [];
  #serving = false;
  #running = true;
  #paused = false;
  #requested = false;

  constructor(pid: number, host: string, clock: EtcdClock) {
    this.pid = pid;
    this.host = host;
    this.#clock = clock;
    this.exited = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
  }

  get isRunning(): boolean {
    return this.#running;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Running, and not paused. */
  get isActive(): boolean {
    return this.#running && !this.#paused;
  }

  get isServing(): boolean {
    return this.#serving;
  }

  kill(): void {
    this.end('killed', 'etcd was killed by SIGKILL.');
  }

  async stop(graceMs: number): Promise<void> {
    this.#requested = true;
    this.whenActive(() => {
      this.onStop();
      this.later(orderlyEndMs, () => this.end('stopped', 'etcd was told to stop and did.'));
    });
    const timer = this.#clock.setTimeout(() => this.kill(), graceMs);
    await this.exited;
    this.#clock.clearTimeout(timer);
  }

  pause(): void {
    if (!this.isActive) return;
    this.#paused = true;
    this.onChange();
  }

  resume(): void {
    if (!this.#running || !this.#paused) return;
    this.#paused = false;
    const late = this.#late;
    this.#late = [];
    for (const run of late) this.whenActive(run);
    this.onChange();
  }

  end(kind: EtcdExitKind, sentence: string): void {
    if (!this.#running) return;
    this.#running = false;
    this.#late = [];
    this.#unserved = [];
    for (const ended of [...this.#atEnd]) ended();
    this.#atEnd.clear();
    this.onChange();
    this.#resolveExit({ requested: this.#requested, reason: { kind, sentence } });
  }

  /** Runs now, or when it is resumed; never once it has ended. */
  whenActive(run: () => void): void {
    if (this.isActive) run();
    else if (this.#running) this.#late.push(run);
  }

  /** One of its own timers: late while it is paused. */
  later(ms: number, run: () => void): void {
    this.#clock.setTimeout(() => this.whenActive(run), ms);
  }

  /** A client's call: waits in the socket until the process serves clients. */
  accept(call: () => void): void {
    if (this.#serving) this.whenActive(call);
    else this.#unserved.push(call);
  }

  serve(): void {
    if (this.#serving || !this.#running) return;
    this.#serving = true;
    const unserved = this.#unserved;
    this.#unserved = [];
    for (const call of unserved) this.whenActive(call);
  }

  /** Returns how to take the listener off again. */
  atEnd(listener: () => void): () => void {
    this.#atEnd.add(listener);
    return () => this.#atEnd.delete(listener);
  }
}
