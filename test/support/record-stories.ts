import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoryName } from '../replay/stories.ts';
import type { TestCluster } from './cluster.ts';
import type { IsolatedNetwork } from './isolated-network.ts';
import type { TestNode } from './test-node.ts';
import { waitUntil } from './wait-until.ts';

/** Where a story is played: a cluster of three that is healthy when the story begins. */
export interface Stage {
  readonly cluster: TestCluster;
  /** Only where the script asks for it. */
  readonly network: IsolatedNetwork | null;
  /** The folder of the snapshots; nothing is in it where the script asks for none. */
  readonly store: string;
  /** Keeps what a node has recorded so far: for a disk that is about to be lost. */
  readonly keep: (node: TestNode) => Promise<void>;
}

export interface Script {
  readonly healthCheckTimeout: string;
  readonly isolated?: true;
  /** The cluster has a snapshot store, and what each node keeps there every second. */
  readonly withStore?: true;
  readonly play: (stage: Stage) => Promise<void>;
}

/** Short of every time-out of its script, and longer than gossip takes to call a node dead. */
const absenceMs = 6_000;

/** What is done to the cluster in each story; the shorter, the smaller its recording. */
export const scripts: Readonly<Record<StoryName, Script>> = {
  bootstrap: {
    healthCheckTimeout: '1m',
    play: async ({ cluster }) => {
      await Promise.all(cluster.nodes.map((node) => node.stop()));
    },
  },
  'power-cycle': {
    healthCheckTimeout: '1m',
    play: async ({ cluster }) => {
      await Promise.all(cluster.nodes.map((node) => node.killBoth()));
      cluster.start();
      await isWhole(cluster);
    },
  },
  'lost-disk': {
    healthCheckTimeout: '5m',
    play: async ({ cluster, keep }) => {
      const leader = await cluster.leader();
      await knowsItself(leader);
      // etcd adds nobody before its members have been connected for five seconds.
      await pause(absenceMs);
      await leader.killBoth();
      await keep(leader);
      await leader.loseDisk();
      leader.start();
      await isWhole(cluster);
    },
  },
  partition: {
    healthCheckTimeout: '1m',
    isolated: true,
    play: async (stage) => {
      const leader = await cutOffLeader(stage);
      await pause(absenceMs);
      stage.network?.heal(leader.host);
      await isWhole(stage.cluster);
    },
  },
  'long-partition': {
    healthCheckTimeout: '4s',
    isolated: true,
    play: async (stage) => {
      const { cluster, network } = stage;
      const leader = await cutOffLeader(stage);
      await isRemoved(cluster, leader);
      network?.heal(leader.host);
      await isWhole(cluster);
    },
  },
  replacement: {
    healthCheckTimeout: '4s',
    play: async ({ cluster, keep }) => {
      const gone = await cluster.follower();
      await gone.killBoth();
      await keep(gone);
      const rest = cluster.nodes.filter((node) => node !== gone);
      const successor = cluster.addNode();
      successor.start();
      await isWhole(cluster, [...rest, successor]);
    },
  },
  paused: {
    healthCheckTimeout: '1m',
    play: async ({ cluster }) => {
      const leader = await cluster.leader();
      await knowsItself(leader);
      leader.freeze();
      await pause(absenceMs);
      leader.thaw();
      await isWhole(cluster);
    },
  },
  'etcd-killed': {
    healthCheckTimeout: '1m',
    play: async ({ cluster }) => {
      const node = await cluster.follower();
      const { etcdPid } = node;
      await node.killEtcd();
      await waitUntil(() => node.etcdPids.some((pid) => pid !== etcdPid), {
        what: `e2d of ${node.host} has started another etcd`,
        withinMs: 20_000,
        explain: () => cluster.explain(),
      });
      await isWhole(cluster);
    },
  },
  'e2d-killed': {
    healthCheckTimeout: '1m',
    play: async ({ cluster }) => {
      const node = await cluster.follower();
      await node.killE2d();
      node.start();
      await isWhole(cluster);
    },
  },
  'total-loss': {
    healthCheckTimeout: '1m',
    withStore: true,
    play: async ({ cluster, store, keep }) => {
      const told = await cluster.node(0).gateway.put('/told', '"before"');
      const revisionOf = (name: string) => Number(/Z-(\d+)-/.exec(name)?.[1]);
      const holdsIt = async () => (await readdir(store)).some((name) => revisionOf(name) >= told);
      await waitUntil(holdsIt, {
        what: 'the store holds a snapshot of it',
        withinMs: 20_000,
      });
      await Promise.all(cluster.nodes.map((node) => node.killBoth()));
      for (const node of cluster.nodes) await keep(node);
      await Promise.all(cluster.nodes.map((node) => node.loseDisk()));
      cluster.start();
      await isWhole(cluster);
    },
  },
};

/** Resolves when all is well, by etcd's own word and by every node's report. */
export async function isWhole(
  cluster: TestCluster,
  nodes: readonly TestNode[] = cluster.nodes,
): Promise<void> {
  await cluster.isHealthy(nodes);
  await Promise.all(nodes.map((node) => node.isInState(well, 30_000)));
}

const well = /etcd\.up\.healthy quorum\.held standing\.voting membership\.watching/;

/** Its log says that it leads only once it has probed its etcd. */
async function knowsItself(leader: TestNode): Promise<void> {
  await waitUntil(
    async () => {
      const report = await leader.report();
      return report.leader === leader.name;
    },
    { what: `${leader.host} knows that it leads`, withinMs: 20_000 },
  );
}

/** Resolves when the other two have another leader. */
async function cutOffLeader({ cluster, network }: Stage): Promise<TestNode> {
  if (network === null) throw new Error('nobody can be cut off here');
  const leader = await cluster.leader();
  await knowsItself(leader);
  const { leaderId } = await leader.gateway.status();
  const [other] = cluster.nodes.filter((node) => node !== leader);
  network.cut(leader.host);
  await waitUntil(
    async () => {
      const status = await other?.gateway.status();
      return typeof status?.leaderId === 'string' && status.leaderId !== leaderId;
    },
    { what: 'the majority has a leader', withinMs: 20_000, explain: () => cluster.explain() },
  );
  return leader;
}

async function isRemoved(cluster: TestCluster, gone: TestNode): Promise<void> {
  const [other] = cluster.nodes.filter((node) => node !== gone);
  await waitUntil(
    async () => {
      const list = await other?.gateway.members({ linearizable: true });
      return list?.members.length === 2;
    },
    { what: `${gone.host} is removed`, withinMs: 45_000, explain: () => cluster.explain() },
  );
}
