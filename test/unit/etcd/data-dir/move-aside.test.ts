import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  defaultExpiryPolicy,
  type ExpiryOptions,
  expireMovedAside,
} from '../../../../src/etcd/data-dir/expire-moved-aside.ts';
import { moveAside, movedAsideAt } from '../../../../src/etcd/data-dir/move-aside.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'e2d-aside-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const now = new Date('2026-03-04T05:06:07.890Z');

function makeMember(text: string): void {
  mkdirSync(join(dir, 'member/snap'), { recursive: true });
  writeFileSync(join(dir, 'member/snap/db'), text);
}

describe('moving aside (S3)', () => {
  test('renames inside the data dir and keeps every byte', async () => {
    makeMember('data');
    const moved = await moveAside(dir, 'removed-from-cluster', now);
    expect(moved).toBe(join(dir, 'member.20260304T050607Z.removed-from-cluster'));
    expect(readFileSync(join(moved, 'snap/db'), 'utf8')).toBe('data');
    expect(existsSync(join(dir, 'member'))).toBe(false);
    expect(movedAsideAt('member.20260304T050607Z.removed-from-cluster')?.toISOString()).toBe(
      '2026-03-04T05:06:07.000Z',
    );
  });

  test('overwrites nothing, not even an empty directory', async () => {
    makeMember('new');
    const taken = join(dir, 'member.20260304T050607Z.why');
    mkdirSync(taken);
    await expect(moveAside(dir, 'why', now)).rejects.toMatchObject({ code: 'E2D_MOVE_ASIDE' });
    expect(readFileSync(join(dir, 'member/snap/db'), 'utf8')).toBe('new');
    expect(readdirSync(taken)).toEqual([]);
  });

  test('a reason cannot lead out of the data dir', async () => {
    makeMember('data');
    const moved = await moveAside(dir, '../../etc/Why not?', now);
    expect(moved).toBe(join(dir, 'member.20260304T050607Z.etc-why-not'));
  });

  test('without data it says so', async () => {
    await expect(moveAside(dir, 'why', now)).rejects.toMatchObject({ code: 'E2D_MOVE_ASIDE' });
  });
});

describe('expiry of what was moved aside', () => {
  const old = 'member.20260101T000000Z.old';
  const week = 'member.20260226T000000Z.week';
  const hours = 'member.20260304T000000Z.hours';
  const fresh = 'member.20260304T050000Z.fresh';
  const others = ['member', 'member.backup', 'member.20260101.by-hand', 'e2d'];

  beforeEach(() => {
    for (const name of [old, week, hours, fresh, ...others])
      mkdirSync(join(dir, name, 'snap'), { recursive: true });
  });

  async function expire(over: Partial<ExpiryOptions>): Promise<readonly string[]> {
    const removed = await expireMovedAside(dir, {
      policy: defaultExpiryPolicy,
      now,
      movedInThisRun: new Set(),
      freeShare: async () => 0.5,
      ...over,
    });
    for (const name of others) expect(existsSync(join(dir, name))).toBe(true);
    for (const { path } of removed) expect(existsSync(path)).toBe(false);
    return removed.map(({ path, because }) => `${path.slice(dir.length + 1)} ${because}`);
  }

  test('goes by age while there is room', async () => {
    expect(await expire({})).toEqual([`${old} age`]);
    expect(existsSync(join(dir, week))).toBe(true);
  });

  test('on a full disk the oldest go, until there is room', async () => {
    const shares = [0.05, 0.5];
    const removed = await expire({ freeShare: async () => shares.shift() ?? 0.5 });
    expect(removed).toEqual([`${old} age`, `${week} disk-space`]);
  });

  test('on a disk that stays full, what is younger than an hour is kept', async () => {
    const removed = await expire({ freeShare: async () => 0 });
    expect(removed).toEqual([`${old} age`, `${week} disk-space`, `${hours} disk-space`]);
    expect(existsSync(join(dir, fresh))).toBe(true);
  });

  test('nothing that this run moved is removed by it, however old its name looks', async () => {
    const movedInThisRun = new Set([join(dir, old)]);
    expect(await expire({ movedInThisRun })).toEqual([]);
  });

  test('asks the real disk by itself', async () => {
    const policy = { ...defaultExpiryPolicy, minFreeShare: 0 };
    const removed = await expireMovedAside(dir, { policy, now, movedInThisRun: new Set() });
    expect(removed.map(({ because }) => because)).toEqual(['age']);
  });
});
