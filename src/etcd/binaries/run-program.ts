import { execFile } from 'node:child_process';
import { basename } from 'node:path';

export interface ProgramRun {
  readonly args: readonly string[];
  /** The program is looked for on this environment's PATH. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly cwd?: string;
}

const outputBytesMax = 1024 * 1024;

/**
 * Runs a program to its end and returns what it printed. Rejects with one sentence (last line of
 * its error output included) when it cannot be started, fails or outlives its time-out.
 */
export async function runProgram(program: string, run: ProgramRun): Promise<string> {
  run.signal.throwIfAborted();
  const { env, signal, cwd, timeoutMs: timeout } = run;
  return new Promise((resolve, reject) => {
    const options = { env, signal, cwd, timeout, maxBuffer: outputBytesMax };
    const child = execFile(program, run.args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal.aborted) reject(signal.reason);
      else reject(new Error(failureOf(program, { error, stderr, timeoutMs: timeout })));
    });
    child.stdin?.end();
  });
}

interface Failure {
  readonly error: Error & { readonly code?: unknown; readonly killed?: boolean };
  readonly stderr: string;
  readonly timeoutMs: number;
}

function failureOf(path: string, { error, stderr, timeoutMs }: Failure): string {
  const program = basename(path);
  if (error.code === 'ENOENT') return `${program} is not there`;
  if (error.killed === true) return `${program} did not end within ${timeoutMs / 1000} s`;
  const lastLine = stderr.trim().split('\n').at(-1) ?? '';
  const reason = lastLine === '' ? error.message.split('\n')[0] : lastLine.slice(0, 300);
  return `${program} failed (${String(error.code ?? 'no exit code')}): ${reason}`;
}
