import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterTls, type ClusterTlsOptions } from './cluster-tls.ts';
import { ContinuousWriter } from './continuous-writer.ts';
import { type HealthyView, healthyView } from './healthy-view.ts';
import { LoopbackBlock } from './loopback.ts';
import { MembershipRecorder } from './membership-recorder.ts';
import { TestNode, type TestNodeOptions } from './test-node.ts';
import { waitUntil } from './wait-until.ts';

/** Where a node lives, when that is not a loopback address of its own. */
export type Place = Pick<TestNodeOptions, 'host'> &
  Partial<Pick<TestNodeOptions, 'commandPrefix' | 'reachableAt'>>;

export interface TestClusterOptions {
  readonly size: number;
  /** Added to every node's flags; later ones win. */
  readonly flags?: readonly string[];
  /** Leaves e2d's own time-outs as they are; otherwise they are made short. */
  readonly defaultTimeouts?: boolean;
  /** One place for each node; loopback addresses unless given. */
  readonly places?: readonly Place[];
  /** Gives every node certificates, and has it be reached over TLS only. */
  readonly tls?: ClusterTlsOptions;
}

const shortTimeouts = ['--health-check-timeout', '6s', '--health-check-interval', '1s'];

/** Several machines on one: real e2d and etcd processes, each node on an address of its own. */
export class TestCluster {
  readonly nodes: TestNode[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'e2d-cluster-'));
  /** Null: plain HTTP. */
  readonly tls: ClusterTls | null;
  readonly #size: number;
  readonly #flags: readonly string[];
  readonly #bootstrapAddresses: readonly string[];
  readonly #block = new LoopbackBlock();
  readonly #watchers: { stop(): Promise<void> }[] = [];
  readonly #destroyNow = (): void => {
    for (const node of this.nodes) node.destroy();
  };

  constructor(options: TestClusterOptions) {
    this.#size = options.size;
    this.tls = options.tls === undefined ? null : new ClusterTls(this.folder, options.tls);
    const timeouts = options.defaultTimeouts === true ? [] : shortTimeouts;
    this.#flags = [...timeouts, ...(options.flags ?? [])];
    const places = options.places ?? this.#loopbackPlaces(options.size);
    this.#bootstrapAddresses =
      options.size === 1 ? [] : places.map((place) => `${place.host}:7980`);
    for (const place of places) this.addNode({ place });
    process.on('exit', this.#destroyNow);
  }

  /** A further machine, not started, that knows the cluster's bootstrap addresses. */
  addNode(
    options: { place?: Place; name?: string | null; size?: number; flags?: string[] } = {},
  ): TestNode {
    const number = this.nodes.length + 1;
    const folder = join(this.folder, `n${number}`);
    mkdirSync(folder);
    const place = options.place ?? { host: this.#block.next() };
    const node = new TestNode({
      ...place,
      ...(this.tls === null
        ? {}
        : { tls: this.tls.client, etcdVariables: this.tls.gatewayVariables }),
      name: options.name === undefined ? `n${number}` : options.name,
      folder,
      size: options.size ?? this.#size,
      bootstrapAddresses: this.#bootstrapAddresses,
      flags: [...(this.tls?.flagsFor(place.host) ?? []), ...this.#flags, ...(options.flags ?? [])],
    });
    this.nodes.push(node);
    return node;
  }

  /** The node by its index; throws where there is none. */
  node(index: number): TestNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`the cluster has no node ${index}`);
    return node;
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  /** Starts all nodes and waits until the cluster is healthy. */
  async startHealthy(): Promise<HealthyView> {
    this.start();
    return this.isHealthy();
  }

  /**
   * Resolves when the members are exactly `nodes` as started voters, every one of them answers a
   * linearizable read, and all agree on the member list, the cluster id and the leader.
   */
  async isHealthy(
    nodes: readonly TestNode[] = this.nodes,
    withinMs = 45_000,
  ): Promise<HealthyView> {
    return waitUntil(() => healthyView(nodes), {
      what: `${nodes.length} members are healthy voters`,
      withinMs,
      explain: () => this.explain(),
    });
  }

  /** The node that leads, among those that run. */
  async leader(): Promise<TestNode> {
    return waitUntil(
      async () => {
        for (const node of this.nodes) {
          const status = await node.gateway.status().catch(() => null);
          if (status !== null && status.leaderId === status.memberId) return node;
        }
        return null;
      },
      { what: 'a member leads', withinMs: 20_000, explain: () => this.explain() },
    );
  }

  /** A node that does not lead. */
  async follower(): Promise<TestNode> {
    const leader = await this.leader();
    const follower = this.nodes.find((node) => node !== leader && node.e2dPid !== null);
    if (follower === undefined) throw new Error('the cluster has no follower');
    return follower;
  }

  /** A client that writes from now on until the cluster is destroyed, or it is stopped. */
  writer(nodes: readonly TestNode[] = this.nodes, everyMs?: number): ContinuousWriter {
    const writer = new ContinuousWriter(
      nodes.map((node) => node.endpoint),
      everyMs,
    );
    this.#watchers.push(writer);
    return writer;
  }

  /** Remembers from now on which members and clusters there ever were. */
  recorder(nodes: readonly TestNode[] = this.nodes): MembershipRecorder {
    const recorder = new MembershipRecorder(nodes.map((node) => node.endpoint));
    this.#watchers.push(recorder);
    return recorder;
  }

  async explain(): Promise<string> {
    const parts = await Promise.all(this.nodes.map((node) => node.explain()));
    const lists = await Promise.all(
      this.nodes.map((node) =>
        node.gateway.members().then(
          (list) => `${node.host} lists ${JSON.stringify(list)}`,
          (error: Error) => error.message,
        ),
      ),
    );
    return [...parts, ...lists].join('\n');
  }

  /** Kills what still runs and removes every file; `E2D_KEEP_TEST_FOLDERS=1` keeps the files. */
  async destroy(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.stop()));
    this.#destroyNow();
    await waitUntil(() => this.nodes.every((node) => node.etcdPids.length === 0), {
      what: 'every process of the cluster is gone',
      withinMs: 10_000,
    });
    process.off('exit', this.#destroyNow);
    if (process.env['E2D_KEEP_TEST_FOLDERS'] === undefined) {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  #loopbackPlaces(count: number): Place[] {
    return Array.from({ length: count }, () => ({ host: this.#block.next() }));
  }
}
