import type { BootstrapPlan, Identity } from '../../../../machines/facts.ts';
import { Client } from '../../../../src/simulation/client.ts';
import type { Deed } from '../../../../src/simulation/events.ts';
import { loseAll, settledWorld, type WorldRun, withStore } from './run-world.ts';

type Watch = Parameters<typeof settledWorld>[0];

/** A world that took snapshots, and what was done in it. */
export async function securedWorld(
  checkers: NonNullable<Watch> = [],
  draft: Parameters<typeof settledWorld>[1] = {},
): Promise<{ readonly run: WorldRun; readonly deeds: Deed[] }> {
  const deeds: Deed[] = [];
  const listener = { happened: (deed: Deed) => void deeds.push(deed) };
  const run = await settledWorld([...checkers, listener], { ...withStore, ...draft });
  // A snapshot is taken only where something was written since the last one.
  new Client(run.world, run.world.random.fork());
  await run.pass(15_000);
  return { run, deeds };
}

/** One that lost all its disks, and came back from its store. */
export async function restoredWorld(checkers: NonNullable<Watch> = []) {
  const { run, deeds } = await securedWorld(checkers);
  await loseAll(run);
  await run.pass(40_000);
  const installed = deeds.flatMap((deed) => (deed.kind === 'installed' ? [deed] : []));
  return { run, deeds, installed };
}

export function planOf(
  run: WorldRun,
  snapshot: NonNullable<BootstrapPlan['snapshot']>,
): BootstrapPlan {
  const members = run.world.machines.map(({ name, config }) => ({
    nodeId: name,
    name,
    peerUrl: config.urls.peerAdvertise,
  }));
  return { id: 'nonce.0-plan', coordinator: 'n1', members, snapshot };
}

export function boundBy(identity: Identity | null, plan: BootstrapPlan): Identity {
  if (identity === null) throw new Error('the node has no identity');
  return { ...identity, plan: { stage: 'launched', plan } };
}
