import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adoptEtcd } from '../../../src/etcd/process/adopt.ts';
import { type LaunchOptions, launchEtcd } from '../../../src/etcd/process/launch.ts';
import { pidFilePath, readPidFile } from '../../../src/etcd/process/pid-file.ts';
import type { RunningEtcd } from '../../../src/etcd/process/running-etcd.ts';
import { isRunning, killAndWait } from '../../../src/playground/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { get, launchOptions, Place, putAndGet, serving } from './real-etcd.ts';

let place: Place;
const launchers: ChildProcess[] = [];

beforeEach(() => {
  place = new Place();
});
afterEach(async () => {
  for (const launcher of launchers.splice(0)) launcher.kill('SIGKILL');
  await place.clear();
});

/** A process of its own launches etcd, as e2d does. */
async function launchElsewhere(options: LaunchOptions): Promise<number> {
  const launcher = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'launcher.ts'), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  launchers.push(launcher);
  const said = await new Promise<string>((done) => {
    launcher.stdout?.once('data', (chunk: Buffer) => done(chunk.toString()));
  });
  expect(Number(said)).toBeGreaterThan(1);
  return launcher.pid ?? 0;
}

async function adopted(options: LaunchOptions): Promise<RunningEtcd> {
  const adoption = await adoptEtcd(options);
  if (adoption.kind !== 'adopted') throw new Error(`${adoption.kind}: ${adoption.reason}`);
  return adoption.etcd;
}

test('kill -9 of the launcher interrupts nothing; the next one adopts, serves on and stops it', async () => {
  const options = await launchOptions(place);
  const launcherPid = await launchElsewhere(options);
  await serving(options.clientUrl);
  expect(putAndGet(options.clientUrl, 'key', 'before')).toBe('before');
  await killAndWait(launcherPid);
  expect(putAndGet(options.clientUrl, 'key', 'after')).toBe('after');

  const etcd = await adopted(options);
  expect(etcd.adopted).toBe(true);
  expect(place.etcdPids()).toEqual([etcd.pid]);
  // A session of its own: session id (field 6 of stat) is its own number.
  const stat = readFileSync(`/proc/${etcd.pid}/stat`, 'utf8');
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]).toBe(String(etcd.pid));

  const exit = await etcd.stop({ graceMs: 20_000 });
  expect(exit).toMatchObject({ code: null, requested: true, reason: { kind: 'stopped' } });
  expect(isRunning(etcd.pid)).toBe(false);
  expect(await readPidFile(place.stateDir)).toBeNull();
  expect(await adoptEtcd(options)).toMatchObject({ kind: 'not-running' });
});

test('an adopted etcd that is killed is seen to end', async () => {
  const options = await launchOptions(place);
  const launcherPid = await launchElsewhere(options);
  await serving(options.clientUrl);
  await killAndWait(launcherPid);
  const etcd = await adopted(options);
  process.kill(etcd.pid, 'SIGKILL');
  expect((await etcd.exited).reason.kind).toBe('killed');
});

test('an etcd whose launcher died before it wrote the pid file is found and adopted', async () => {
  const options = await launchOptions(place);
  await killAndWait(await launchElsewhere(options));
  await serving(options.clientUrl);
  const written = await readPidFile(place.stateDir);
  rmSync(pidFilePath(place.stateDir));
  const etcd = await adopted(options);
  expect(written).toMatchObject({ pid: etcd.pid, startTime: etcd.record.startTime });
  expect(await readPidFile(place.stateDir)).toMatchObject({
    pid: etcd.pid,
    clientUrl: options.clientUrl,
  });
  await etcd.stop({ graceMs: 20_000 });
});

test('released, etcd runs on and another can adopt it', async () => {
  const options = await launchOptions(place);
  const first = await launchEtcd(options);
  await serving(options.clientUrl);
  first.release();
  const second = await adopted(options);
  expect(second.pid).toBe(first.pid);
  expect(get(options.clientUrl, 'ready')).toBe('yes');
  expect((await second.stop({ graceMs: 20_000 })).reason.kind).toBe('stopped');
});

describe('is not adopted', () => {
  async function withPidFile(change: (record: Record<string, unknown>) => void): Promise<void> {
    const record: Record<string, unknown> = JSON.parse(
      readFileSync(pidFilePath(place.stateDir), 'utf8'),
    );
    change(record);
    writeFileSync(pidFilePath(place.stateDir), JSON.stringify(record));
  }

  test('another program that got its number, or the same number of another boot', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    const startTime = etcd.record.startTime;
    await killAndWait(etcd.pid);
    await etcd.exited;
    // This very test process stands for the other program: alive, with a wrong start time or boot.
    for (const wrong of [{ startTime }, { bootId: 'another-boot' }]) {
      const record = { ...etcd.record, pid: process.pid, ...wrong };
      writeFileSync(pidFilePath(place.stateDir), JSON.stringify(record));
      expect(await adoptEtcd(options)).toMatchObject({
        kind: 'not-running',
        reason: `the recorded process ${process.pid} has ended`,
      });
      expect(isRunning(process.pid)).toBe(true);
    }
  });

  test('one that runs under another name on our data dir: a conflict, and it is left alone', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    const adoption = await adoptEtcd({ ...options, name: 'n2' });
    expect(adoption).toMatchObject({ kind: 'conflict', pid: etcd.pid });
    expect(adoption.kind === 'conflict' && adoption.reason).toMatch(
      /under the name "n1", not "n2"/,
    );
    expect(isRunning(etcd.pid)).toBe(true);
    await etcd.stop({ graceMs: 20_000 });
  });

  test('one on our data dir that somebody else launched', async () => {
    const options = await launchOptions(place);
    const stranger = spawn(options.exe, options.args, { stdio: 'ignore' });
    await serving(options.clientUrl);
    expect(await adoptEtcd(options)).toMatchObject({ kind: 'conflict', pid: stranger.pid });
    stranger.kill('SIGKILL');
  });

  test('one on another data dir', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    const other = { ...options, dataDir: join(place.dir, 'other') };
    expect(await adoptEtcd(other)).toMatchObject({ kind: 'not-running' });
    await etcd.stop({ graceMs: 20_000 });
  });

  test('a wrong start time is corrected from the process itself, never trusted', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    etcd.release();
    await withPidFile((record) => {
      record['startTime'] = '1';
    });
    const second = await adopted(options);
    expect(second.record.startTime).toBe(etcd.record.startTime);
    await second.stop({ graceMs: 20_000 });
  });

  test('nothing runs and the pid file is rubbish', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await etcd.stop({ graceMs: 20_000 });
    writeFileSync(pidFilePath(place.stateDir), '{"pid": ');
    expect(await adoptEtcd(options)).toMatchObject({ kind: 'not-running' });
  });
});

test('directories and files are for their owner only', async () => {
  const options = await launchOptions(place);
  const etcd = await launchEtcd(options);
  await serving(options.clientUrl);
  expect(statSync(place.dataDir).mode & 0o777).toBe(0o700);
  expect(statSync(place.stateDir).mode & 0o777).toBe(0o700);
  expect(statSync(pidFilePath(place.stateDir)).mode & 0o777).toBe(0o600);
  expect(statSync(join(place.stateDir, 'etcd.log')).mode & 0o777).toBe(0o600);
  await etcd.stop({ graceMs: 20_000 });
});

test('a paused etcd does not end by SIGTERM, and does by SIGKILL after the grace', async () => {
  const options = await launchOptions(place);
  const etcd = await launchEtcd(options);
  await serving(options.clientUrl);
  process.kill(etcd.pid, 'SIGSTOP');
  const startedAt = performance.now();
  const exit = await etcd.stop({ graceMs: 500 });
  expect(exit).toMatchObject({ signal: 'SIGKILL', requested: true });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(495);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('a person in a hurry does not wait for the grace', async () => {
  const options = await launchOptions(place);
  const etcd = await launchEtcd(options);
  await serving(options.clientUrl);
  process.kill(etcd.pid, 'SIGSTOP');
  const hurry = new AbortController();
  const stopping = etcd.stop({ graceMs: 120_000, hurry: hurry.signal });
  hurry.abort();
  expect((await stopping).signal).toBe('SIGKILL');
  await waitUntil(() => !isRunning(etcd.pid), { what: 'etcd is gone', withinMs: 1000 });
});
