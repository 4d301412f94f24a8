import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { waitUntil } from './wait-until.ts';

/** Whether a process runs; one that has ended but was not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Kills with SIGKILL and waits until the process is gone. */
export async function killAndWait(pid: number): Promise<void> {
  signal(pid, 'SIGKILL');
  await waitUntil(() => !isRunning(pid), {
    what: `process ${pid} is gone`,
    withinMs: 10_000,
    everyMs: 5,
  });
}

/**
 * Ids of running processes one of whose arguments contains `text`; `program` is argv[0]'s base
 * name.
 */
export function processesWith(text: string, program?: string): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const argv = argumentsOf(pid);
    if (program !== undefined && basename(argv[0] ?? '') !== program) continue;
    if (argv.some((argument) => argument.includes(text)) && isRunning(pid)) found.push(pid);
  }
  return found;
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
