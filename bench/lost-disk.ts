/** One of 3 loses its disk and is started again at once, until there are 3 healthy voters. */
import { setTimeout as pause } from 'node:timers/promises';
import { TestCluster } from '../test/support/cluster.ts';
import { healthyView } from '../test/support/healthy-view.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import { alternate, type Measurement, printTable, type Row, runsOf } from './compare.ts';
import { PlainCluster, type PlainMember, replaceByScript } from './plain-cluster.ts';
import { type Role, roleHolder } from './roles.ts';
import { tuningOfE2d } from './tuning.ts';

/** etcd takes no member change before all its members were connected for 5 s. */
const settlingMs = 6_000;

const flags = await tuningOfE2d();
const runs = runsOf(process.argv, 7);

/** From the restart on the empty disk; the death and the loss come right before. */
function e2dMeasurement(cluster: TestCluster, role: Role): Measurement {
  return async () => {
    await Promise.all(cluster.nodes.map((node) => node.isSettled()));
    await pause(settlingMs);
    const lost = await roleHolder(cluster.nodes, role);
    await lost.killBoth();
    await lost.loseDisk();
    const startedAt = performance.now();
    lost.start();
    await waitUntil(() => healthyView(cluster.nodes), {
      what: 'three voters are healthy again',
      withinMs: 120_000,
      everyMs: 20,
      explain: () => cluster.explain(),
    });
    return (performance.now() - startedAt) / 1_000;
  };
}

function referenceMeasurement(cluster: PlainCluster, role: Role): Measurement {
  return async () => {
    await pause(settlingMs);
    const lost: PlainMember = await roleHolder(cluster.nodes, role);
    await lost.kill();
    lost.loseDisk();
    const startedAt = performance.now();
    await replaceByScript(cluster, lost);
    await cluster.isHealthy();
    return (performance.now() - startedAt) / 1_000;
  };
}

async function compare(role: Role): Promise<Row> {
  // Every run is one removal, of which e2d by default allows only a few an hour.
  const cluster = new TestCluster({
    size: 3,
    defaultTimeouts: true,
    flags: ['--max-removals-per-hour', '1000'],
  });
  const reference = new PlainCluster(3, flags);
  try {
    await cluster.startHealthy();
    await reference.startHealthy();
    const figures = await alternate(runs, {
      e2d: e2dMeasurement(cluster, role),
      reference: referenceMeasurement(reference, role),
    });
    return {
      measure: `the ${role} of 3 loses its disk, until 3 healthy voters`,
      unit: 's',
      ...figures,
      goal: 'at most 1 s more',
      met: (e2d, other) => e2d <= other + 1,
    };
  } finally {
    await cluster.destroy();
    await reference.destroy();
  }
}

const only = process.argv.find((argument) => argument === 'follower' || argument === 'leader');
const roles: readonly Role[] = only === undefined ? ['follower', 'leader'] : [only as Role];
const rows: Row[] = [];
for (const role of roles) rows.push(await compare(role));
printTable(rows);
