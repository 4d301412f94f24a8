/** 3 empty nodes started together, until each member answers a linearizable read. */
import { TestCluster } from '../test/support/cluster.ts';
import type { EtcdGateway } from '../test/support/etcd-gateway.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import { alternate, printTable, runsOf } from './compare.ts';
import { PlainCluster } from './plain-cluster.ts';
import { tuningOfE2d } from './tuning.ts';

interface Startable {
  readonly nodes: readonly { readonly gateway: EtcdGateway }[];
  start(): void;
  destroy(): Promise<void>;
}

async function secondsUntilReadable(cluster: Startable): Promise<number> {
  try {
    const startedAt = performance.now();
    cluster.start();
    const readable = cluster.nodes.map(({ gateway }) =>
      waitUntil(() => gateway.readLinearizably().then(() => true), {
        what: `${gateway.endpoint} answers a linearizable read`,
        withinMs: 60_000,
        everyMs: 20,
      }),
    );
    await Promise.all(readable);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await cluster.destroy();
  }
}

const flags = await tuningOfE2d();
const figures = await alternate(runsOf(process.argv, 15), {
  e2d: () => secondsUntilReadable(new TestCluster({ size: 3, defaultTimeouts: true })),
  reference: () => secondsUntilReadable(new PlainCluster(3, flags)),
});
printTable([
  {
    measure: '3 empty nodes until all answer',
    unit: 's',
    ...figures,
    goal: 'at most 1.3 times',
    met: (e2d, reference) => e2d <= 1.3 * reference,
  },
]);
