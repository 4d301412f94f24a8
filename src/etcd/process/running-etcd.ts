import { setTimeout as pause } from 'node:timers/promises';
import { E2dError } from '../../errors/e2d-error.ts';
import { classifyExit, type EtcdExitReason } from './classify-exit.ts';
import type { EtcdLog } from './etcd-log.ts';
import { type EtcdPidFile, removePidFile } from './pid-file.ts';
import { isSameProcessAlive, readProcessStat } from './proc.ts';

/** How etcd ended. Of an adopted process the kernel tells e2d no code and no signal: both null. */
export interface EtcdExit {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** A stop was asked for through the handle before it ended. */
  readonly requested: boolean;
  readonly reason: EtcdExitReason;
}

export interface StopOptions {
  /** How long etcd may take after the first signal before SIGKILL. */
  readonly graceMs: number;
  readonly signal?: NodeJS.Signals;
  /** Aborted by a person in a hurry: SIGKILL at once. */
  readonly hurry?: AbortSignal;
}

export interface RunningEtcdOptions {
  readonly stateDir: string;
  readonly record: EtcdPidFile;
  readonly log: EtcdLog;
  /** Set for e2d's own child; without it the process table is asked. */
  readonly childExit?: Promise<RawExit>;
  readonly pollMs?: number;
  readonly rotateEveryMs?: number;
}

export interface RawExit {
  readonly code: number | null;
  readonly signal: string | null;
}

const killedWithinMs = 10_000;

/**
 * A running etcd, launched or adopted: both look the same from here. Nothing it holds keeps e2d or
 * etcd alive; `release` ends the watching and leaves etcd as it is.
 */
export class RunningEtcd {
  readonly pid: number;
  readonly record: EtcdPidFile;
  /** True for an etcd that an earlier e2d launched. */
  readonly adopted: boolean;
  /** Resolves when the process has ended, after its reason was read; never rejects. */
  readonly exited: Promise<EtcdExit>;
  readonly #options: RunningEtcdOptions;
  readonly #watching = new AbortController();
  #stopRequested = false;
  #ended = false;

  constructor(options: RunningEtcdOptions) {
    this.#options = options;
    this.record = options.record;
    this.pid = options.record.pid;
    this.adopted = options.childExit === undefined;
    const ended = options.childExit ?? this.#pollUntilGone();
    this.exited = ended.then((exit) => this.#finish(exit));
    void this.#keepLogShort();
  }

  /**
   * Asks etcd to end and waits until it has: `signal` (SIGTERM), then SIGKILL after `graceMs`.
   * Throws `E2D_ETCD_STUCK` when even that does not end it (a process waiting for a dead disk).
   */
  async stop(options: StopOptions): Promise<EtcdExit> {
    this.#stopRequested = true;
    await this.#signal(options.signal ?? 'SIGTERM');
    const orderly = await this.#exitWithin(options.graceMs, options.hurry);
    if (orderly !== null) return orderly;
    await this.#signal('SIGKILL');
    const killed = await this.#exitWithin(killedWithinMs);
    if (killed !== null) return killed;
    throw new E2dError(`etcd (process ${this.pid}) does not end, not even by SIGKILL.`, {
      code: 'E2D_ETCD_STUCK',
      remedy: 'It is most likely waiting for a disk that does not answer; look at the kernel log.',
    });
  }

  /** The end of what etcd has logged since it was launched, 64 KiB at most. */
  logTail(): Promise<string> {
    return this.#options.log.tail(this.record.logOffset);
  }

  /**
   * Stops watching and leaves etcd running (S16). `exited` of an adopted etcd then never resolves.
   */
  release(): void {
    this.#watching.abort();
  }

  /** Signals this very process: its number may belong to another one by now. */
  async #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#ended || !(await isSameProcessAlive(this.record))) return;
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async #exitWithin(timeoutMs: number, hurry?: AbortSignal): Promise<EtcdExit | null> {
    const timer = new AbortController();
    const signal = hurry === undefined ? timer.signal : AbortSignal.any([timer.signal, hurry]);
    const waited = pause(timeoutMs, null, { signal }).catch(() => null);
    try {
      return await Promise.race([this.exited, waited]);
    } finally {
      timer.abort();
    }
  }

  async #pollUntilGone(): Promise<RawExit> {
    while (await this.#isThere()) {
      if (!(await this.#pause(this.#options.pollMs ?? 200))) return new Promise(() => undefined);
    }
    return { code: null, signal: null };
  }

  /** A process table that cannot be read says nothing about etcd (S1). */
  async #isThere(): Promise<boolean> {
    try {
      return (await readProcessStat(this.pid))?.startTime === this.record.startTime;
    } catch {
      return true;
    }
  }

  async #finish({ code, signal }: RawExit): Promise<EtcdExit> {
    this.#ended = true;
    this.release();
    const exit = { pid: this.pid, code, signal, requested: this.#stopRequested };
    // An unreadable log leaves the exit itself to tell; the pid file is harmless, its process is
    // gone.
    const tail = await this.logTail().catch(() => '');
    await removePidFile(this.#options.stateDir, this.pid).catch(() => undefined);
    return { ...exit, reason: classifyExit(exit, tail) };
  }

  async #keepLogShort(): Promise<void> {
    while (await this.#pause(this.#options.rotateEveryMs ?? 10_000)) {
      // A full disk or a missing directory: tried again next time, etcd itself is not concerned.
      await this.#options.log.rotateIfLong().catch(() => false);
    }
  }

  /** False when watching has ended meanwhile. */
  #pause(timeoutMs: number): Promise<boolean> {
    const signal = this.#watching.signal;
    return pause(timeoutMs, true, { ref: false, signal }).catch(() => false);
  }
}
