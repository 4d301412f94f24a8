import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adoptEtcd } from '../../../../src/etcd/process/adopt.ts';
import { EtcdLog } from '../../../../src/etcd/process/etcd-log.ts';
import { launchEtcd } from '../../../../src/etcd/process/launch.ts';
import { type EtcdPidFile, writePidFile } from '../../../../src/etcd/process/pid-file.ts';
import { identifyProcess } from '../../../../src/etcd/process/proc.ts';
import { RunningEtcd } from '../../../../src/etcd/process/running-etcd.ts';

/** Runs until it is ended, whatever its arguments say. */
const idle = ['-e', 'setInterval(() => {}, 60_000)', '--'];

let folder: string;
let stateDir: string;
let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2d-adopt-'));
  stateDir = join(folder, 'state');
  dataDir = join(folder, 'data');
  for (const path of [stateDir, dataDir]) mkdirSync(path);
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Stranger {
  readonly name?: string;
  readonly dataDir?: string;
  readonly log?: string;
}

/** A process that looks like an etcd from outside. */
async function startLookalike(stranger: Stranger = {}): Promise<number> {
  const log = openSync(stranger.log ?? join(stateDir, 'etcd.log'), 'a');
  const child = spawn(
    process.execPath,
    [
      ...idle,
      `--name=${stranger.name ?? 'a'}`,
      `--data-dir=${stranger.dataDir ?? dataDir}`,
      '--advertise-client-urls=http://127.0.0.1:2379',
    ],
    { argv0: 'etcd', stdio: ['ignore', log, log] },
  );
  children.push(child);
  await once(child, 'spawn');
  closeSync(log);
  return child.pid ?? 0;
}

async function recordOf(pid: number, changes: Partial<EtcdPidFile> = {}): Promise<EtcdPidFile> {
  const identity = await identifyProcess(pid);
  if (identity === null) throw new Error(`process ${pid} is gone`);
  return {
    ...identity,
    exe: process.execPath,
    name: 'a',
    dataDir,
    clientUrl: 'http://127.0.0.1:2379',
    version: '3.6.14',
    logOffset: 0,
    ...changes,
  };
}

function adopt() {
  return adoptEtcd({ stateDir, dataDir, name: 'a' });
}

function isThere(pid: number): boolean {
  return process.kill(pid, 0);
}

describe('a running etcd', () => {
  test('of our name, on our data dir and with our log is adopted', async () => {
    const pid = await startLookalike();
    const adoption = await adopt();
    expect(adoption).toMatchObject({ kind: 'adopted', etcd: { pid, adopted: true } });
    if (adoption.kind === 'adopted') adoption.etcd.release();
  });

  test('an etcd of another name on our data dir is a conflict', async () => {
    const pid = await startLookalike({ name: 'stranger' });
    expect(await adopt()).toMatchObject({ kind: 'conflict', pid });
    expect(isThere(pid)).toBe(true);
  });

  test('an etcd that writes to another log than ours is a conflict', async () => {
    const pid = await startLookalike({ log: join(folder, 'other.log') });
    expect(await adopt()).toMatchObject({ kind: 'conflict', pid });
    expect(isThere(pid)).toBe(true);
  });

  test('an etcd on another data dir is none of ours', async () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    await startLookalike({ dataDir: elsewhere });
    expect(await adopt()).toMatchObject({ kind: 'not-running' });
  });

  test('a record with a wrong start time is corrected from the process itself', async () => {
    const pid = await startLookalike();
    const { startTime } = await recordOf(pid);
    await writePidFile(stateDir, await recordOf(pid, { startTime: '1' }));
    const adoption = await adopt();
    expect(adoption).toMatchObject({ kind: 'adopted', etcd: { record: { pid, startTime } } });
    if (adoption.kind === 'adopted') adoption.etcd.release();
  });
});

test('a process that got the number of ours is not signalled', async () => {
  const pid = await startLookalike();
  const record = await recordOf(pid, { startTime: '1' });
  const etcd = new RunningEtcd({ stateDir, record, log: new EtcdLog(stateDir) });
  const [stranger] = children as [ChildProcess];
  const ended = once(stranger, 'exit');
  await etcd.stop({ graceMs: 1_000, signal: 'SIGKILL' });
  // What ends it is the signal that came first.
  stranger.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('what is launched has a session of its own', async () => {
  const etcd = await launchEtcd({
    exe: process.execPath,
    version: '3.6.14',
    args: idle,
    environment: {},
    name: 'a',
    dataDir,
    stateDir,
    clientUrl: 'http://127.0.0.1:2379',
  });
  const stat = readFileSync(`/proc/${etcd.pid}/stat`, 'utf8');
  await etcd.stop({ graceMs: 0, signal: 'SIGKILL' });
  // Behind the name: state, parent, group, session.
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]).toBe(String(etcd.pid));
});
