import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import type { link } from 'node:fs/promises';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFileRoot } from '../../../../src/snapshots/store/file-root.ts';
import { openFileStore } from '../../../../src/snapshots/store/file-store.ts';
import { openStore } from '../../../../src/snapshots/store/open-store.ts';
import {
  anyTime,
  blocks,
  describeStoreContract,
  readText,
  textOf,
} from '../../../support/store-contract.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const noLinks: typeof link = async () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
};

for (const [name, options] of [
  ['a folder', {}],
  ['a folder without links', { link: noLinks }],
] as const)
  describeStoreContract(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'e2d-store-'));
    return {
      store: openFileStore(folder, options).objects,
      end: async () => {
        const leftOver = (await readdir(folder, { recursive: true })).filter((path) =>
          path.includes('.e2d-tmp-'),
        );
        await rm(folder, { recursive: true });
        expect(leftOver).toEqual([]);
      },
    };
  });

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'e2d-store-'));
  folder = join(parent, 'store');
});

afterEach(() => rm(parent, { recursive: true, force: true }));

describe('a folder that is not there', () => {
  test('is never an empty store, and nothing makes it unasked', async () => {
    const { objects, single } = openFileStore(folder);
    const missing = { code: 'E2D_STORE_MISSING', remedy: expect.stringContaining('mkdir') };
    await expect(objects.list('', anyTime())).rejects.toMatchObject(missing);
    await expect(objects.create('a/b', textOf('x'), anyTime())).rejects.toMatchObject(missing);
    await expect(objects.read('a/b', anyTime())).rejects.toMatchObject(missing);
    await expect(objects.remove('a/b', anyTime())).rejects.toMatchObject(missing);
    await expect(single(anyTime())).rejects.toMatchObject(missing);
    expect(await readdir(parent)).toEqual([]);
  });

  test('is found when it comes later', async () => {
    const { objects } = openFileStore(folder);
    await expect(objects.list('', anyTime())).rejects.toThrow();
    await mkdir(folder);
    expect(await objects.list('', anyTime())).toEqual([]);
  });

  test('is made when asked for, in a parent that exists', async () => {
    await makeFileRoot(folder);
    await makeFileRoot(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await expect(makeFileRoot(join(parent, 'none', 'store'))).rejects.toMatchObject({
      code: 'E2D_STORE_MISSING',
    });
  });

  test('makes a listing fail when it goes meanwhile, as a disk that is unmounted', async () => {
    await mkdir(folder);
    const { objects } = openFileStore(folder);
    for (const key of ['a/x', 'b/x']) await objects.create(key, textOf('x'), anyTime());
    const { signal } = new AbortController();
    let looks = 0;
    // Asked before the listing, and again at each object that it finds.
    signal.throwIfAborted = () => {
      if (++looks !== 2) return;
      renameSync(folder, join(parent, 'away'));
      mkdirSync(folder);
    };
    await expect(objects.list('', { signal })).rejects.toMatchObject({
      code: 'E2D_STORE_FAILED',
      message: expect.stringContaining('came or went'),
    });
    expect(await objects.list('', anyTime())).toEqual([]);
  });
});

describe('the files of a store', () => {
  beforeEach(() => mkdir(folder));

  test('are for their owner only', async () => {
    const { objects } = openFileStore(folder);
    await objects.create('a/b/c', textOf('x'), anyTime());
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'a/b/c'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    '',
    '/',
    '/etc/passwd',
    'a//b',
    'a/',
    '..',
    '../x',
    'a/../../x',
    './a',
    'a/.hidden',
    'a\0b',
  ])('have no key %j', async (key) => {
    const { objects } = openFileStore(folder);
    const refused = { code: 'E2D_STORE_FAILED' };
    await expect(objects.create(key, textOf('x'), anyTime())).rejects.toMatchObject(refused);
    await expect(objects.read(key, anyTime())).rejects.toMatchObject(refused);
    await expect(objects.remove(key, anyTime())).rejects.toMatchObject(refused);
    expect(await readdir(parent)).toEqual(['store']);
    expect(await readdir(folder)).toEqual([]);
  });

  test('are not reached through symbolic links', async () => {
    const outside = join(parent, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(folder, 'way'));
    await symlink(join(outside, 'secret'), join(folder, 'link'));
    const { objects } = openFileStore(folder);
    const failed = { code: 'E2D_STORE_FAILED' };
    expect(await objects.list('', anyTime())).toEqual([]);
    await expect(objects.read('way/secret', anyTime())).rejects.toMatchObject(failed);
    await expect(objects.read('link', anyTime())).rejects.toMatchObject(failed);
    await expect(objects.create('way/x', textOf('x'), anyTime())).rejects.toMatchObject(failed);
    await expect(objects.remove('way/secret', anyTime())).rejects.toMatchObject(failed);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test('leave no empty folder behind', async () => {
    const { objects } = openFileStore(folder);
    await objects.create('a/b/c', textOf('x'), anyTime());
    await objects.create('a/d', textOf('x'), anyTime());
    await objects.remove('a/b/c', anyTime());
    expect(await readdir(join(folder, 'a'))).toEqual(['d']);
    await objects.remove('a/d', anyTime());
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a writer that died go after a day', async () => {
    for (const name of ['dead', 'alive']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, '.e2d-tmp-0011'), 'half');
    }
    const old = new Date(Date.now() - DAY_MS - 60_000);
    await utimes(join(folder, 'dead', '.e2d-tmp-0011'), old, old);
    await writeFile(join(folder, 'object'), 'whole');
    await utimes(join(folder, 'object'), old, old);
    const { objects } = openFileStore(folder);
    expect((await objects.list('', anyTime())).map(({ key }) => key)).toEqual(['object']);
    await objects.create('new', textOf('x'), anyTime());
    expect((await readdir(folder)).sort()).toEqual(['alive', 'new', 'object']);
    expect(await readdir(join(folder, 'alive'))).toEqual(['.e2d-tmp-0011']);
  });

  test('are not taken from a lost+found that nobody may read', async () => {
    await mkdir(join(folder, 'lost+found'));
    await writeFile(join(folder, 'lost+found', '#1'), 'x');
    expect(await openFileStore(folder).objects.list('', anyTime())).toEqual([]);
  });
});

describe('the one file of the first e2d', () => {
  test('is read, and the store is beside it', async () => {
    const path = join(parent, 'etcd snapshot.gz');
    await writeFile(path, 'a snapshot');
    const url = `file://${path.replace(' ', '%20')}`;
    const s3 = { endpoint: null, roleSessionName: null, accessKey: null, spacesKey: null };
    const { objects, single } = await openStore(url, { s3: { ...s3, region: null } });
    const found = await single(anyTime());
    const modifiedAt = (await stat(path)).mtime.toISOString();
    expect(found).toMatchObject({ name: path, sizeBytes: 10, modifiedAt });
    const parts: Buffer[] = [];
    for await (const part of (await found?.read(anyTime())) ?? []) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('a snapshot');

    expect(await objects.list('', anyTime())).toEqual([]);
    await objects.create('a/b', textOf('new'), anyTime());
    expect(await readText(objects, 'a/b')).toBe('new');
    expect(await readFile(`${path}.e2d/a/b`, 'utf8')).toBe('new');
    expect(await readFile(path, 'utf8')).toBe('a snapshot');
    await rm(path);
    expect(await single(anyTime())).toBeNull();
    expect(await readText(objects, 'a/b')).toBe('new');
  });

  test('is not there in a folder', async () => {
    await mkdir(folder);
    expect(await openFileStore(folder).single(anyTime())).toBeNull();
  });
});

describe('a disk that fails', () => {
  const isRoot = process.getuid?.() === 0;

  test('says that it is a device and no folder', async () => {
    await expect(openFileStore('/dev/full').objects.list('', anyTime())).rejects.toMatchObject({
      code: 'E2D_STORE_FAILED',
    });
  });

  test.skipIf(isRoot)('says that access is denied', async () => {
    await mkdir(folder, { mode: 0o500 });
    const created = openFileStore(folder).objects.create('a/b', textOf('x'), anyTime());
    await expect(created).rejects.toMatchObject({ code: 'E2D_STORE_DENIED' });
    await chmod(folder, 0o700);
  });

  test.skipIf(!isRoot)('is full, read-only, and then there again', async () => {
    await mkdir(folder);
    const mount = (...options: string[]) =>
      execFileSync('mount', [...options, folder], { stdio: 'pipe' });
    mount('-t', 'tmpfs', '-o', 'size=4m', 'e2d-test');
    try {
      const { objects } = openFileStore(folder);
      await objects.create('a/small', textOf('small'), anyTime());
      await expect(objects.create('b/large', blocks(8e6), anyTime())).rejects.toMatchObject({
        code: 'E2D_STORE_FULL',
        message: expect.stringContaining('"b/large"'),
      });
      expect(await readdir(folder)).toEqual(['a']);
      await objects.create('b/large', blocks(1e6), anyTime());
      mount('-o', 'remount,ro');
      const denied = { code: 'E2D_STORE_DENIED' };
      await expect(objects.create('c', textOf('x'), anyTime())).rejects.toMatchObject(denied);
      await expect(objects.remove('a/small', anyTime())).rejects.toMatchObject(denied);
      expect(await readText(objects, 'a/small')).toBe('small');
      expect(await objects.list('', anyTime())).toHaveLength(2);
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  });
});
