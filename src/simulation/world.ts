import type { ClusterId, Member } from '../../machines/facts.ts';
import { quorumOf } from '../../machines/quorum.ts';
import type { NodeConfig, SnapshotConfig } from '../config/node-config.ts';
import type { DriverEntry } from '../node/driver.ts';
import type { ConfigChangeEvent } from './etcd/events.ts';
import { EtcdModel } from './etcd/model.ts';
import type { Deed } from './events.ts';
import { GossipNetwork } from './gossip-network.ts';
import type { Surroundings } from './habitat.ts';
import type { Life } from './life.ts';
import { Links } from './links.ts';
import { SeededRandom } from './seeded-random.ts';
import { type LifeWatcher, SimulatedMachine } from './simulated-machine.ts';
import { SimulatedStore } from './store/simulated-store.ts';
import { VirtualTime } from './virtual-time.ts';

/** What a seed decides of a cluster before anything happens. */
export interface ClusterDraft {
  readonly size: 1 | 3 | 5;
  readonly healthCheckTimeoutMs: number;
  readonly learnerTimeoutMs: number;
  readonly maxRemovalsPerHour: number;
  readonly bootstrapTimeoutMs: number;
  readonly onExit: NodeConfig['onExit'];
  /** Null: no store is configured. */
  readonly snapshots: SnapshotDraft | null;
}

export interface SnapshotDraft {
  readonly intervalMs: number;
  readonly restorePolicy: 'auto' | 'manual';
  readonly verifyIntervalMs: number | null;
  /** All of the latest time are kept so long; of the others one of each hour. */
  readonly keepAllMs: number;
  readonly keepCount: number | null;
}

/** Those who watch a world. */
export interface WorldWatcher extends LifeWatcher {
  configChanged(event: ConfigChangeEvent): void;
  happened?(deed: Deed): void;
}

/** Machines, the network between them, and etcd, on one clock and one source of chance. */
export class World implements Surroundings {
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly links: Links;
  readonly network: GossipNetwork;
  readonly etcd: EtcdModel;
  readonly machines: readonly SimulatedMachine[];
  readonly store: SimulatedStore | null;
  /** Clusters of which more disks were lost than can be spared: acknowledged writes may be gone. */
  readonly lostClusters = new Set<ClusterId>();
  /** Lineages that an operator gave up by name. */
  readonly givenUp = new Set<string>();
  readonly #watchers: readonly WorldWatcher[];

  constructor(seed: number, draft: ClusterDraft, watchers: readonly WorldWatcher[]) {
    this.random = new SeededRandom(seed);
    this.#watchers = watchers;
    this.links = new Links(this.random.fork());
    this.network = new GossipNetwork(this.time, this.links);
    this.etcd = new EtcdModel(
      {
        clock: this.time,
        random: this.random.fork(),
        reaches: (from, to) => this.links.reaches(from, to),
        latencyMs: (from, to) => this.links.latencyMs(from, to),
      },
      {
        onConfigChange: (event) => {
          for (const watcher of watchers) watcher.configChanged(event);
        },
      },
    );
    this.store =
      draft.snapshots &&
      new SimulatedStore({
        passed: (delayMs) => this.passed(delayMs),
        onChange: (change) => this.happened(change),
      });
    this.links.onChange = () => this.etcd.linksChanged();
    const addresses = Array.from({ length: draft.size }, (_, index) => `10.0.0.${index + 1}`);
    this.machines = addresses.map(
      (_, index) =>
        new SimulatedMachine(this, configOf(draft, index, addresses), {
          random: this.random.fork(),
          watcher: this,
        }),
    );
  }

  lifeBegan(life: Life): void {
    for (const watcher of this.#watchers) watcher.lifeBegan(life);
  }

  stepped(life: Life, entry: DriverEntry): void {
    for (const watcher of this.#watchers) watcher.stepped(life, entry);
  }

  happened(deed: Deed): void {
    if (deed.kind === 'ordered' && deed.order.lineage !== null) {
      this.givenUp.add(deed.order.lineage);
    }
    for (const watcher of this.#watchers) watcher.happened?.(deed);
  }

  get isDisaster(): boolean {
    return this.lostClusters.size > 0;
  }

  /** A disk is lost, spared or not; with an empty one nothing is lost. */
  noteLoss(machine: SimulatedMachine): void {
    if (machine.disk.isEmpty) return;
    const { data } = machine.disk;
    if (data !== null && !this.maySpareDiskOf(machine)) this.lostClusters.add(data.clusterId);
    machine.dataLost = true;
  }

  /**
   * Whether the cluster survives the loss of this machine's disk: what is left of its voters' disks
   * is a quorum. More than that is a disaster, and loses what was acknowledged.
   */
  maySpareDiskOf(machine: SimulatedMachine): boolean {
    const { data } = machine.disk;
    if (data === null) return false;
    const voters =
      this.etcd
        .clusters()
        .get(data.clusterId)
        ?.members.filter((m) => !m.learner) ?? [];
    const isLeft = (voter: Member) =>
      this.machines.some(
        ({ disk }) =>
          disk !== machine.disk && disk.state === 'readable' && disk.data?.memberId === voter.id,
      );
    return voters.filter(isLeft).length >= quorumOf(voters.length);
  }

  /** Resolves when so much time has passed. */
  passed(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.time.setTimeout(resolve, delayMs));
  }
}

const [clientPort, peerPort, gossipPort] = [2379, 2380, 7980];

function configOf(draft: ClusterDraft, index: number, addresses: readonly string[]): NodeConfig {
  const host = addresses[index] ?? '';
  const client = `http://${host}:${clientPort}`;
  const peer = `http://${host}:${peerPort}`;
  const gossip = { host, port: gossipPort };
  return {
    name: `n${index + 1}`,
    dataDir: '/var/lib/etcd',
    stateDir: '/var/lib/etcd/e2d',
    host,
    urls: {
      clientListen: [client],
      clientAdvertise: client,
      peerListen: [peer],
      peerAdvertise: peer,
    },
    gossip: { ...gossip, advertise: gossip },
    remoteControl: null,
    bootstrapAddresses: addresses.map((address) => ({ host: address, port: gossipPort })),
    requiredSize: draft.size,
    healthCheckIntervalMs: Math.min(60_000, draft.healthCheckTimeoutMs / 5),
    healthCheckTimeoutMs: draft.healthCheckTimeoutMs,
    bootstrapTimeoutMs: draft.bootstrapTimeoutMs,
    learnerTimeoutMs: draft.learnerTimeoutMs,
    maxRemovalsPerHour: draft.maxRemovalsPerHour,
    etcd: {
      binDir: null,
      cacheDir: '/var/cache/e2d',
      version: null,
      releasesUrl: null,
      extraArgs: [],
      passEnv: [],
    },
    tls: null,
    caKeyFile: null,
    gossipKeyFile: null,
    snapshots: draft.snapshots && snapshotConfigOf(draft.snapshots),
    onExit: draft.onExit,
    logLevel: 'info',
    logFormat: 'json',
    verbose: false,
    warnings: [],
  };
}

function snapshotConfigOf(draft: SnapshotDraft): SnapshotConfig {
  const { intervalMs, restorePolicy, verifyIntervalMs, keepAllMs, keepCount } = draft;
  return {
    url: 'file:///var/backups/etcd',
    compression: false,
    encryptionKeyFile: null,
    readKeyFiles: [],
    intervalMs,
    retention: { allMs: keepAllMs, hourlyMs: 3_600_000, dailyMs: 86_400_000, count: keepCount },
    verifyIntervalMs,
    restorePolicy,
    store: {
      s3Endpoint: null,
      s3Region: null,
      accessKey: null,
      roleSessionName: null,
      spacesKey: null,
    },
  };
}
