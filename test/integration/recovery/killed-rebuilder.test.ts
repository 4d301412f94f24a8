import { expect, test } from 'vitest';
import { momentsToTry } from '../../support/moments.ts';
import {
  appPairs,
  expectIdentity,
  giveOrder,
  hasLeft,
  identityOf,
  makePast,
} from '../../support/recovery.ts';
import type { TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { isKilled, openScene, type Scene } from './kills.ts';

/** Whoever has not committed yet forgets the order. */
const beforeCommit = [
  /"id":"chooseSnapshot","src"/,
  /"id":"stageSnapshot","src"/,
  /to acknowledge restore plan/,
  /pinRestore","output":{[^{]*"plan":{"stage":"acknowledged"/,
  /to commit restore plan/,
];

const afterCommit = [
  /pinRestore","output":{[^{]*"plan":{"stage":"committed"/,
  /to launch restore plan/,
  /"id":"stopReplacedEtcd","src"/,
  /"id":"installSnapshot","src"/,
  /renamed .* to .*\.restored$/,
  /renamed .*restoring.* to .*\/data\/member$/,
  /"xstate.done.actor.installSnapshot"/,
];

test('its e2d is killed at every step of a rebuild: nothing has changed, or it goes on', async () => {
  const scene = await openScene();
  const { cluster, shelf, switches } = scene;
  const survivor = cluster.node(0);
  const past = await makePast(cluster, shelf);
  await loseOthers(scene);
  for (const moment of momentsToTry(beforeCommit)) {
    const { etcdPid } = survivor;
    await killAt(moment, past.lineage);
    const { plan, lineage } = await isUnbound(survivor);
    expect({ plan, lineage }, String(moment)).toEqual({ plan: null, lineage: past.lineage });
    expect(await survivor.movedAside()).toEqual([]);
    expect(survivor.etcdPid).toBe(etcdPid);
  }
  let { lineage } = past;
  const tried = momentsToTry(afterCommit);
  for (const moment of tried) {
    await killAt(moment, lineage);
    lineage = await hasLeft(cluster, lineage, { nodes: [survivor] });
    await survivor.gateway.readLinearizably();
    await cluster.isHealthy([survivor]);
    await expectIdentity(survivor, lineage);
    expect(await appPairs(survivor.endpoint), String(moment)).toContainEqual([
      '/app/later',
      'too late',
    ]);
    if (moment === tried.at(-1)) break;
    const mate = cluster.node(1);
    mate.start();
    await cluster.isHealthy([survivor, mate]);
    await Promise.all([survivor, mate].map((node) => node.isSettled()));
    await loseOthers(scene);
  }

  async function killAt(moment: RegExp, of: string): Promise<void> {
    const [armed] = switches;
    armed?.arm(moment);
    await waitUntil(
      () =>
        giveOrder(survivor, { kind: 'rebuild', snapshotId: null, lineage: of }).then(
          () => true,
          (problem: { readonly code: string }) => problem.code === 'E2D_CONTROL_FAILED',
        ),
      { what: 'the order is taken', withinMs: 30_000, explain: () => survivor.explain() },
    );
    if (armed !== undefined) await isKilled(survivor, armed);
    survivor.start();
  }
}, 300_000);

async function loseOthers({ cluster }: Scene): Promise<void> {
  const [, ...others] = cluster.nodes;
  await Promise.all(others.map((node) => node.killBoth()));
  await Promise.all(others.map((node) => node.loseDisk()));
}

/** It runs its etcd, waits for quorum, and no plan binds it. */
async function isUnbound(node: TestNode) {
  await node.isInState(/active\.running.*quorum\.lost/, 30_000);
  return identityOf(node);
}
