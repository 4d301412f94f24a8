import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process as the kernel knows it: together with the boot id, these never mean two processes. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at its start, as the kernel prints them. */
  readonly startTime: string;
  readonly bootId: string;
}

/** A running process's start time; null when there is none, or when it has ended (a zombie). */
export async function readProcessStat(pid: number): Promise<{ readonly startTime: string } | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
  // The name in parentheses may itself hold blanks and parentheses; state is the field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return null;
  return { startTime };
}

export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}

/** The identity of a running process, or null. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readProcessStat(pid);
  return stat === null ? null : { pid, startTime: stat.startTime, bootId: await readBootId() };
}

/** Whether exactly this process still runs: not another one that got its number later. */
export async function isSameProcessAlive(process: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(process.pid);
  return now?.startTime === process.startTime && now.bootId === process.bootId;
}

/** A process's arguments, or null when it is gone, is not ours to look at, or has none. */
export async function readCommandLine(pid: number): Promise<readonly string[] | null> {
  try {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return text === '' ? null : text.replace(/\0$/, '').split('\0');
  } catch (error) {
    if (isOutOfSight(error)) return null;
    throw error;
  }
}

/**
 * What a link such as `cwd`, `exe` or `fd/2` of a process points to; null when it cannot be told.
 */
export async function readProcessLink(pid: number, link: string): Promise<string | null> {
  try {
    return await readlink(`/proc/${pid}/${link}`);
  } catch (error) {
    if (isOutOfSight(error)) return null;
    throw error;
  }
}

export async function allPids(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

function isOutOfSight(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code);
}
