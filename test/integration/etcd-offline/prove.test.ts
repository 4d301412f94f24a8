import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions } from '../../../src/etcd/binaries/etcd-version.ts';
import { type ProofRequest, proveSnapshot } from '../../../src/etcd/offline/prove-snapshot.ts';
import { snapshotTool } from '../../../src/etcd/offline/snapshot-tool.ts';
import { processesIn } from '../../../src/playground/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  binaries,
  cutTrailer,
  flipPages,
  keyCount,
  type Snapshot,
  takeSnapshot,
} from './snapshots.ts';

const tool = snapshotTool(binaries);
const never = new AbortController().signal;
const clock = { nowMs: () => performance.now() };
let snapshot: Snapshot;
let workDirs = 0;

beforeAll(async () => {
  snapshot = await takeSnapshot();
});
afterAll(() => snapshot.clear());

async function request(over: Partial<ProofRequest> = {}): Promise<ProofRequest> {
  workDirs += 1;
  // Deeper than the path of a socket may be long.
  const workDir = join(snapshot.dir, `work-${workDirs}`, 'deep'.repeat(20), 'deeper'.repeat(10));
  await mkdir(workDir, { recursive: true });
  const { file, hashKv } = snapshot;
  return { file, hasTrailer: true, hashKv, tool, binaries, workDir, signal: never, clock, ...over };
}

async function expectNothingLeft({ workDir }: ProofRequest): Promise<void> {
  expect(await readdir(workDir)).toEqual([]);
  expect(processesIn(workDir, 'etcd')).toEqual([]);
}

describe('a proof', () => {
  test('passes a snapshot that holds what the cluster held', async () => {
    const wanted = await request();
    const proof = await proveSnapshot(wanted);
    const { revision } = snapshot.hashKv;
    expect(proof).toMatchObject({
      outcome: 'proven',
      sentence: `etcd serves it at revision ${revision}, it holds ${keyCount} keys, and its hash at revision ${revision} is the one recorded.`,
      keys: keyCount,
      revision,
    });
    expect(proof.servingMs).toBeGreaterThan(0);
    expect(proof.tookMs).toBeGreaterThan(proof.servingMs ?? Number.POSITIVE_INFINITY);
    await expectNothingLeft(wanted);
  });

  test('fails a snapshot whose recorded hash is another', async () => {
    const hashKv = { ...snapshot.hashKv, hash: snapshot.hashKv.hash + 1 };
    const wanted = await request({ hashKv });
    expect(await proveSnapshot(wanted)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining(
        `is ${snapshot.hashKv.hash} where ${hashKv.hash} was recorded`,
      ),
    });
    await expectNothingLeft(wanted);
  });

  test('fails a snapshot that does not reach the recorded revision', async () => {
    const revision = snapshot.hashKv.revision + 1;
    const wanted = await request({ hashKv: { ...snapshot.hashKv, revision } });
    expect(await proveSnapshot(wanted)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining(`reaching revision ${revision}`),
    });
  });

  test.each([
    ['at another revision', { compactRevision: 5 }],
    ['beyond the recorded revision', { revision: 5, compactRevision: 3 }],
  ])('says that hashes cannot be compared when compacted %s', async (_, over) => {
    const wanted = await request({ hashKv: { ...snapshot.hashKv, ...over, hash: 1 } });
    expect(await proveSnapshot(wanted)).toMatchObject({
      outcome: 'proven',
      sentence: expect.stringContaining('not comparable'),
      keys: keyCount,
    });
  });

  test('goes by opening and counting where no hash was recorded', async () => {
    const file = await snapshot.copy('bare', cutTrailer);
    const wanted = await request({ file, hasTrailer: false, hashKv: null });
    expect(await proveSnapshot(wanted)).toMatchObject({ outcome: 'proven', keys: keyCount });
  });

  test('fails a damaged snapshot', async () => {
    const file = await snapshot.copy('flipped', flipPages);
    const wanted = await request({ file });
    expect(await proveSnapshot(wanted)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining('is not a sound snapshot'),
      keys: null,
      servingMs: null,
    });
    await expectNothingLeft(wanted);
  });

  test('is no failure of the snapshot when etcd cannot be started', async () => {
    const wanted = await request({ binaries: { ...binaries, etcd: '/nowhere/etcd' } });
    await expect(proveSnapshot(wanted)).rejects.toMatchObject({ code: 'E2D_RESTORE_FAILED' });
    await expectNothingLeft(wanted);
  });

  test('that is aborted while etcd starts leaves nothing', async () => {
    const abort = new AbortController();
    const wanted = await request({ signal: abort.signal });
    const proving = proveSnapshot(wanted);
    proving.catch(() => undefined);
    await waitUntil(() => processesIn(wanted.workDir, 'etcd').length > 0, {
      what: 'the scratch etcd runs',
      withinMs: 20_000,
      everyMs: 1,
    });
    abort.abort(new Error('enough'));
    await expect(proving).rejects.toThrow('enough');
    await expectNothingLeft(wanted);
  });

  test('sees the keys and their hash in a cluster with users, too', async () => {
    const guarded = await takeSnapshot({ users: true });
    try {
      const wanted = await request({ file: guarded.file, hashKv: guarded.hashKv });
      expect(await proveSnapshot(wanted)).toMatchObject({
        outcome: 'proven',
        sentence: expect.stringContaining(
          `its hash at revision ${guarded.hashKv.revision} is the one recorded`,
        ),
        keys: tellsUsersRevision ? keyCount : null,
      });
      const hashKv = { ...guarded.hashKv, hash: guarded.hashKv.hash + 1 };
      const other = await request({ file: guarded.file, hashKv });
      expect(await proveSnapshot(other)).toMatchObject({ outcome: 'failed' });
      await expectNothingLeft(other);
    } finally {
      guarded.clear();
    }
  });
});

/** Without the revision of its users, etcd before 3.5 lets nobody in to count keys. */
const tellsUsersRevision = compareVersions(binaries.version, '3.5.0') >= 0;
