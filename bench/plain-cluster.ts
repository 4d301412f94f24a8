import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { killAndWait, signal } from '../src/playground/processes.ts';
import { EtcdGateway } from '../test/support/etcd-gateway.ts';
import { type HealthyView, healthyView } from '../test/support/healthy-view.ts';
import { LoopbackBlock } from '../test/support/loopback.ts';
import { waitUntil } from '../test/support/wait-until.ts';

const run = promisify(execFile);

/** What an etcd joins: `new` with the initial members, `existing` with what the cluster has. */
export interface Join {
  readonly state: 'new' | 'existing';
  readonly initialCluster: string;
}

/** One etcd process with an address and a data dir, started by hand. */
export class PlainMember {
  readonly host: string;
  readonly name: string;
  readonly gateway: EtcdGateway;
  readonly #folder: string;
  readonly #flags: readonly string[];
  #etcd: ChildProcess | null = null;

  constructor(options: { host: string; name: string; folder: string; flags: readonly string[] }) {
    this.host = options.host;
    this.name = options.name;
    this.#folder = options.folder;
    this.#flags = options.flags;
    this.gateway = new EtcdGateway(`${options.host}:2379`);
  }

  get peerUrl(): string {
    return `http://${this.host}:2380`;
  }

  get etcdPid(): number {
    if (this.#etcd?.pid === undefined) throw new Error(`etcd of ${this.host} was not started`);
    return this.#etcd.pid;
  }

  start(join: Join, moreFlags: readonly string[] = []): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const log = openSync(`${this.#folder}.log`, 'a');
    const client = `http://${this.host}:2379`;
    this.#etcd = spawn(
      binary('etcd'),
      [
        ...['--name', this.name, '--data-dir', this.#folder],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
        ...['--initial-cluster', join.initialCluster, '--initial-cluster-state', join.state],
        ...this.#flags,
        ...moreFlags,
      ],
      { stdio: ['ignore', log, log], env: withoutEtcdVariables() },
    );
  }

  /** Makes its data dir of a snapshot, as its operator would. */
  async restore(file: string, initialCluster: string): Promise<void> {
    await run(binary('etcdutl'), [
      ...['snapshot', 'restore', file, '--data-dir', this.#folder, '--name', this.name],
      ...['--initial-cluster', initialCluster, '--initial-advertise-peer-urls', this.peerUrl],
    ]);
  }

  async kill(): Promise<void> {
    await killAndWait(this.etcdPid);
  }

  loseDisk(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  destroy(): void {
    if (this.#etcd?.pid !== undefined) signal(this.#etcd.pid, 'SIGKILL');
    this.gateway.close();
  }
}

/** The reference: a cluster of plain etcd processes with a static configuration and no manager. */
export class PlainCluster {
  readonly nodes: PlainMember[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'plain-etcd-'));
  readonly #destroyNow = (): void => {
    for (const node of this.nodes) node.destroy();
  };

  /** `flags` are given to every etcd, so that both sides run with the same tuning. */
  constructor(size: number, flags: readonly string[]) {
    const block = new LoopbackBlock();
    this.nodes = Array.from({ length: size }, (_, index) => {
      const name = `n${index + 1}`;
      return new PlainMember({ host: block.next(), name, folder: join(this.#folder, name), flags });
    });
    process.on('exit', this.#destroyNow);
  }

  get initialCluster(): string {
    return this.nodes.map((node) => `${node.name}=${node.peerUrl}`).join(',');
  }

  start(): void {
    for (const node of this.nodes)
      node.start({ state: 'new', initialCluster: this.initialCluster });
  }

  async startHealthy(): Promise<HealthyView> {
    this.start();
    return this.isHealthy();
  }

  async isHealthy(everyMs = 20): Promise<HealthyView> {
    const what = 'the reference cluster is healthy';
    return waitUntil(() => healthyView(this.nodes), { what, withinMs: 60_000, everyMs });
  }

  async destroy(): Promise<void> {
    this.#destroyNow();
    process.off('exit', this.#destroyNow);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Replaces a member whose disk was lost by the four commands that an operator would type. */
export async function replaceByScript(cluster: PlainCluster, lost: PlainMember): Promise<void> {
  const others = cluster.nodes.filter((node) => node !== lost);
  const endpoints = others.map((node) => `${node.host}:2379`).join(',');
  const list = await others[0]?.gateway.members();
  const dead = list?.members.find((member) => member.peerUrls.includes(lost.peerUrl));
  if (dead === undefined) throw new Error(`no member has the peer URL ${lost.peerUrl}`);
  await etcdctl(endpoints, 'member', 'remove', dead.id);
  const peerUrl = `--peer-urls=${lost.peerUrl}`;
  const added = await etcdctl(endpoints, 'member', 'add', lost.name, peerUrl, '--learner');
  const learnerId = /Member\s+([0-9a-f]+) added/.exec(added)?.[1];
  if (learnerId === undefined) throw new Error(`etcdctl member add wrote ${added}`);
  lost.start({ state: 'existing', initialCluster: cluster.initialCluster });
  await etcdctl(endpoints, 'member', 'promote', learnerId);
}

/** Tries again at once until the command is carried out: no leader yet, learner not in sync yet. */
async function etcdctl(endpoints: string, ...args: string[]): Promise<string> {
  return waitUntil(
    async () => {
      const options = { env: { ...withoutEtcdVariables(), ETCDCTL_API: '3' } };
      const flags = ['--endpoints', endpoints, '--command-timeout', '1s'];
      const { stdout } = await run(binary('etcdctl'), [...flags, ...args], options);
      return stdout;
    },
    { what: `etcdctl ${args.join(' ')} succeeds`, withinMs: 60_000, everyMs: 20 },
  );
}

function binary(name: string): string {
  const folder = process.env['E2D_ETCD_BIN_DIR'];
  return folder === undefined ? name : join(folder, name);
}

function withoutEtcdVariables(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD'));
  return Object.fromEntries(kept);
}
