import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';

export interface ToolRun {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly cwd?: string;
}

export interface ToolEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it printed, 64 KiB at most. */
  readonly stdout: string;
  readonly stderr: string;
}

const outputBytesMax = 64 * 1024;

/**
 * Runs a program to its end, however it ends. When it returns or rejects the process is gone, so
 * that what it wrote can be removed. Rejects with the signal's reason on abort, and with
 * `E2D_RESTORE_FAILED` when the program cannot be started or outlives its time-out.
 */
export async function runTool(program: string, run: ToolRun): Promise<ToolEnd> {
  run.signal.throwIfAborted();
  const child = spawn(program, run.args, {
    env: run.environment,
    cwd: run.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [keepTail(child.stdout), keepTail(child.stderr)];
  const timeout = AbortSignal.timeout(run.timeoutMs);
  const stop = AbortSignal.any([run.signal, timeout]);
  const kill = () => child.kill('SIGKILL');
  stop.addEventListener('abort', kill);
  try {
    const { code, signal } = await ended(child, program);
    run.signal.throwIfAborted();
    if (timeout.aborted && signal !== null) throw tooSlow(program, run.timeoutMs);
    return { code, signal, stdout: stdout(), stderr: stderr() };
  } finally {
    stop.removeEventListener('abort', kill);
  }
}

/** Reads a stream to its end and keeps the last 64 KiB of it. */
export function keepTail(stream: NodeJS.ReadableStream): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-outputBytesMax);
  });
  return () => kept.toString('utf8');
}

function ended(
  child: ChildProcess,
  program: string,
): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  return new Promise((done, fail) => {
    child.once('error', (cause) => {
      // A failed kill is told here too: then the process still runs, and its end is still to come.
      if (child.pid !== undefined) return;
      fail(
        new E2dError(`${basename(program)} could not be started: ${textOf(cause)}.`, {
          code: 'E2D_RESTORE_FAILED',
          remedy: 'Check that the program is there, is executable and is built for this machine.',
          cause,
        }),
      );
    });
    child.once('close', (code, signal) => done({ code, signal }));
  });
}

function tooSlow(program: string, timeoutMs: number): E2dError {
  return new E2dError(`${basename(program)} did not end within ${timeoutMs / 1000} s.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Look for a disk that is slow or does not answer.',
  });
}
