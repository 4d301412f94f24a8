import { describe, expect, test } from 'vitest';
import type { E2dError } from '../../../../src/errors/e2d-error.ts';
import { findEntry } from '../../../../src/snapshots/catalogue/find.ts';
import { byTime } from '../../../../src/snapshots/catalogue/snapshot-order.ts';
import { buildEntry, etcdManagerEntry, NOW_MS, singleEntry } from './build-entries.ts';

const newest = buildEntry({ takenAtMs: NOW_MS, suffix: 'bbbbbb' });
const before = buildEntry({ takenAtMs: NOW_MS - 60_000, suffix: 'aaaaaa' });
const entries = [newest, before, etcdManagerEntry, singleEntry].sort(byTime);

function errorOf(text: string, among = entries): E2dError {
  try {
    findEntry(among, text);
  } catch (error) {
    return error as E2dError;
  }
  throw new Error(`"${text}" was found`);
}

describe('a snapshot is found', () => {
  test.each([
    ['latest', newest],
    [before.id, before],
    ['etcd.snapshot', singleEntry],
    ['2026-11-21T10:29', before],
    ['2019', etcdManagerEntry],
  ])('by %s', (text, entry) => {
    expect(findEntry(entries, text)).toBe(entry);
  });

  test('by its whole id, though another begins so', () => {
    const longer = { ...etcdManagerEntry, id: `${etcdManagerEntry.id}7` };
    expect(findEntry([longer, etcdManagerEntry], etcdManagerEntry.id)).toBe(etcdManagerEntry);
  });
});

describe('a snapshot is not found', () => {
  test.each([
    ['2026-11', '2 snapshots begin with "2026-11".', `Did you mean ${newest.id}, or ${before.id}?`],
    ['aaaaaa', 'There is no snapshot "aaaaaa".', `Did you mean ${before.id}?`],
    [
      '2019-05-07T18:28:02Z-000977',
      'There is no snapshot "2019-05-07T18:28:02Z-000977".',
      `Did you mean ${etcdManagerEntry.id}?`,
    ],
    ['none', 'There is no snapshot "none".', '"e2d snapshot list" shows those that there are.'],
    ['', 'There is no snapshot "".', '"e2d snapshot list" shows those that there are.'],
  ])('by "%s"', (text, message, remedy) => {
    const { code, exit, ...error } = errorOf(text);
    expect({ code, exit }).toEqual({ code: 'E2D_SNAPSHOT_UNKNOWN', exit: 2 });
    expect({ message: errorOf(text).message, remedy: error.remedy }).toEqual({ message, remedy });
  });

  test('by an empty text, even where there is only one', () => {
    expect(errorOf('', [newest]).code).toBe('E2D_SNAPSHOT_UNKNOWN');
  });

  test('among many that begin so, of which only some are named', () => {
    const many = [0, 1, 2, 3, 4].map((n) => buildEntry({ takenAtMs: NOW_MS + n * 1000 }));
    expect(errorOf('2026', many).remedy).toMatch(/^Did you mean 2026.*\? \(and 2 more\)$/);
  });

  test('in an empty store', () => {
    expect(errorOf('latest', []).message).toBe('The store holds no snapshot.');
  });
});
