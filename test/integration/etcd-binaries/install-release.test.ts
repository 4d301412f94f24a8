import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { download } from '../../../src/etcd/binaries/download.ts';
import { findEtcd } from '../../../src/etcd/binaries/find.ts';
import { installEtcd } from '../../../src/etcd/binaries/install.ts';
import { installRelease } from '../../../src/etcd/binaries/install-release.ts';
import type { EtcdInstallProgress } from '../../../src/etcd/binaries/progress.ts';
import { type FakeEtcd, packFakeRelease, pathWith, temporaryFolder } from './fake-etcd.ts';
import { answers, serve } from './release-server.ts';

const folder = 'etcd-v3.6.1-linux-amd64';
const never = new AbortController().signal;

/** A fake release, a cache for it, and what installing it from a server comes to. */
async function workbench(fake: Partial<FakeEtcd> = {}) {
  const temporary = await temporaryFolder();
  const cacheDir = join(temporary.path, 'cache');
  const archive = await packFakeRelease(temporary.path, { folder, version: '3.6.1', ...fake });
  const PATH = await pathWith(join(temporary.path, 'bin'), ['tar', 'gzip', 'sh']);
  const events: EtcdInstallProgress[] = [];
  const common = {
    cacheDir,
    signal: never,
    onProgress: (event: EtcdInstallProgress) => void events.push(event),
  };
  return {
    ...archive,
    cacheDir,
    events,
    /** Installs the archive as if its checksum were the one built in. */
    installTrusted(base: string, { signal = never, sha256 = archive.sha256 } = {}) {
      const url = new URL(`v3.6.1/${folder}.tar.gz`, base);
      const release = { version: '3.6.1', url, folder, sha256, authorization: null } as const;
      return installRelease(release, { ...common, pin: null, env: { PATH }, signal });
    },
    /** Installs as `e2d etcd install` does, on a machine without a package manager. */
    install(E2D_ETCD_RELEASES_URL: string) {
      const env = { PATH, E2D_ETCD_RELEASES_URL };
      return installEtcd({ ...common, version: '3.6.1', env });
    },
    cached: () => readdir(cacheDir),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  return outcome instanceof Error ? outcome : new Error(String(outcome));
}

describe('a release with the right checksum', () => {
  test('is in the cache afterwards, ready to run, and is found there', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.whole(bench.bytes));
    const installed = await bench.installTrusted(server.url);
    const dir = join(bench.cacheDir, '3.6.1');
    expect(installed).toEqual({
      dir,
      etcd: join(dir, 'etcd'),
      etcdctl: join(dir, 'etcdctl'),
      etcdutl: join(dir, 'etcdutl'),
      version: '3.6.1',
      origin: 'cache',
      source: 'official release',
      warnings: [],
    });
    expect(await bench.cached()).toEqual(['3.6.1']);
    expect((await readdir(dir)).sort()).toEqual(['etcd', 'etcdctl', 'etcdutl', 'manifest.json']);
    expect((await stat(dir)).mode & 0o777).toBe(0o755);
    const found = await findEtcd({ cacheDir: bench.cacheDir, env: {}, signal: never });
    expect(found.binaries).toEqual(installed);
    expect(server.requests.map(({ url }) => url)).toEqual([`/v3.6.1/${folder}.tar.gz`]);
  });

  test('reports how much came of how much', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.whole(bench.bytes));
    await bench.installTrusted(server.url);
    expect(bench.events.at(-1)).toEqual({
      kind: 'download',
      what: 'etcd 3.6.1',
      receivedBytes: bench.bytes.length,
      totalBytes: bench.bytes.length,
    });
  });

  test('is installed once by many processes at the same time', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.whole(bench.bytes));
    const all = await Promise.all(
      Array.from({ length: 6 }, () => bench.installTrusted(server.url)),
    );
    expect(new Set(all.map(({ etcd }) => etcd)).size).toBe(1);
    expect(await bench.cached()).toEqual(['3.6.1']);
  });

  test('takes the place of an unfinished installation', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.whole(bench.bytes));
    await mkdir(join(bench.cacheDir, '3.6.1'), { recursive: true });
    await writeFile(join(bench.cacheDir, '3.6.1', 'etcd'), 'half a prog');
    const { etcd } = await bench.installTrusted(server.url);
    expect(await readFile(etcd, 'utf8')).toContain('etcd Version: 3.6.1');
    expect(await bench.cached()).toEqual(['3.6.1']);
  });

  test('is refused when its etcd does not run on this machine', async () => {
    const missing = 'echo "/lib/libc.so.6: version GLIBC_9.9 not found" >&2; exit 1';
    await using bench = await workbench({ behaviour: missing });
    await using server = await serve(answers.whole(bench.bytes));
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error.message).toMatch(/GLIBC_9.9 not found/);
    expect(await bench.cached()).toEqual([]);
  });

  test('is refused when its etcd is of another version', async () => {
    await using bench = await workbench({ behaviour: "echo 'etcd Version: 3.6.2'" });
    await using server = await serve(answers.whole(bench.bytes));
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error.message).toBe('it is etcd 3.6.2 and not 3.6.1');
    expect(await bench.cached()).toEqual([]);
  });
});

test('a wrong checksum is an error that says so, and leaves nothing behind', async () => {
  await using bench = await workbench();
  await using server = await serve(answers.whole(bench.bytes));
  const error = await failureOf(bench.install(server.url));
  expect(error).toBeInstanceOf(E2dError);
  expect(error).toMatchObject({ code: 'E2D_ETCD_CHECKSUM', exit: 1 });
  expect(error.message).toContain(`has the SHA-256 ${bench.sha256} and not`);
  expect(await bench.cached()).toEqual([]);
  expect(server.requests).toHaveLength(1);
});

describe('a transfer that breaks off', () => {
  test('is tried again', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.half(bench.bytes), answers.whole(bench.bytes));
    expect((await bench.installTrusted(server.url)).version).toBe('3.6.1');
    expect(server.requests).toHaveLength(2);
  });

  test('every time is given up, and leaves nothing behind', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.half(bench.bytes));
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error.message).toMatch(/^the download failed: /);
    expect(await bench.cached()).toEqual([]);
    expect(server.requests).toHaveLength(3);
  });

  test('because nothing comes any more is noticed', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.stuck(bench.bytes), answers.whole(bench.bytes));
    const sha256 = await download({
      url: new URL(server.url),
      authorization: null,
      file: `${bench.cacheDir}.part`,
      signal: never,
      stallTimeoutMs: 200,
      onBytes: () => {},
    });
    expect(sha256).toBe(bench.sha256);
    expect(server.requests).toHaveLength(2);
  });

  test('an archive that is cut short but arrives whole has a wrong checksum', async () => {
    await using bench = await workbench();
    const cut = bench.bytes.subarray(0, bench.bytes.length / 2);
    await using server = await serve(answers.whole(cut));
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error).toMatchObject({ code: 'E2D_ETCD_CHECKSUM' });
    expect(await bench.cached()).toEqual([]);
  });
});

describe('releases that cannot be had', () => {
  test('from a closed port, with no package manager, are one error with every reason', async () => {
    await using bench = await workbench();
    const server = await serve(answers.silence);
    await server[Symbol.asyncDispose]();
    const error = await failureOf(bench.install(server.url));
    expect(error).toMatchObject({ code: 'E2D_ETCD_NOT_FOUND', exit: 1 });
    expect(error.message).toMatch(/^etcd 3\.6\.1 was neither found nor could it be installed: /);
    expect(error.message).toMatch(
      /official releases: 127\.0\.0\.1:\d+ cannot be reached: .*REFUSED/,
    );
    expect(error.message).toContain('package manager: ');
    expect(await bench.cached()).toEqual([]);
  });

  test('from a server that does not answer are given up after seconds', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.silence);
    const startMs = performance.now();
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error.message).toMatch(/did not answer within 5 s$/);
    expect(performance.now() - startMs).toBeLessThan(15_000);
  });

  test.each([404, 500])('because of an answer %i are not asked for again', async (code) => {
    await using bench = await workbench();
    await using server = await serve(answers.status(code));
    const error = await failureOf(bench.installTrusted(server.url));
    expect(error.message).toContain(`answered ${code} for /v3.6.1/`);
    expect(server.requests).toHaveLength(1);
  });

  test('credentials of a mirror are sent to it and shown to nobody', async () => {
    await using bench = await workbench();
    await using server = await serve(answers.status(403));
    const error = await failureOf(bench.install(server.url.replace('//', '//ada:secret@')));
    const { authorization } = server.requests[0]?.headers ?? {};
    expect(authorization).toBe(`Basic ${Buffer.from('ada:secret').toString('base64')}`);
    expect(`${error.message} ${JSON.stringify(bench.events)}`).not.toContain('secret');
  });
});

test('an installation that is interrupted stops at once and leaves nothing behind', async () => {
  await using bench = await workbench();
  await using server = await serve(answers.stuck(bench.bytes));
  const stop = new AbortController();
  const installing = failureOf(bench.installTrusted(server.url, { signal: stop.signal }));
  await expect.poll(() => bench.events.length).toBeGreaterThan(0);
  stop.abort(new Error('interrupted'));
  expect((await installing).message).toBe('interrupted');
  expect(await bench.cached()).toEqual([]);
});

test('a cache that cannot be written is named with its remedy', async () => {
  await using bench = await workbench();
  await writeFile(bench.cacheDir, 'a file');
  await using server = await serve(answers.whole(bench.bytes));
  const error = await failureOf(bench.install(server.url));
  expect(error).toMatchObject({ code: 'E2D_ETCD_CACHE' });
  expect(error.message).toContain(bench.cacheDir);
});
