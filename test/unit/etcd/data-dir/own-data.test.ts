import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOwnData, surveyDataDir } from '../../../../src/etcd/data-dir/own-data.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'e2d-own-data-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const pageBytes = 4096;
const firstWal = 'member/wal/0000000000000000-0000000000000000.wal';
const db = 'member/snap/db';

function put(path: string, content: Buffer | string = ''): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content);
}

/** A bbolt meta page as the format describes it, checksum included. */
function metaPage(transaction: number, pages: number): Buffer {
  const page = Buffer.alloc(pageBytes);
  page.writeUInt16LE(0x04, 8);
  page.writeUInt32LE(0xed0cdaed, 16);
  page.writeUInt32LE(2, 20);
  page.writeUInt32LE(pageBytes, 24);
  page.writeBigUInt64LE(3n, 32);
  page.writeBigUInt64LE(BigInt(pages), 56);
  page.writeBigUInt64LE(BigInt(transaction), 64);
  let hash = 0xcbf29ce484222325n;
  for (const byte of page.subarray(16, 72)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n);
  }
  page.writeBigUInt64LE(hash, 72);
  return page;
}

function database(buckets: readonly string[], pages = 4): Buffer {
  const root = Buffer.alloc(pageBytes);
  root.writeUInt16LE(0x02, 8);
  root.writeUInt16LE(buckets.length, 10);
  let end = 16 + buckets.length * 16;
  for (const [index, bucket] of buckets.entries()) {
    const element = 16 + index * 16;
    root.writeUInt32LE(end - element, element + 4);
    root.writeUInt32LE(bucket.length, element + 8);
    end += root.write(bucket, end, 'latin1');
  }
  return Buffer.concat([metaPage(0, pages), metaPage(1, pages), Buffer.alloc(pageBytes), root]);
}

/** A write-ahead log of records of the given types, each 16 bytes long, in a preallocated file. */
function log(...types: number[]): Buffer {
  const records = types.map((type) => {
    const record = Buffer.alloc(24);
    record.writeBigInt64LE(16n, 0);
    record.writeUInt8(0x08, 8);
    record.writeUInt8(type, 9);
    return record;
  });
  return Buffer.concat([...records, Buffer.alloc(64 * 1024)]);
}

const usedLog = log(4, 1, 5, 2, 3);
const usedDatabase = database(['auth', 'key', 'members', 'meta']);

describe('no data', () => {
  test('no directory, an empty one, and one with only what is expected beside data', async () => {
    expect(await readOwnData(join(dir, 'missing'))).toEqual({ kind: 'none' });
    expect(await readOwnData(dir)).toEqual({ kind: 'none' });
    put('e2d/identity.json', '{}');
    put('lost+found/x');
    put('.touch');
    put('member.20260101T000000Z.removed/snap/db', usedDatabase);
    expect(await surveyDataDir(dir)).toEqual({ data: { kind: 'none' }, abandonedStart: false });
  });

  test.each<[string, () => void]>([
    ['no file at all', () => mkdirSync(join(dir, 'member'))],
    ['a fresh database', () => put(db, database([]))],
    ['a database with an empty meta bucket', () => put(db, database(['meta']))],
    ['a database that was only just created', () => put(db)],
    [
      'a log still under its temporary name',
      () => put('member/wal.tmp/0000000000000000-0000000000000000.wal', log(4)),
    ],
    [
      'a log without a single entry or vote',
      () => {
        put(db, database(['meta']));
        put(firstWal, log(4, 1, 5));
      },
    ],
  ])('a first start that died with %s is no data, and in the way', async (_, make) => {
    make();
    expect(await surveyDataDir(dir)).toEqual({ data: { kind: 'none' }, abandonedStart: true });
  });
});

describe('readable data', () => {
  test('a database and a log with entries', async () => {
    put(db, usedDatabase);
    put(firstWal, usedLog);
    expect(await surveyDataDir(dir)).toEqual({ data: { kind: 'readable' }, abandonedStart: false });
  });

  test('foreign files beside it are no reason to doubt it', async () => {
    put(db, usedDatabase);
    put(firstWal, usedLog);
    put('notes.txt');
    expect(await readOwnData(dir)).toEqual({ kind: 'readable' });
  });

  test('a later log file is in use whatever its first records are', async () => {
    put(db, usedDatabase);
    put('member/wal/0000000000000004-0000000000012345.wal', log(4, 1, 5));
    expect(await readOwnData(dir)).toEqual({ kind: 'readable' });
  });

  test('one damaged header is survived: a write was cut short, the other one counts', async () => {
    const torn = Buffer.from(usedDatabase);
    torn.fill(0xff, 16, 80);
    put(db, torn);
    put(firstWal, usedLog);
    expect(await readOwnData(dir)).toEqual({ kind: 'readable' });
  });
});

describe('unreadable data', () => {
  const cases: [string, RegExp, () => void][] = [
    [
      'foreign files',
      /holds a\.txt, b\.txt, c\.txt and 1 more/,
      () => 'abcd'.split('').forEach((name) => void put(`${name}.txt`)),
    ],
    ['a v2 proxy', /proxy/, () => put('proxy/cluster')],
    ['member is a file', /not a directory/, () => put('member')],
    ['a log without a database', /no database/, () => put(firstWal, usedLog)],
    ['a database without a log', /no write-ahead log/, () => put(db, usedDatabase)],
    [
      'raft snapshots without a log',
      /no write-ahead log/,
      () => {
        put(db, database([]));
        put('member/snap/0000000000000002-00000000000186a1.snap', 'x');
      },
    ],
    ['an empty database', /database .* is empty/, () => put(db)],
    ['a database of noise', /neither of its two headers/, () => put(db, Buffer.alloc(40_000, 7))],
    [
      'a database cut short',
      /16384 bytes, its header says 40960/,
      () => put(db, database(['key'], 10)),
    ],
    ['an empty log', /0\.wal is empty/, () => put(firstWal)],
    ['a log of noise', /does not begin like/, () => put(firstWal, Buffer.alloc(4096, 0x5a))],
    ['a log of zeros', /does not begin like/, () => put(firstWal, Buffer.alloc(4096))],
  ];

  test.each(cases)('%s', async (what, problem, make) => {
    if (/empty database|of noise|cut short|empty log|of zeros/.test(what)) {
      put(db, usedDatabase);
      put(firstWal, usedLog);
    }
    make();
    const data = await readOwnData(dir);
    expect(data).toMatchObject({ kind: 'unreadable', problem: expect.stringMatching(problem) });
  });

  test('a directory that cannot be listed', async () => {
    put('file');
    expect(await readOwnData(join(dir, 'file'))).toMatchObject({ kind: 'unreadable' });
  });
});
