/**
 * The longest gap in acknowledged writes when a machine is lost: a follower's, and the leader's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TestCluster } from '../test/support/cluster.ts';
import { EtcdGateway } from '../test/support/etcd-gateway.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import { alternate, printTable, type Row, runsOf } from './compare.ts';
import { PlainCluster } from './plain-cluster.ts';
import { type Role, roleHolder } from './roles.ts';
import { tuningOfE2d } from './tuning.ts';

const flags = await tuningOfE2d();
const runs = runsOf(process.argv, 15);
const writeEveryMs = 10;
const writeTimeoutMs = 500;

/**
 * Begins a write every 10 ms, to each endpoint in turn, whether or not the one before was answered:
 * so that what is measured is the cluster's silence and not a client's time-out.
 */
class OpenLoopWriter {
  readonly #gateways: readonly EtcdGateway[];
  readonly #timer: NodeJS.Timeout;
  readonly #acknowledgedAtMs: number[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #count = 0;

  constructor(endpoints: readonly string[]) {
    this.#gateways = endpoints.map((endpoint) => new EtcdGateway(endpoint, writeTimeoutMs));
    this.#timer = setInterval(() => this.#begin(), writeEveryMs);
  }

  get acknowledged(): number {
    return this.#acknowledgedAtMs.length;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#inFlight);
    for (const gateway of this.#gateways) gateway.close();
  }

  longestGapMs(): number {
    const times = this.#acknowledgedAtMs;
    return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)));
  }

  #begin(): void {
    const gateway = this.#gateways[this.#count % this.#gateways.length];
    this.#count += 1;
    const write = gateway?.put(`/gap/${this.#count}`, 'x').then(
      () => void this.#acknowledgedAtMs.push(performance.now()),
      () => undefined,
    );
    if (write === undefined) return;
    this.#inFlight.add(write);
    void write.finally(() => this.#inFlight.delete(write));
  }
}

async function gapMs(survivors: readonly string[], fault: () => Promise<void>): Promise<number> {
  const writer = new OpenLoopWriter(survivors);
  const hasWritten = (count: number) => {
    const goal = writer.acknowledged + count;
    const what = `${count} more writes are acknowledged`;
    return waitUntil(() => writer.acknowledged >= goal, { what, withinMs: 60_000, everyMs: 20 });
  };
  await hasWritten(200);
  await fault();
  await hasWritten(200);
  await writer.stop();
  return writer.longestGapMs();
}

/** One cluster on each side; the lost node comes back after every run, with its data. */
async function compare(role: Role): Promise<Row> {
  const cluster = new TestCluster({ size: 3, defaultTimeouts: true });
  const reference = new PlainCluster(3, flags);
  try {
    await cluster.startHealthy();
    await reference.startHealthy();
    const figures = await alternate(runs, {
      e2d: async () => {
        await cluster.isHealthy();
        await pause(3_000);
        const lost = await roleHolder(cluster.nodes, role);
        const survivors = cluster.nodes.filter((node) => node !== lost);
        const gap = await gapMs(
          survivors.map((node) => node.endpoint),
          () => lost.killBoth(),
        );
        lost.start();
        return gap;
      },
      reference: async () => {
        await reference.isHealthy();
        await pause(3_000);
        const lost = await roleHolder(reference.nodes, role);
        const survivors = reference.nodes.filter((node) => node !== lost);
        const endpoints = survivors.map((node) => node.gateway.endpoint);
        const gap = await gapMs(endpoints, () => lost.kill());
        lost.start({ state: 'existing', initialCluster: reference.initialCluster });
        return gap;
      },
    });
    return {
      measure: `longest gap in acknowledged writes, ${role} lost`,
      unit: 'ms',
      ...figures,
      goal: 'at most 1.1 times',
      met: (e2d, other) => e2d <= 1.1 * other,
    };
  } finally {
    await cluster.destroy();
    await reference.destroy();
  }
}

printTable([await compare('follower'), await compare('leader')]);
