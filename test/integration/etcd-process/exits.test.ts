import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOwnData } from '../../../src/etcd/data-dir/own-data.ts';
import { launchEtcd } from '../../../src/etcd/process/launch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { launchOptions, Place, putAndGet, serving } from './real-etcd.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.clear());

describe('how etcd ended is recognised', () => {
  test('an orderly stop, then a restart from its data beside the state dir', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    expect(putAndGet(options.clientUrl, 'key', 'kept')).toBe('kept');
    const exit = await etcd.stop({ graceMs: 20_000 });
    expect(exit).toMatchObject({ signal: 'SIGTERM', requested: true, reason: { kind: 'stopped' } });
    expect(readdirSync(place.dataDir).sort()).toEqual(['e2d', 'member']);
    expect(await readOwnData(place.dataDir)).toEqual({ kind: 'readable' });
    const again = await launchEtcd(options);
    await serving(options.clientUrl);
    expect((await again.stop({ graceMs: 20_000 })).reason.kind).toBe('stopped');
  });

  test('killed', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    process.kill(etcd.pid, 'SIGKILL');
    expect(await etcd.exited).toMatchObject({ requested: false, reason: { kind: 'killed' } });
  });

  test('crashed', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    process.kill(etcd.pid, 'SIGQUIT');
    expect(await etcd.exited).toMatchObject({ code: 2, reason: { kind: 'crashed' } });
  });

  test('bad flags', async () => {
    const options = await launchOptions(place, { extraArgs: ['--no-such-flag=1'] });
    const { reason } = await (await launchEtcd(options)).exited;
    expect(reason.kind).toBe('bad-flags');
    expect(reason.sentence).toContain('no-such-flag');
  });

  test('port taken', async () => {
    const squatter = createServer();
    await new Promise<void>((done) => squatter.listen(0, '127.0.0.1', done));
    const address = squatter.address();
    const clientPort = typeof address === 'object' && address !== null ? address.port : 0;
    const options = await launchOptions(place, { clientPort });
    const { reason } = await (await launchEtcd(options)).exited;
    squatter.close();
    expect(reason.kind).toBe('port-taken');
    expect(reason.sentence).toContain(`127.0.0.1:${clientPort}`);
  });

  test('damaged data, which the survey sees as well', async () => {
    const options = await launchOptions(place);
    const etcd = await launchEtcd(options);
    await serving(options.clientUrl);
    await etcd.stop({ graceMs: 20_000 });
    const db = join(place.dataDir, 'member/snap/db');
    truncateSync(db, 9000);
    expect((await readOwnData(place.dataDir)).kind).toBe('unreadable');
    expect((await (await launchEtcd(options)).exited).reason.kind).toBe('corrupt-data');
    writeFileSync(db, Buffer.alloc(40_000, 7));
    expect((await readOwnData(place.dataDir)).kind).toBe('unreadable');
    expect((await (await launchEtcd(options)).exited).reason.kind).toBe('corrupt-data');
  });

  test('a reason in the log of an earlier launch does not count', async () => {
    const options = await launchOptions(place, { extraArgs: ['--no-such-flag=1'] });
    await (await launchEtcd(options)).exited;
    const good = await launchOptions(place);
    const etcd = await launchEtcd(good);
    await serving(good.clientUrl);
    expect(readFileSync(join(place.stateDir, 'etcd.log'), 'utf8')).toContain('no-such-flag');
    expect(await etcd.logTail()).not.toContain('no-such-flag');
    process.kill(etcd.pid, 'SIGQUIT');
    expect((await etcd.exited).reason.kind).toBe('crashed');
  });
});

describe('what cannot be started', () => {
  test.each(['missing', 'not executable'])('a program that is %s', async (fault) => {
    const exe = join(place.dir, 'etcd');
    if (fault === 'not executable') {
      writeFileSync(exe, '#!/bin/sh\n');
      chmodSync(exe, 0o600);
    }
    const launching = launchEtcd(await launchOptions(place, { exe }));
    await expect(launching).rejects.toMatchObject({ code: 'E2D_ETCD_START' });
  });

  test('where the data dir is a file', async () => {
    writeFileSync(place.dataDir, '');
    const launching = launchEtcd(await launchOptions(place));
    await expect(launching).rejects.toMatchObject({ code: 'E2D_DATA_DIR' });
  });
});

test('the log of a running etcd is rotated, and etcd goes on writing to the current file', async () => {
  const options = await launchOptions(place);
  const limits = { maxBytes: 256 * 1024, keep: 2 };
  mkdirSync(place.stateDir, { recursive: true });
  const log = join(place.stateDir, 'etcd.log');
  const etcd = await launchEtcd({ ...options, logLimits: limits, rotateEveryMs: 50 });
  await serving(options.clientUrl);
  for (const round of ['first', 'second', 'third']) {
    appendFileSync(log, `${round}\n${'x'.repeat(limits.maxBytes)}\n`);
    await waitUntil(() => statSync(log).size < limits.maxBytes, {
      what: `the log is rotated (${round})`,
      withinMs: 5000,
    });
  }
  const logs = readdirSync(place.stateDir).filter((name) => name.startsWith('etcd.log'));
  expect(logs.sort()).toEqual(['etcd.log', 'etcd.log.1', 'etcd.log.2']);
  expect(readFileSync(`${log}.1`, 'utf8')).toContain('third\n');
  expect(readFileSync(`${log}.2`, 'utf8')).toContain('second\n');
  // What etcd says at its end lands in the current file, without a hole before it.
  const { reason } = await etcd.stop({ graceMs: 20_000 });
  expect(reason.kind).toBe('stopped');
  const text = readFileSync(log, 'utf8');
  expect(text).toContain('received signal; shutting down');
  expect(text).not.toContain('\0');
});
