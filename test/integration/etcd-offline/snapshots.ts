import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdBinaries } from '../../../src/etcd/binaries/etcd-binaries.ts';
import { parseEtcdVersion } from '../../../src/etcd/binaries/etcd-version.ts';
import type { HashKv } from '../../../src/etcd/offline/scratch-etcd.ts';
import { processesIn, signal } from '../../../src/playground/processes.ts';
import { startEtcdCluster } from '../../support/etcd-launcher.ts';

/** The etcd that all tests run. */
export const binaries: EtcdBinaries = (() => {
  const dir = process.env['E2D_ETCD_BIN_DIR'];
  if (dir === undefined) throw new Error('E2D_ETCD_BIN_DIR must name a directory with etcd in it');
  const [etcd, etcdctl, etcdutl] = ['etcd', 'etcdctl', 'etcdutl'].map((name) => join(dir, name));
  if (etcd === undefined || etcdctl === undefined || etcdutl === undefined) throw new Error(dir);
  const { stdout } = spawnSync(etcd, ['--version'], { encoding: 'utf8' });
  const version = parseEtcdVersion(/^etcd Version: (\S+)/m.exec(stdout)?.[1] ?? '');
  if (version === null) throw new Error(`no version in ${stdout}`);
  return {
    ...{ dir, etcd, etcdctl, version, source: null, warnings: [] },
    etcdutl: existsSync(etcdutl) ? etcdutl : null,
    origin: 'bin-dir',
  };
})();

export const keyCount = 40;

/** A snapshot of a cluster of one, and what the cluster said of itself then. */
export class Snapshot {
  readonly dir = mkdtempSync(join(tmpdir(), 'e2d-offline-'));
  readonly file = join(this.dir, 'snapshot.db');
  hashKv: HashKv = { revision: 0, compactRevision: 0, hash: 0 };

  /** An altered copy. */
  async copy(name: string, alter: (path: string, bytes: number) => Promise<void>): Promise<string> {
    const path = join(this.dir, name);
    await copyFile(this.file, path);
    await alter(path, (await readFile(path)).length);
    return path;
  }

  clear(): void {
    for (const pid of processesIn(this.dir, 'etcd')) signal(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** `users`: the cluster answers only who gives a name and a password. */
export async function takeSnapshot({ users = false } = {}): Promise<Snapshot> {
  const cluster = await startEtcdCluster(1);
  const snapshot = new Snapshot();
  try {
    const { clientUrl } = cluster.member(0);
    for (let key = 0; key < keyCount; key += 1) {
      etcdctl(clientUrl, ['put', `key-${key}`, 'v'.repeat(2_000)]);
    }
    etcdctl(clientUrl, ['put', 'key-1', 'again']);
    etcdctl(clientUrl, ['compact', '10']);
    const login = users ? demandUsers(clientUrl) : [];
    snapshot.hashKv = hashOf(clientUrl, login);
    etcdctl(clientUrl, [...login, 'snapshot', 'save', snapshot.file]);
    return snapshot;
  } finally {
    await cluster.stop();
  }
}

function demandUsers(clientUrl: string): readonly string[] {
  etcdctl(clientUrl, ['user', 'add', 'root:secret']);
  etcdctl(clientUrl, ['user', 'grant-role', 'root', 'root']);
  etcdctl(clientUrl, ['auth', 'enable']);
  return ['--user=root:secret'];
}

function hashOf(clientUrl: string, login: readonly string[]): HashKv {
  const [answer] = JSON.parse(etcdctl(clientUrl, [...login, 'endpoint', 'hashkv', '-w', 'json']));
  const { hash, compact_revision: compactRevision, header } = answer.HashKV;
  return { revision: header.revision, compactRevision, hash };
}

function etcdctl(clientUrl: string, args: readonly string[]): string {
  const ran = spawnSync(binaries.etcdctl, [`--endpoints=${clientUrl}`, ...args], {
    encoding: 'utf8',
    env: { ETCDCTL_API: '3' },
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

/** etcd puts the SHA-256 of the database behind it. */
const trailerBytes = 32;
const pageBytes = 4096;

/** Many pages, for some of them are free; the two headers stay. */
export async function flipPages(path: string, bytes: number): Promise<void> {
  const garbage = Buffer.alloc(Math.floor(bytes / 2 / pageBytes) * pageBytes, 0xa5);
  const file = await open(path, 'r+');
  await file.write(garbage, 0, garbage.length, 3 * pageBytes);
  await file.close();
}

export async function cutInHalf(path: string, bytes: number): Promise<void> {
  await truncate(path, Math.floor(bytes / 2 / pageBytes) * pageBytes);
}

export async function cutTrailer(path: string, bytes: number): Promise<void> {
  await truncate(path, bytes - trailerBytes);
}

export async function fillWithText(path: string): Promise<void> {
  await writeFile(path, 'not a database\n'.repeat(10_000));
}
