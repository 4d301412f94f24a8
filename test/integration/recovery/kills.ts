import { expect, onTestFinished } from 'vitest';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { KillSwitch } from '../../support/kill-switch.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import {
  appPairs,
  expectGoneBack,
  expectIdentity,
  giveOrder,
  goBackTo,
  hasLeft,
  identityOf,
  makePast,
  type Past,
} from '../../support/recovery.ts';
import { fileShelf, type Shelf } from '../../support/shelf.ts';
import type { TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A cluster of which one node can be killed at an exact moment. */
export interface Scene {
  readonly cluster: TestCluster;
  readonly shelf: Shelf;
  readonly switches: readonly KillSwitch[];
}

export async function openScene(size = 3): Promise<Scene> {
  const { shelf, remove } = fileShelf();
  const block = new LoopbackBlock();
  const switches = Array.from({ length: size }, () => new KillSwitch());
  const places = switches.map(({ commandPrefix }) => ({ host: block.next(), commandPrefix }));
  const cluster = new TestCluster({ size, flags: shelf.flags, places });
  onTestFinished(async () => {
    await cluster.destroy();
    for (const one of switches) one.remove();
    remove();
  });
  await cluster.startHealthy();
  return { cluster, shelf, switches };
}

/** Its e2d has died at the moment that its switch was armed for. */
export async function isKilled(node: TestNode, armed: KillSwitch): Promise<void> {
  await waitUntil(() => !armed.isArmed && node.e2dPid === null, {
    what: `e2d of ${node.host} kills itself`,
    withinMs: 30_000,
    explain: () => node.explain(),
  });
}

/**
 * The first node coordinates; the e2d of `victim` dies at the moment, and is started again. Tells
 * what came of it: all is as before, or all nodes are of the new lineage. Anything else throws.
 */
export async function goBackWithKill(
  { cluster, shelf, switches }: Scene,
  { victim, moment }: { readonly victim: number; readonly moment: RegExp },
): Promise<'as before' | 'gone back'> {
  await cluster.isHealthy();
  const past = await makePast(cluster, shelf);
  const etcdPids = cluster.nodes.map((node) => node.etcdPid);
  const [node, armed] = [cluster.node(victim), switches[victim]];
  armed?.arm(moment);
  await giveOrder(cluster.node(0), goBackTo(past)).catch(unlessHungUp);
  if (armed !== undefined) await isKilled(node, armed);
  node.start();
  if ((await settles(cluster, past)) === 'as before') {
    await expectAsBefore(cluster, past, etcdPids);
    return 'as before';
  }
  const lineage = await hasLeft(cluster, past.lineage);
  await expectGoneBack(cluster, past, lineage);
  return 'gone back';
}

/** Who dies on hearing the order cannot say that it was taken. */
function unlessHungUp(problem: unknown): void {
  if (!(problem instanceof E2dError && problem.code === 'E2D_CONTROL_FAILED')) throw problem;
}

/** Until nobody is bound by a plan, and everybody votes in one and the same cluster. */
async function settles(cluster: TestCluster, past: Past): Promise<'as before' | 'gone back'> {
  return waitUntil(
    async () => {
      const identities = await Promise.all(cluster.nodes.map(identityOf));
      if (identities.some(({ plan }) => plan !== null)) return null;
      const lineages = new Set(identities.map(({ lineage }) => lineage));
      if (lineages.size !== 1) return null;
      const reports = await Promise.all(cluster.nodes.map((one) => one.report()));
      if (!reports.every(({ node }) => /standing\.voting/.test(node.state))) return null;
      return lineages.has(past.lineage) ? 'as before' : 'gone back';
    },
    {
      what: 'all nodes vote, and nobody is bound by a plan',
      withinMs: 60_000,
      everyMs: 300,
      explain: () => cluster.explain(),
    },
  );
}

/** Every write is there, and every etcd has run on. */
export async function expectAsBefore(
  cluster: TestCluster,
  past: Past,
  etcdPids: readonly number[],
): Promise<void> {
  await cluster.isHealthy();
  expect(cluster.nodes.map((node) => node.etcdPid)).toEqual(etcdPids);
  for (const node of cluster.nodes) {
    expect(await appPairs(node.endpoint)).toContainEqual(['/app/later', 'too late']);
    await expectIdentity(node, past.lineage);
  }
  await expectEqualData(cluster.nodes);
}
