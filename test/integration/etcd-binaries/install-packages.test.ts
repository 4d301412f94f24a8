import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AptSuite } from '../../../src/etcd/binaries/apt-suites.ts';
import { parseVersionPin, supportOf } from '../../../src/etcd/binaries/etcd-version.ts';
import { installEtcd } from '../../../src/etcd/binaries/install.ts';
import { installFromSuites } from '../../../src/etcd/binaries/install-packages.ts';
import { askVersion, firstExecutable } from '../../../src/etcd/binaries/probe-binaries.ts';
import type { EtcdInstallProgress } from '../../../src/etcd/binaries/progress.ts';
import { type FakeSuite, suiteOf, writeRepository } from './apt-repository.ts';
import { temporaryFolder } from './fake-etcd.ts';
import { answers, serve } from './release-server.ts';

const folders = (process.env['PATH'] ?? '').split(delimiter);
const aptGet = await firstExecutable('apt-get', folders);

const old: FakeSuite = { suite: 'old', version: '3.4.23', packageVersion: '3.4.23-4+b4' };
const newer: FakeSuite = { suite: 'newer', version: '3.5.16', packageVersion: '3.5.16-4' };
const newest: FakeSuite = { suite: 'newest', version: '3.5.30', packageVersion: '3.5.30-2' };

/** A repository of packages on disk, and installing from it into an empty cache. */
async function workbench(...offers: FakeSuite[]) {
  const temporary = await temporaryFolder();
  const repository = join(temporary.path, 'repository');
  const cacheDir = join(temporary.path, 'cache');
  const suites = await writeRepository(repository, offers);
  const refusals: string[] = [];
  return {
    suites,
    refusals,
    missing: suiteOf(repository, 'missing'),
    install(from: readonly AptSuite[] = suites, wanted?: string) {
      const signal = AbortSignal.timeout(60_000);
      const pin = wanted === undefined ? null : parseVersionPin(wanted);
      const onProgress = (event: EtcdInstallProgress) => {
        if (event.kind === 'refused') refusals.push(event.reason);
      };
      return installFromSuites(from, { pin, cacheDir, env: process.env, signal, onProgress });
    },
    cached: () => readdir(cacheDir),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

describe.skipIf(aptGet === null)('packages of the distribution', () => {
  test('come from the first suite with a supported etcd', async () => {
    await using bench = await workbench(old, newer, newest);
    const installed = await bench.install();
    expect(installed).toMatchObject({
      version: '3.5.16',
      source: 'packages etcd-server and etcd-client 3.5.16-4 of newer',
      warnings: [],
    });
    expect(bench.refusals).toEqual(['old: it offers etcd 3.4.23 only']);
    expect(await bench.cached()).toEqual(['3.5.16']);
  });

  test('that do not run here are discarded, with the reason, for the next suite', async () => {
    const behaviour = 'echo "version GLIBC_9.9 not found" >&2; exit 1';
    await using bench = await workbench({ ...newer, behaviour }, newest);
    expect((await bench.install()).version).toBe('3.5.30');
    expect(bench.refusals).toEqual([
      expect.stringMatching(/^newer: etcd failed \(1\): .*GLIBC_9\.9 not found/),
    ]);
    expect(await bench.cached()).toEqual(['3.5.30']);
  });

  test('past their end of life are taken, with a warning, where there are no others', async () => {
    await using bench = await workbench({ ...old, without: ['etcdutl'] });
    const installed = await bench.install([...bench.suites, bench.missing]);
    expect(installed).toMatchObject({ version: '3.4.23', etcdutl: null });
    expect(installed.warnings).toEqual([expect.stringMatching(/past its end of life/)]);
  });

  test('are of the pinned version or none', async () => {
    await using bench = await workbench(old, newer, newest);
    expect((await bench.install(bench.suites, '3.5.30')).version).toBe('3.5.30');
    expect((await bench.install(bench.suites, '3.4')).version).toBe('3.4.23');
    await expect(bench.install(bench.suites, '3.6')).rejects.toThrow(
      'old: it offers etcd 3.4.23 only; newer: it offers etcd 3.5.16 only; ' +
        'newest: it offers etcd 3.5.30 only',
    );
  });

  test('are server and client of one version', async () => {
    await using bench = await workbench({ ...newer, clientVersion: '3.5.15-1' }, newest);
    expect((await bench.install()).version).toBe('3.5.30');
    expect(bench.refusals).toEqual(['newer: it offers no etcd-server with its etcd-client']);
  });

  test('come from the next suite when the mirror has not the first', async () => {
    await using bench = await workbench(newest);
    expect((await bench.install([bench.missing, ...bench.suites])).version).toBe('3.5.30');
    expect(bench.refusals).toHaveLength(1);
    expect(await bench.cached()).toEqual(['3.5.30']);
  });
});

describe.skipIf(aptGet === null)('on this machine, where the releases cannot be had', () => {
  test('a supported etcd comes from the configured mirror', async () => {
    await using temporary = await temporaryFolder();
    await using server = await serve(answers.status(503));
    const env = { ...process.env, E2D_ETCD_RELEASES_URL: server.url };
    const events: EtcdInstallProgress[] = [];
    const signal = AbortSignal.timeout(170_000);
    const cacheDir = temporary.path;
    const onProgress = (event: EtcdInstallProgress) => void events.push(event);
    const installed = await installEtcd({ cacheDir, env, signal, onProgress });
    expect(supportOf(installed.version)).toBe('supported');
    expect(installed.source).toMatch(/^packages etcd-server and etcd-client /);
    expect(await askVersion(installed.etcd, signal)).toBe(installed.version);
    expect(await readdir(cacheDir)).toEqual([installed.version]);
    expect(events[0]).toMatchObject({ kind: 'refused', source: 'official releases' });
    expect(events.at(-1)).toMatchObject({ kind: 'installed', version: installed.version });
  });
});
