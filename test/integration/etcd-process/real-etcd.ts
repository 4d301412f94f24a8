import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdArguments } from '../../../src/etcd/flags/etcd-arguments.ts';
import { etcdEnvironment } from '../../../src/etcd/flags/etcd-environment.ts';
import type { LaunchOptions } from '../../../src/etcd/process/launch.ts';
import { processesIn, signal } from '../../../src/playground/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';

const binDir = process.env['E2D_ETCD_BIN_DIR'];
if (binDir === undefined) throw new Error('E2D_ETCD_BIN_DIR must name a directory with etcd in it');
export const etcdExe = join(binDir, 'etcd');
export const etcdVersion = versionOf(execFileSync(etcdExe, ['--version'], { encoding: 'utf8' }));

function versionOf(output: string): string {
  const version = /etcd Version: (\S+)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`no version in ${output}`);
  return version;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A directory for one test, and an end to every etcd whose data lies in it. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'e2d-process-'));
  readonly dataDir = join(this.dir, 'data');
  readonly stateDir = join(this.dataDir, 'e2d');

  etcdPids(): number[] {
    return processesIn(this.dir, 'etcd');
  }

  async clear(): Promise<void> {
    for (const pid of this.etcdPids()) signal(pid, 'SIGKILL');
    await waitUntil(() => this.etcdPids().length === 0, { what: 'etcd is gone', withinMs: 10_000 });
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Overrides {
  readonly name?: string;
  readonly extraArgs?: readonly string[];
  readonly exe?: string;
  readonly clientPort?: number;
  readonly peerPort?: number;
}

/** Options for one member that forms a cluster by itself on free ports. */
export async function launchOptions(place: Place, over: Overrides = {}): Promise<LaunchOptions> {
  const name = over.name ?? 'n1';
  const peerUrl = `http://127.0.0.1:${over.peerPort ?? (await freePort())}`;
  const clientUrl = `http://127.0.0.1:${over.clientPort ?? (await freePort())}`;
  return {
    exe: over.exe ?? etcdExe,
    version: etcdVersion,
    args: etcdArguments({
      name,
      dataDir: place.dataDir,
      listenPeerUrls: [peerUrl],
      advertisePeerUrls: [peerUrl],
      listenClientUrls: [clientUrl],
      advertiseClientUrls: [clientUrl],
      launch: {
        clusterState: 'new',
        initialCluster: `${name}=${peerUrl}`,
        clusterToken: 'etcd-process-test',
      },
      etcdVersion,
      ...(over.extraArgs === undefined ? {} : { extraArgs: over.extraArgs }),
    }),
    environment: etcdEnvironment(process.env),
    name,
    dataDir: place.dataDir,
    stateDir: place.stateDir,
    clientUrl,
  };
}

/** Writes and reads back by etcd's own client; throws while that does not work. */
export function putAndGet(clientUrl: string, key: string, value: string): string {
  etcdctl(clientUrl, ['put', key, value]);
  return etcdctl(clientUrl, ['get', '--print-value-only', key]).trim();
}

export function get(clientUrl: string, key: string): string {
  return etcdctl(clientUrl, ['get', '--print-value-only', key]).trim();
}

function etcdctl(clientUrl: string, args: readonly string[]): string {
  const ran = spawnSync(
    join(binDir ?? '', 'etcdctl'),
    [`--endpoints=${clientUrl}`, '--dial-timeout=1s', '--command-timeout=3s', ...args],
    { encoding: 'utf8', env: { ...process.env, ETCDCTL_API: '3' } },
  );
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

export async function serving(clientUrl: string): Promise<void> {
  await waitUntil(() => putAndGet(clientUrl, 'ready', 'yes') === 'yes', {
    what: `etcd serves at ${clientUrl}`,
    withinMs: 30_000,
  });
}
