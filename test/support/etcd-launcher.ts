import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopbackBlock } from './loopback.ts';
import { waitUntil } from './wait-until.ts';

type Scheme = 'http' | 'https';

/**
 * Plain etcd processes on loopback addresses, without e2d: what the etcd client is tested against.
 */
export class EtcdCluster {
  readonly #directory: string;
  readonly #addresses = new LoopbackBlock();
  readonly members: EtcdProcess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  get clientUrls(): string[] {
    return this.members.map((member) => member.clientUrl);
  }

  member(index: number): EtcdProcess {
    const member = this.members[index];
    if (member === undefined) throw new Error(`the test cluster has no member ${index}`);
    return member;
  }

  /** A member that is not in the cluster yet: addresses and a data dir, no process. */
  async addBlank(scheme: Scheme = 'http', peerScheme: Scheme = 'http'): Promise<EtcdProcess> {
    const name = `m${this.members.length}`;
    const address = this.#addresses.next();
    const [clientPort, peerPort] = [await freePort(address), await freePort(address)];
    const member = new EtcdProcess(this.#directory, name, {
      clientUrl: `${scheme}://${address}:${clientPort}`,
      peerUrl: `${peerScheme}://${address}:${peerPort}`,
    });
    this.members.push(member);
    return member;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export class EtcdProcess {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly dataDir: string;
  readonly logFile: string;
  #child: ChildProcess | undefined;
  #arguments: readonly string[] = [];

  constructor(directory: string, name: string, urls: { clientUrl: string; peerUrl: string }) {
    this.name = name;
    this.clientUrl = urls.clientUrl;
    this.peerUrl = urls.peerUrl;
    this.dataDir = join(directory, `${name}.etcd`);
    this.logFile = join(directory, `${name}.log`);
  }

  /** Starts etcd; `initialCluster` is `name=peerURL` pairs joined by commas. */
  start(
    clusterState: 'new' | 'existing',
    initialCluster: string,
    moreFlags: readonly string[] = [],
  ): void {
    this.#arguments = [
      ['--name', this.name],
      ['--data-dir', this.dataDir],
      ['--listen-client-urls', this.clientUrl],
      ['--advertise-client-urls', this.clientUrl],
      ['--listen-peer-urls', this.peerUrl],
      ['--initial-advertise-peer-urls', this.peerUrl],
      ['--initial-cluster', initialCluster],
      ['--initial-cluster-state', clusterState],
      ['--logger', 'zap'],
      unsafeNoFsync() ? ['--unsafe-no-fsync'] : [],
      moreFlags,
    ].flat();
    this.restart();
  }

  /** Starts again with the arguments of the latest start. */
  restart(): void {
    const child = spawn(etcdPath(), this.#arguments, {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.#child = child;
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Resolves once every thread stands still: the signal alone only asks for it. */
  async pause(): Promise<void> {
    this.#child?.kill('SIGSTOP');
    const tasks = `/proc/${this.#child?.pid}/task`;
    const isStopped = async (task: string) =>
      / T /.test(await readFile(`${tasks}/${task}/stat`, 'latin1'));
    const allStopped = async () =>
      (await Promise.all((await readdir(tasks)).map(isStopped))).every(Boolean);
    await waitUntil(allStopped, { what: `${this.name} stands still`, withinMs: 5_000, everyMs: 5 });
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async wipe(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }

  log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }
}

/** A cluster to which members are yet to be added. */
export async function emptyEtcdCluster(): Promise<EtcdCluster> {
  return new EtcdCluster(await mkdtemp(join(tmpdir(), 'e2d-etcd-')));
}

/** Starts a cluster of `size` members and waits until each answers its health check. */
export async function startEtcdCluster(size: number): Promise<EtcdCluster> {
  const cluster = await emptyEtcdCluster();
  for (let index = 0; index < size; index += 1) await cluster.addBlank();
  const initialCluster = initialClusterOf(cluster.members);
  for (const member of cluster.members) member.start('new', initialCluster);
  try {
    await Promise.all(cluster.members.map((member) => healthy(member)));
  } catch (problem) {
    const logs = await Promise.all(cluster.members.map((member) => member.log()));
    await cluster.stop();
    throw new Error(`the test cluster did not start: ${logs.join('\n')}`, { cause: problem });
  }
  return cluster;
}

export function initialClusterOf(members: readonly EtcdProcess[]): string {
  return members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
}

/** Waits until etcd says of itself that it serves linearizable reads. */
export async function healthy(member: EtcdProcess, withinMs = 30_000): Promise<void> {
  const health = async () =>
    (await fetch(`${member.clientUrl}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  await waitUntil(health, { what: `${member.name} is healthy`, withinMs, everyMs: 20 });
}

function etcdPath(): string {
  const directory = process.env['E2D_ETCD_BIN_DIR'];
  return directory === undefined ? 'etcd' : join(directory, 'etcd');
}

let knowsUnsafeNoFsync: boolean | undefined;

function unsafeNoFsync(): boolean {
  if (knowsUnsafeNoFsync === undefined) {
    const { stdout, stderr } = spawnSync(etcdPath(), ['--help'], { encoding: 'utf8' });
    knowsUnsafeNoFsync = `${stdout}${stderr}`.includes('--unsafe-no-fsync');
  }
  return knowsUnsafeNoFsync;
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() =>
        typeof bound === 'object' && bound !== null
          ? resolve(bound.port)
          : reject(new Error(`no port on ${address}`)),
      );
    });
  });
}
