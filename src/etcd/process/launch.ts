import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { ensureDataDir } from '../data-dir/ensure-data-dir.ts';
import { EtcdLog, type LogLimits } from './etcd-log.ts';
import { type EtcdPidFile, writePidFile } from './pid-file.ts';
import { identifyProcess, type ProcessIdentity } from './proc.ts';
import { type RawExit, RunningEtcd } from './running-etcd.ts';

export interface LaunchOptions {
  /** Path of the etcd program. */
  readonly exe: string;
  readonly version: string;
  /** As `etcdArguments` gives them. */
  readonly args: readonly string[];
  /** As `etcdEnvironment` gives it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly name: string;
  readonly dataDir: string;
  readonly stateDir: string;
  /** Where this member can be asked, for whoever adopts it. */
  readonly clientUrl: string;
  /** Written down for whoever adopts it: see the pid file. */
  readonly authorities?: EtcdPidFile['authorities'];
  readonly logLimits?: LogLimits;
  readonly rotateEveryMs?: number;
}

interface Spawned {
  readonly child: ChildProcess;
  readonly childExit: Promise<RawExit>;
  readonly identity: ProcessIdentity;
}

/**
 * Starts etcd in a session of its own, its log in `<state-dir>/etcd.log`, and writes down who it is
 * in `<state-dir>/etcd.pid`. No pipe, terminal or session joins it to e2d, so that it outlives e2d
 * (S16). Resolves once it runs (not once it serves). Throws `E2D_ETCD_START` when it cannot be
 * started.
 */
export async function launchEtcd(options: LaunchOptions): Promise<RunningEtcd> {
  await ensureDataDir(options.dataDir);
  await ensureDataDir(options.stateDir);
  const log = new EtcdLog(options.stateDir, options.logLimits);
  const { file, offset } = await log.openForLaunch();
  const { child, childExit, identity } = await spawnEtcd(options, file.fd).finally(() =>
    file.close(),
  );
  child.unref();
  const record = {
    ...identity,
    exe: options.exe,
    name: options.name,
    dataDir: resolve(options.dataDir),
    clientUrl: options.clientUrl,
    version: options.version,
    logOffset: offset,
    ...(options.authorities === undefined ? {} : { authorities: options.authorities }),
  };
  try {
    await writePidFile(options.stateDir, record);
  } catch (error) {
    child.kill('SIGKILL');
    await childExit;
    throw startFailure(options.exe, error);
  }
  const { stateDir, rotateEveryMs } = options;
  return new RunningEtcd({
    ...{ stateDir, record, log, childExit },
    ...(rotateEveryMs === undefined ? {} : { rotateEveryMs }),
  });
}

async function spawnEtcd(options: LaunchOptions, logFd: number): Promise<Spawned> {
  const child = spawn(options.exe, options.args, {
    detached: true,
    stdio: ['ignore', logFd, logFd],
    env: options.environment,
  });
  // Listened to before anything is awaited: both events may come at once.
  const childExit = exitOf(child);
  return { child, childExit, identity: await started(child, options.exe) };
}

function exitOf(child: ChildProcess): Promise<RawExit> {
  return new Promise((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
  });
}

async function started(child: ChildProcess, exe: string): Promise<ProcessIdentity> {
  await new Promise<void>((done, fail) => {
    child.once('spawn', done);
    child.once('error', (error) => fail(startFailure(exe, error)));
  });
  child.on('error', () => undefined);
  const identity = child.pid === undefined ? null : await identifyProcess(child.pid);
  if (identity !== null) return identity;
  // It has ended already: this record fits no process, and the exit is about to be told.
  return { pid: child.pid ?? 1, startTime: '0', bootId: 'ended' };
}

function startFailure(exe: string, cause: unknown): E2dError {
  return new E2dError(`etcd (${exe}) could not be started: ${textOf(cause)}.`, {
    code: 'E2D_ETCD_START',
    remedy: 'Check that the program is there, is executable and is built for this machine.',
    cause,
  });
}
