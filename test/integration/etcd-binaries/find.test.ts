import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EtcdVersion } from '../../../src/etcd/binaries/etcd-version.ts';
import { findEtcd } from '../../../src/etcd/binaries/find.ts';
import { listEtcd } from '../../../src/etcd/binaries/list.ts';
import { locateEtcd } from '../../../src/etcd/binaries/locate.ts';
import { type FakeEtcd, temporaryFolder, writeFakeEtcd } from './fake-etcd.ts';

const signal = new AbortController().signal;

/** A machine of three places; each is empty until a test fills it. */
async function machine() {
  const temporary = await temporaryFolder();
  const at = (name: string) => join(temporary.path, name);
  const [binDir, cacheDir, onPath] = [at('bin-dir'), at('cache'), at('path')];
  return {
    binDir,
    cacheDir,
    search: { cacheDir, env: { PATH: `${onPath}:${at('none')}` }, signal },
    putInBinDir: (fake: FakeEtcd) => writeFakeEtcd(binDir, fake),
    putOnPath: (fake: FakeEtcd) => writeFakeEtcd(onPath, fake),
    async putInCache(version: EtcdVersion, fake: Partial<FakeEtcd> = {}) {
      // Running it would fail: what is cached is trusted by its manifest.
      const dir = join(cacheDir, version);
      await writeFakeEtcd(dir, { version, behaviour: 'exit 7', ...fake });
      const manifest = { version, source: 'official release' };
      await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
      return dir;
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

describe('the order of finding', () => {
  test('is bin dir, then cache, then PATH', async () => {
    await using here = await machine();
    await here.putOnPath({ version: '3.5.3' });
    const first = await findEtcd(here.search);
    expect(first.binaries).toMatchObject({ version: '3.5.3', origin: 'path', source: null });
    await here.putInCache('3.5.2');
    const second = await findEtcd(here.search);
    expect(second.binaries).toMatchObject({ version: '3.5.2', origin: 'cache' });
    await here.putInBinDir({ version: '3.5.1' });
    const third = await findEtcd({ ...here.search, binDir: here.binDir });
    expect(third.binaries).toMatchObject({ version: '3.5.1', origin: 'bin-dir' });
  });

  test('heeds a bin dir and a version of the environment', async () => {
    await using here = await machine();
    await here.putInBinDir({ version: '3.5.1' });
    const env = { E2D_ETCD_BIN_DIR: here.binDir, E2D_ETCD_VERSION: '3.5' };
    expect((await findEtcd({ env, signal })).binaries?.version).toBe('3.5.1');
  });

  test('comes to nothing where there is none', async () => {
    await using here = await machine();
    const finding = await findEtcd(here.search);
    expect(finding).toEqual({ binaries: null, passedOver: ['there is no etcd on PATH'] });
  });
});

describe('a bin dir', () => {
  test.each([
    ['is empty', null, {}, 'it has no executable etcd'],
    ['has no etcdctl', { version: '3.6.1', without: ['etcdctl'] }, {}, 'etcdctl is not'],
    ['is too old', { version: '3.3.27' }, {}, 'is etcd 3.3.27, which is too old'],
    ['is broken', { version: '3.6.1', behaviour: 'exit 3' }, {}, 'does not run'],
    ['is of another version', { version: '3.5.9' }, { version: '3.6' }, 'asked for is 3.6'],
  ] as const)('that %s is an error and not passed over', async (_, fake, asked, reason) => {
    await using here = await machine();
    if (fake !== null) await here.putInBinDir(fake);
    await here.putOnPath({ version: '3.6.9' });
    const search = { ...here.search, ...asked, binDir: here.binDir };
    await expect(findEtcd(search)).rejects.toMatchObject({
      code: 'E2D_ETCD_BIN_DIR',
      exit: 2,
      message: expect.stringMatching(`^--etcd-bin-dir ${here.binDir} cannot be used: .*${reason}`),
    });
  });
});

describe('the cache', () => {
  test('gives the newest supported version', async () => {
    await using here = await machine();
    for (const version of ['3.4.34', '3.5.30', '3.6.2', '3.6.10', '3.7.0'] as const) {
      await here.putInCache(version);
    }
    expect((await findEtcd(here.search)).binaries?.version).toBe('3.6.10');
  });

  test('gives the pinned version, or the newest patch of a pinned minor', async () => {
    await using here = await machine();
    for (const version of ['3.5.9', '3.5.30', '3.6.2'] as const) await here.putInCache(version);
    const find = async (version: string) =>
      (await findEtcd({ ...here.search, version })).binaries?.version;
    expect(await find('3.5.9')).toBe('3.5.9');
    expect(await find('3.5')).toBe('3.5.30');
    expect(await find('3.6.3')).toBeUndefined();
  });

  test('is not fooled by unfinished installations', async () => {
    await using here = await machine();
    await writeFakeEtcd(join(here.cacheDir, '3.6.5'), { version: '3.6.5' });
    await writeFakeEtcd(join(here.cacheDir, '.installing-x'), { version: '3.6.6' });
    await here.putInCache('3.6.7', { without: ['etcdctl'] });
    const copied = await here.putInCache('3.6.8');
    await writeFile(join(copied, 'manifest.json'), '{"version":"3.5.1","source":"x"}');
    expect((await findEtcd(here.search)).binaries).toBeNull();
  });
});

describe('on PATH', () => {
  test('another version than the pinned one is passed over', async () => {
    await using here = await machine();
    await here.putOnPath({ version: '3.5.9' });
    const { binaries, passedOver } = await findEtcd({ ...here.search, version: '3.6' });
    expect(binaries).toBeNull();
    expect(passedOver).toEqual([expect.stringMatching(/etcd on PATH is etcd 3\.5\.9$/)]);
  });

  test.each([
    [{ version: '3.3.25' }, /which is too old$/],
    [{ version: '3.5.9', without: ['etcdctl'] }, /etcdctl is not$/],
    [{ version: '3.5.9', behaviour: 'echo hello' }, /printed no version of etcd$/],
  ] as const)('%o is passed over with the reason', async (fake, reason) => {
    await using here = await machine();
    await here.putOnPath(fake);
    const { binaries, passedOver } = await findEtcd(here.search);
    expect(binaries).toBeNull();
    expect(passedOver).toEqual([expect.stringMatching(reason)]);
  });
});

describe('warnings', () => {
  test.each([
    ['3.4.34', ['etcdutl'], [/past its end of life.*etcdctl stands in/]],
    ['3.5.9', ['etcdutl'], [/etcdctl stands in/]],
    ['3.6.9', ['etcdutl'], [/cannot be checked or restored/]],
    ['3.7.0', [], [/newer than what e2d is tested with/]],
    ['3.6.9', [], []],
  ] as const)('etcd %s without %j has %j', async (version, without, warnings) => {
    await using here = await machine();
    await here.putOnPath({ version, without });
    const { binaries } = await findEtcd(here.search);
    expect(binaries?.etcdutl === null).toBe((without as readonly string[]).includes('etcdutl'));
    expect(binaries?.warnings).toEqual(warnings.map((text) => expect.stringMatching(text)));
  });
});

test('a version of the environment that is none is a usage error', async () => {
  const env = { E2D_ETCD_VERSION: 'latest' };
  await expect(findEtcd({ env, signal })).rejects.toMatchObject({ code: 'E2D_ETCD_VERSION' });
});

test('what is found is not installed anew', async () => {
  await using here = await machine();
  await here.putInCache('3.6.2');
  const onProgress = () => expect.unreachable('nothing is to be installed');
  const located = await locateEtcd({ ...here.search, onProgress });
  expect(located.version).toBe('3.6.2');
});

test('the listing shows every place in order, marks the choice, and tells problems', async () => {
  await using here = await machine();
  await here.putInCache('3.5.30');
  await here.putInCache('3.6.2');
  await here.putOnPath({ version: '3.3.1' });
  const binDir = await here.putInBinDir({ version: '3.5.1' });
  const listing = await listEtcd({ ...here.search, binDir });
  expect(listing.found.map((one) => [one.version, one.origin, one.selected])).toEqual([
    ['3.5.1', 'bin-dir', true],
    ['3.6.2', 'cache', false],
    ['3.5.30', 'cache', false],
  ]);
  expect(listing.problems).toEqual([expect.stringMatching(/3\.3\.1, which is too old$/)]);
  expect(listing.installable.length).toBeGreaterThan(20);
  const broken = await listEtcd({ ...here.search, binDir: '/nowhere' });
  expect(broken.problems[0]).toMatch(/^--etcd-bin-dir \/nowhere cannot be used/);
  expect(broken.found.every(({ selected }) => !selected)).toBe(true);
});
