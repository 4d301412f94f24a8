import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../binaries/etcd-binaries.ts';
import { compareVersions } from '../binaries/etcd-version.ts';
import { etcdEnvironment } from '../flags/etcd-environment.ts';
import { classifyExit } from '../process/classify-exit.ts';
import type { RawExit } from '../process/running-etcd.ts';
import { keepTail } from './run-tool.ts';
import { nameScratchProcess } from './scratch-folder.ts';
import { isTroubleOfMachine } from './tool-failure.ts';

export interface ScratchOptions {
  readonly binaries: EtcdBinaries;
  /** Of `makeScratchFolder`. Sockets and a note of the process are put there. */
  readonly folder: string;
  /** Restored for one member. etcd writes to it. */
  readonly dataDir: string;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly startTimeoutMs?: number;
}

interface ProcessOptions extends ScratchOptions {
  /** Flags beside those that keep it to itself. */
  readonly flags: readonly string[];
}

const killedWithinMs = 10_000;

/** etcd wants a port in every URL; of a socket's it becomes part of the file's name. */
export const sockets = { client: 'client:1', peer: 'peer:1' };

function argumentsOf({ binaries, dataDir, name, flags }: ProcessOptions): string[] {
  const [client, peer] = [`unix://${sockets.client}`, `unix://${sockets.peer}`];
  return [
    `--name=${name}`,
    `--data-dir=${resolve(dataDir)}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${name}=${peer}`,
    '--enable-grpc-gateway=false',
    // A cluster of one need not wait for others before it elects itself.
    '--heartbeat-interval=10',
    '--election-timeout=100',
    '--quota-backend-bytes=-1',
    '--logger=zap',
    '--log-outputs=stderr',
    ...flags,
    ...(compareVersions(binaries.version, '3.5.0') < 0 ? [] : ['--unsafe-no-fsync']),
  ];
}

/** The process of a scratch etcd: it ends with `signal`, and with e2d however that ends. */
export class ScratchProcess {
  readonly #options: ProcessOptions;
  readonly #child: ChildProcess;
  readonly #log: () => string;
  readonly #exited: Promise<RawExit>;
  readonly #kill = () => this.#child.kill('SIGKILL');
  #guard: ChildProcess | undefined;
  #startProblem: Error | undefined;
  #exit: RawExit | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const child = spawn(options.binaries.etcd, argumentsOf(options), {
      cwd: options.folder,
      env: etcdEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#log = keepTail(child.stderr);
    this.#exited = new Promise((done) => {
      child.once('error', (problem) => {
        if (child.pid !== undefined) return;
        this.#startProblem = problem;
        done({ code: null, signal: null });
      });
      child.once('close', (code, signal) => done({ code, signal }));
    });
    void this.#exited.then((exit) => {
      this.#exit = exit;
      this.#release();
    });
    process.once('exit', this.#kill);
    options.signal.addEventListener('abort', this.#kill);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async started(): Promise<void> {
    if (this.#child.pid === undefined) return;
    this.#guard = guardOf(this.#child.pid);
    await nameScratchProcess(this.#options.folder, this.#child.pid);
  }

  /** Lost connections are noticed before the end of the process that they tell of. */
  async throwIfEnding(): Promise<void> {
    await this.#endsWithin(1_000);
    this.throwIfEnded();
  }

  /** Throws why, once etcd has ended. */
  throwIfEnded(): void {
    if (this.#exit === undefined) return;
    this.#options.signal.throwIfAborted();
    throw endOf(this.#exit, this.#startProblem ?? this.#log());
  }

  async kill(): Promise<void> {
    this.#kill();
    if (await this.#endsWithin(killedWithinMs)) return;
    throw new E2dError(`The scratch etcd (process ${this.pid}) does not end.`, {
      code: 'E2D_ETCD_STUCK',
      remedy: 'It is most likely waiting for a disk that does not answer.',
    });
  }

  async #endsWithin(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const waited = pause(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    try {
      return await Promise.race([this.#exited.then(() => true), waited]);
    } finally {
      timer.abort();
    }
  }

  #release(): void {
    this.#guard?.kill('SIGKILL');
    process.removeListener('exit', this.#kill);
    this.#options.signal.removeEventListener('abort', this.#kill);
  }
}

/**
 * A shell that waits for the end of its input, which e2d holds open and never writes to: when e2d
 * is killed, it kills etcd. Where there is no shell, `removeStaleScratch` does so later.
 */
function guardOf(pid: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${pid}`], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  return guard;
}

function endOf(exit: RawExit, told: Error | string): E2dError {
  if (told instanceof Error) return failed(`etcd could not be started: ${textOf(told)}.`, told);
  const { kind, sentence, evidence } = classifyExit(exit, told);
  const reason = `etcd does not start from the restored snapshot: ${sentence}`;
  const text = evidence === null || kind !== 'crashed' ? reason : `${reason} It said: ${evidence}`;
  if (kind === 'newer-data') {
    return new E2dError(text, {
      code: 'E2D_SNAPSHOT_NEWER',
      remedy: 'Use an etcd that is as new as the one that the snapshot was taken of.',
    });
  }
  const ofData = kind === 'corrupt-data' || kind === 'crashed';
  if (!ofData || isTroubleOfMachine({ signal: exit.signal, text: evidence ?? '' })) {
    return failed(text);
  }
  return new E2dError(text, { code: 'E2D_SNAPSHOT_CORRUPT', remedy: 'Use another snapshot.' });
}

/** Trouble that says nothing about the snapshot. */
export function failed(message: string, cause?: unknown): E2dError {
  return new E2dError(message, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Remove the cause on this machine and try again.',
    cause,
  });
}
