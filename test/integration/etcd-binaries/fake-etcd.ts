import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EtcdVersion } from '../../../src/etcd/binaries/etcd-version.ts';
import { firstExecutable } from '../../../src/etcd/binaries/probe-binaries.ts';

/** A temporary folder that goes away with `await using`. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'e2d-binaries-'));
  const dispose = () => rm(path, { recursive: true, force: true });
  return { path, [Symbol.asyncDispose]: dispose };
}

export interface FakeEtcd {
  readonly version: EtcdVersion;
  /** Left out programs; none by default. */
  readonly without?: readonly string[];
  /** What `etcd` does instead of printing its version, in sh. */
  readonly behaviour?: string;
}

/** Writes programs that know nothing but their version. */
export async function writeFakeEtcd(dir: string, fake: FakeEtcd): Promise<string> {
  await mkdir(dir, { recursive: true });
  const etcd = fake.behaviour ?? `echo 'etcd Version: ${fake.version}'`;
  const programs = { etcd, etcdctl: 'exit 0', etcdutl: 'exit 0' };
  for (const [name, script] of Object.entries(programs)) {
    if (fake.without?.includes(name)) continue;
    await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(dir, name), 0o755);
  }
  return dir;
}

/** An archive laid out like the official ones, and its SHA-256. */
export async function packFakeRelease(
  dir: string,
  fake: FakeEtcd & { readonly folder: string },
): Promise<{ bytes: Buffer; sha256: string }> {
  await writeFakeEtcd(join(dir, fake.folder), fake);
  const file = join(dir, `${fake.folder}.tar.gz`);
  execFileSync('tar', ['-czf', file, '-C', dir, fake.folder]);
  const bytes = await readFile(file);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A PATH with only the named programs of this machine. */
export async function pathWith(dir: string, programs: readonly string[]): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const name of programs) {
    const program = await firstExecutable(name, (process.env['PATH'] ?? '').split(delimiter));
    if (program === null) throw new Error(`this test needs ${name}`);
    await symlink(program, join(dir, name));
  }
  return dir;
}
