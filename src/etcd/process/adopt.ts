import { realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { EtcdLog, type LogLimits } from './etcd-log.ts';
import { type EtcdPidFile, readPidFile, writePidFile } from './pid-file.ts';
import {
  allPids,
  identifyProcess,
  isSameProcessAlive,
  readCommandLine,
  readProcessLink,
} from './proc.ts';
import { RunningEtcd } from './running-etcd.ts';

export interface AdoptOptions {
  readonly stateDir: string;
  readonly dataDir: string;
  readonly name: string;
  readonly logLimits?: LogLimits;
}

/** Each reason is a clause for "no etcd was adopted: ...". */
export type Adoption =
  | { readonly kind: 'adopted'; readonly etcd: RunningEtcd }
  /** No etcd runs on this data dir; one may be launched. */
  | { readonly kind: 'not-running'; readonly reason: string }
  /** An etcd runs on this data dir that is not the one to adopt. None may be launched beside it. */
  | { readonly kind: 'conflict'; readonly pid: number; readonly reason: string };

interface FoundEtcd {
  readonly pid: number;
  readonly name: string | null;
  readonly args: readonly string[];
}

/**
 * Takes over an etcd that an earlier e2d launched (S16): pid, start time and boot id must be those
 * that were written down, its command line must carry our name and data dir. Whether it belongs to
 * the right cluster is for the caller to ask it. An etcd that an e2d launched and died before it
 * could write that down is found by its command line and by its log, which is ours.
 */
export async function adoptEtcd(options: AdoptOptions): Promise<Adoption> {
  const recorded = await readPidFile(options.stateDir);
  const found = await findEtcd(options.dataDir);
  if (found === null) return { kind: 'not-running', reason: await whyNot(recorded) };
  if (found.name !== options.name) {
    const reason = `process ${found.pid} uses the data dir under the name "${found.name ?? 'default'}", not "${options.name}"`;
    return { kind: 'conflict', pid: found.pid, reason };
  }
  const log = new EtcdLog(options.stateDir, options.logLimits);
  const record = await recordFor(found, recorded, { ...options, log });
  if (record === null) {
    const reason = `process ${found.pid} uses the data dir and was not launched by e2d`;
    return { kind: 'conflict', pid: found.pid, reason };
  }
  if (record !== recorded) await writePidFile(options.stateDir, record);
  return {
    kind: 'adopted',
    etcd: new RunningEtcd({ stateDir: options.stateDir, record, log }),
  };
}

/** Whether an etcd, whoever launched it, runs on this data dir. */
export async function isEtcdOn(dataDir: string): Promise<boolean> {
  return (await findEtcd(dataDir)) !== null;
}

async function whyNot(recorded: EtcdPidFile | 'damaged' | null): Promise<string> {
  if (recorded === null) return 'none was left running';
  if (recorded === 'damaged') return 'the record of it is damaged, and none runs on this data dir';
  const alive = await isSameProcessAlive(recorded);
  return alive
    ? `process ${recorded.pid} is another program now`
    : `the recorded process ${recorded.pid} has ended`;
}

/** The running process whose program is called etcd and whose data dir is this one. */
async function findEtcd(dataDir: string): Promise<FoundEtcd | null> {
  const wanted = await realpath(dataDir).catch(() => resolve(dataDir));
  for (const pid of await allPids()) {
    const args = await readCommandLine(pid);
    if (args === null || basename(args[0] ?? '') !== 'etcd') continue;
    const given = flagValue(args, 'data-dir');
    if (given === null || (await identifyProcess(pid)) === null) continue;
    const path = resolve((await readProcessLink(pid, 'cwd')) ?? '/', given);
    if ((await realpath(path).catch(() => path)) !== wanted) continue;
    return { pid, name: flagValue(args, 'name'), args };
  }
  return null;
}

/**
 * The record of a process found, from the pid file or from the process itself; null if not ours.
 */
async function recordFor(
  found: FoundEtcd,
  recorded: EtcdPidFile | 'damaged' | null,
  options: AdoptOptions & { readonly log: EtcdLog },
): Promise<EtcdPidFile | null> {
  if (recorded !== null && recorded !== 'damaged' && recorded.pid === found.pid) {
    if (await isSameProcessAlive(recorded)) return recorded;
  }
  const identity = await identifyProcess(found.pid);
  const logPath = await realpath(options.log.path).catch(() => options.log.path);
  const ours = (await readProcessLink(found.pid, 'fd/2')) === logPath;
  const exe = await readProcessLink(found.pid, 'exe');
  const clientUrl = flagValue(found.args, 'advertise-client-urls')?.split(',')[0];
  if (identity === null || !ours || exe === null || clientUrl === undefined) return null;
  return {
    ...identity,
    exe,
    name: options.name,
    dataDir: resolve(options.dataDir),
    clientUrl,
    version: 'unknown',
    logOffset: 0,
  };
}

/** What a command line says of a flag, in any form that etcd takes; null: nothing. */
export function flagValue(args: readonly string[], flag: string): string | null {
  for (const [index, argument] of args.entries()) {
    const bare = argument.replace(/^--?/, '');
    if (bare === argument) continue;
    if (bare === flag) return args[index + 1] ?? null;
    if (bare.startsWith(`${flag}=`)) return bare.slice(flag.length + 1);
  }
  return null;
}
