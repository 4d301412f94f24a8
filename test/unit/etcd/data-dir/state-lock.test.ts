import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireStateLock } from '../../../../src/etcd/data-dir/state-lock.ts';

let dir: string;
let lockPath: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'e2d-lock-'));
  lockPath = join(dir, 'e2d.lock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('one holds it, the next is refused with the holder named, until it is released', async () => {
  const lock = await acquireStateLock(dir);
  await expect(acquireStateLock(dir)).rejects.toMatchObject({
    code: 'E2D_ALREADY_RUNNING',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await lock.release();
  const next = await acquireStateLock(dir);
  await next.release();
  expect(readdirSync(dir)).toEqual([]);
});

test('of many at once exactly one gets it', async () => {
  const tried = await Promise.allSettled(Array.from({ length: 12 }, () => acquireStateLock(dir)));
  expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(dir)).toEqual(['e2d.lock']);
});

describe('a stale lock is taken over', () => {
  test.each([
    ['of a process that has ended', { pid: 2 ** 22 + 1 }],
    ['of an earlier process with the same number', { startTime: '1' }],
    ['of an earlier boot', { bootId: 'earlier' }],
  ])('%s', async (_, change) => {
    await acquireStateLock(dir);
    const holder: object = JSON.parse(readFileSync(lockPath, 'utf8'));
    writeFileSync(lockPath, JSON.stringify({ ...holder, ...change }));
    const tried = await Promise.allSettled([acquireStateLock(dir), acquireStateLock(dir)]);
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(JSON.parse(readFileSync(lockPath, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(dir)).toEqual(['e2d.lock']);
  });

  test.each(['', '{"pid":', '{}'])('whose text is rubbish (%j)', async (text) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(lockPath, text);
    await (await acquireStateLock(dir)).release();
    expect(readdirSync(dir)).toEqual([]);
  });
});

test('releasing late does not release somebody else', async () => {
  const lock = await acquireStateLock(dir);
  writeFileSync(lockPath, 'another holder');
  await lock.release();
  expect(readFileSync(lockPath, 'utf8')).toBe('another holder');
});
