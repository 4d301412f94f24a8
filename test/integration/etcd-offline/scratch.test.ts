import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { removeStaleScratch } from '../../../src/etcd/offline/scratch-folder.ts';
import { isRunning, signal } from '../../../src/playground/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { type Snapshot, takeSnapshot } from './snapshots.ts';

const script = fileURLToPath(new URL('scratch-owner.ts', import.meta.url));
let snapshot: Snapshot;
const owners: ChildProcess[] = [];

beforeAll(async () => {
  snapshot = await takeSnapshot();
});
afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
});
afterAll(() => snapshot.clear());

interface Owned {
  readonly owner: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly etcdPid: number;
  readonly parentDir: string;
}

/** A process of its own that owns a serving scratch etcd. */
async function startOwner(deed: 'stay' | 'exit'): Promise<Owned> {
  const parentDir = await mkdtemp(join(snapshot.dir, 'scratch-of-'));
  const args = ['--import', 'tsx', script, snapshot.file, parentDir, deed];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  const ended = once(owner, 'exit');
  const [said] = await Promise.race([once(owner.stdout, 'data'), ended.then(() => [''])]);
  const etcdPid = Number(String(said));
  if (!(etcdPid > 0)) throw new Error('the owner did not start its etcd');
  return { owner, ended, etcdPid, parentDir };
}

function childrenOf({ pid }: ChildProcess): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

async function gone(pid: number): Promise<void> {
  await waitUntil(() => !isRunning(pid), { what: 'etcd is gone', withinMs: 10_000, everyMs: 10 });
}

describe('a scratch etcd', () => {
  test('listens at no address', async () => {
    const { etcdPid } = await startOwner('stay');
    const descriptors = await readdir(`/proc/${etcdPid}/fd`);
    const links = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/${etcdPid}/fd/${fd}`).catch(() => '')),
    );
    const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    expect(inodes.size).toBeGreaterThan(0);
    const ofNetwork = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/${etcdPid}/net/${table}`, 'utf8')
        .split('\n')
        .filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? '')),
    );
    expect(ofNetwork).toEqual([]);
  });

  test('ends when its owner exits', async () => {
    const { ended, etcdPid } = await startOwner('exit');
    await ended;
    await gone(etcdPid);
  });

  test('ends when its owner is killed', async () => {
    const { owner, ended, etcdPid } = await startOwner('stay');
    owner.kill('SIGKILL');
    await ended;
    await gone(etcdPid);
  });
});

describe('left-over scratch folders', () => {
  test('are removed once their owner is dead, the etcd in them with them', async () => {
    const { owner, ended, etcdPid, parentDir } = await startOwner('stay');
    await mkdir(join(parentDir, 'scratch-of-somebody'));
    expect(await removeStaleScratch(parentDir)).toEqual([]);
    expect(isRunning(etcdPid)).toBe(true);

    // Standing still and without its guard, it outlives its owner.
    signal(etcdPid, 'SIGSTOP');
    for (const pid of childrenOf(owner)) if (pid !== etcdPid) signal(pid, 'SIGKILL');
    owner.kill('SIGKILL');
    await ended;
    expect(isRunning(etcdPid)).toBe(true);
    expect(await removeStaleScratch(parentDir)).toHaveLength(1);
    expect(isRunning(etcdPid)).toBe(false);
    expect(await readdir(parentDir)).toEqual(['scratch-of-somebody']);
  });

  test('are none where there is no folder yet', async () => {
    expect(await removeStaleScratch(join(snapshot.dir, 'nowhere'))).toEqual([]);
  });
});
