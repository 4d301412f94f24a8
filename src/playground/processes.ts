import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Looking for processes and ending them, all of it synchronous where it has to work in an exit
 * handler too.
 */

/** A process's start time in clock ticks since boot; null once it has ended, reaped or not. */
export function startTimeOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name in parentheses may itself hold blanks and parentheses; state is the field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

export function isRunning(pid: number): boolean {
  return startTimeOf(pid) !== null;
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Kills with SIGKILL and waits until the process is gone; throws when it does not go. */
export async function killAndWait(pid: number, withinMs = 10_000): Promise<void> {
  const startedMs = performance.now();
  signal(pid, 'SIGKILL');
  while (isRunning(pid)) {
    if (performance.now() - startedMs > withinMs) {
      throw new Error(`process ${pid} did not end within ${withinMs / 1000} s of SIGKILL`);
    }
    await pause(5);
  }
}

/**
 * Other processes that name something below `folder` in their arguments, of `program` if that is
 * given.
 */
export function processesIn(folder: string, program?: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      const argv = argumentsOf(pid);
      return (
        (program === undefined || basename(argv[0] ?? '') === program) &&
        argv.some((argument) => argument.includes(`${folder}/`)) &&
        isRunning(pid)
      );
    });
}

/**
 * Kills every process of `folder` and waits, at most `withinMs`, until they are gone: again and
 * again, for one of them may start another between the look and the kill. Gives what still runs.
 */
export function killAllIn(folder: string, withinMs = 5_000): number[] {
  const startedMs = performance.now();
  for (;;) {
    const left = processesIn(folder);
    if (left.length === 0 || performance.now() - startedMs > withinMs) return left;
    for (const pid of left) signal(pid, 'SIGKILL');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
