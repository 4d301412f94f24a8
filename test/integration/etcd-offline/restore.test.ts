import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions } from '../../../src/etcd/binaries/etcd-version.ts';
import { readRestored } from '../../../src/etcd/offline/read-restored.ts';
import { startScratchEtcd } from '../../../src/etcd/offline/scratch-etcd.ts';
import { makeScratchFolder } from '../../../src/etcd/offline/scratch-folder.ts';
import { type RestoreRequest, snapshotTool } from '../../../src/etcd/offline/snapshot-tool.ts';
import { processesIn } from '../../../src/playground/processes.ts';
import {
  binaries,
  cutInHalf,
  cutTrailer,
  fillWithText,
  flipPages,
  keyCount,
  type Snapshot,
  takeSnapshot,
} from './snapshots.ts';

const tool = snapshotTool(binaries);
const { signal } = new AbortController();
let snapshot: Snapshot;
let folders = 0;

beforeAll(async () => {
  snapshot = await takeSnapshot();
});
afterAll(() => snapshot.clear());

function request(over: Partial<RestoreRequest> = {}): RestoreRequest {
  folders += 1;
  return {
    file: snapshot.file,
    dataDir: join(snapshot.dir, `restored-${folders}`),
    name: 'a',
    peerUrl: 'http://127.0.0.1:2380',
    initialCluster: 'a=http://127.0.0.1:2380',
    token: 'a-token',
    integrity: 'trailer',
    bumpRevision: null,
    signal,
    ...over,
  };
}

/** The altered files that no tool may accept, and whether they keep etcd's hash at the end. */
const altered = [
  ['cut in half', cutInHalf],
  ['with flipped pages', flipPages],
  ['of text', fillWithText],
  ['that is empty', (path: string) => writeFile(path, '')],
] as const;

describe('the status of a snapshot', () => {
  test('tells its revision and size', async () => {
    const status = await tool.status(snapshot.file, { signal });
    const { size } = await stat(snapshot.file);
    expect(status.revision).toBe(snapshot.hashKv.revision);
    expect(status.keys).toBeGreaterThanOrEqual(keyCount);
    expect(status.sizeBytes).toBeGreaterThan(size / 2);
  });

  test.each(altered)('refuses a file %s', async (name, alter) => {
    const file = await snapshot.copy(`status ${name}`, alter);
    await expect(tool.status(file, { signal })).rejects.toMatchObject({
      code: 'E2D_SNAPSHOT_CORRUPT',
      message: expect.stringContaining(file),
    });
  });

  test('does not call a file damaged that is not there', async () => {
    const missing = tool.status(join(snapshot.dir, 'nowhere'), { signal });
    await expect(missing).rejects.toMatchObject({ code: 'E2D_RESTORE_FAILED' });
  });
});

describe('a restore', () => {
  test('makes a data dir of the member and cluster that it was asked for', async () => {
    const urls = [1, 2, 3].map((host) => `http://127.0.0.${host}:2380`);
    const initialCluster = `a=${urls[0]},b=${urls[1]},c=${urls[2]}`;
    const found: unknown[] = [];
    for (const [index, name] of ['a', 'b'].entries()) {
      const wanted = request({ name, peerUrl: urls[index] ?? '', initialCluster });
      await tool.restore(wanted);
      expect(await readdir(wanted.dataDir)).toEqual(['member']);
      expect((await stat(wanted.dataDir)).mode & 0o777).toBe(0o700);
      found.push(await readRestored(wanted.dataDir));
    }
    const otherToken = request({ peerUrl: urls[0] ?? '', initialCluster, token: 'another' });
    await tool.restore(otherToken);
    const other = await readRestored(otherToken.dataDir);
    const id = expect.stringMatching(/^[0-9a-f]{14,16}$/);
    expect(found).toEqual([
      { memberId: id, clusterId: id },
      { memberId: id, clusterId: id },
    ]);
    const [a, b] = found as [typeof other, typeof other];
    expect(a.clusterId).toBe(b.clusterId);
    expect(a.memberId).not.toBe(b.memberId);
    expect(other.clusterId).not.toBe(a.clusterId);
  });

  test('names the very ids that etcd then has', async () => {
    const folder = await makeScratchFolder(snapshot.dir);
    const wanted = request({ dataDir: join(folder, 'data') });
    await tool.restore(wanted);
    const told = await readRestored(wanted.dataDir);
    const etcd = await startScratchEtcd({ ...{ binaries, folder, signal }, ...wanted });
    expect(etcd.ids).toEqual(told);
    await etcd.stop();
  });

  test.each(altered)('refuses a file %s and leaves nothing', async (name, alter) => {
    const wanted = request({ file: await snapshot.copy(`restore ${name}`, alter) });
    await expect(tool.restore(wanted)).rejects.toMatchObject({ code: 'E2D_SNAPSHOT_CORRUPT' });
    expect(existsSync(wanted.dataDir)).toBe(false);
  });

  test.each([
    ['cut in half', cutInHalf],
    ['with flipped pages', flipPages],
  ])('without the hash refuses a file %s', async (name, alter) => {
    const file = await snapshot.copy(`bare ${name}`, async (path, bytes) => {
      await cutTrailer(path, bytes);
      await alter(path, bytes);
    });
    const wanted = request({ file, integrity: 'pages' });
    await expect(tool.restore(wanted)).rejects.toMatchObject({ code: 'E2D_SNAPSHOT_CORRUPT' });
    expect(existsSync(wanted.dataDir)).toBe(false);
  });

  test('takes a database without the hash when told to, and only then', async () => {
    const file = await snapshot.copy('bare', cutTrailer);
    const strict = request({ file });
    await expect(tool.restore(strict)).rejects.toMatchObject({ code: 'E2D_SNAPSHOT_CORRUPT' });
    const lenient = request({ file, integrity: 'pages' });
    await tool.restore(lenient);
    await readRestored(lenient.dataDir);
  });

  test('leaves a folder alone that exists', async () => {
    const wanted = request();
    await mkdir(wanted.dataDir);
    await writeFile(join(wanted.dataDir, 'precious'), 'data');
    await expect(tool.restore(wanted)).rejects.toMatchObject({
      code: 'E2D_RESTORE_FAILED',
      message: `${wanted.dataDir} exists already: nothing is restored over it.`,
    });
    expect(await readdir(wanted.dataDir)).toEqual(['precious']);
  });

  test('that is aborted leaves neither a folder nor a process', async () => {
    const abort = new AbortController();
    const wanted = request({ signal: abort.signal });
    const restoring = tool.restore(wanted);
    restoring.catch(() => undefined);
    while (!existsSync(join(wanted.dataDir, 'restoring', 'member'))) {
      await new Promise((done) => setImmediate(done));
    }
    abort.abort(new Error('enough'));
    await expect(restoring).rejects.toThrow('enough');
    expect(existsSync(wanted.dataDir)).toBe(false);
    for (const program of ['etcdutl', 'etcdctl']) {
      expect(processesIn(snapshot.dir, program)).toEqual([]);
    }
  });

  test('does not call a snapshot damaged for want of a tool', async () => {
    const etcdutl = join(snapshot.dir, 'no-etcdutl');
    const broken = snapshotTool({ ...binaries, etcdutl });
    const wanted = request();
    await expect(broken.restore(wanted)).rejects.toMatchObject({ code: 'E2D_RESTORE_FAILED' });
    expect(existsSync(wanted.dataDir)).toBe(false);
  });
});

describe('a jump of the revision', () => {
  const can = execFileSync(binaries.etcdutl ?? binaries.etcdctl, ['snapshot', 'restore', '-h'], {
    encoding: 'utf8',
    env: { ETCDCTL_API: '3' },
  }).includes('--bump-revision');

  test('can be had of 3.6, and of 3.5 where its tool has the option', async () => {
    expect(await tool.canBump({ signal })).toBe(can);
    if (compareVersions(binaries.version, '3.6.0') >= 0) expect(can).toBe(true);
    if (compareVersions(binaries.version, '3.5.0') < 0) expect(can).toBe(false);
  });

  test.skipIf(!can)('ends every watch of an old revision', async () => {
    const folder = await makeScratchFolder(snapshot.dir);
    const wanted = request({ dataDir: join(folder, 'data'), bumpRevision: 1_000_000 });
    await tool.restore(wanted);
    const etcd = await startScratchEtcd({ ...{ binaries, folder, signal }, ...wanted });
    try {
      const { revision } = snapshot.hashKv;
      expect(etcd.revision).toBe(revision + 1_000_000);
      expect(await etcd.countKeys()).toBe(keyCount);
      const watch = ['--endpoints=unix://client:1', 'watch', 'key-1', `--rev=${revision}`];
      const { stdout, stderr } = spawnSync('timeout', ['10', binaries.etcdctl, ...watch], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`).toContain('required revision has been compacted');
    } finally {
      await etcd.stop();
    }
  });

  test.skipIf(can)('is refused where it cannot be had', async () => {
    const wanted = request({ bumpRevision: 1_000 });
    await expect(tool.restore(wanted)).rejects.toMatchObject({ code: 'E2D_RESTORE_FAILED' });
    expect(existsSync(wanted.dataDir)).toBe(false);
  });
});
