import type { Checker } from '../../../../src/simulation/checkers/checker.ts';
import type { ConfigChangeEvent } from '../../../../src/simulation/etcd/events.ts';
import type { SimulatedMachine } from '../../../../src/simulation/simulated-machine.ts';
import { type ClusterDraft, World, type WorldWatcher } from '../../../../src/simulation/world.ts';

/** Where somebody stands who is no node of the cluster. */
const outside = '10.0.9.1';

export const calmDraft: ClusterDraft = {
  size: 3,
  healthCheckTimeoutMs: 5_000,
  learnerTimeoutMs: 5_000,
  maxRemovalsPerHour: 3,
  bootstrapTimeoutMs: 1_800_000,
  onExit: 'keep-etcd',
  snapshots: null,
};

/** A store, and a snapshot every few seconds. */
export const withStore: Partial<ClusterDraft> = {
  snapshots: {
    intervalMs: 5_000,
    restorePolicy: 'auto',
    verifyIntervalMs: null,
    keepAllMs: 3_600_000,
    keepCount: null,
  },
};

/** By then a cluster has formed, and its members count one another as connected. */
const settledMs = 10_000;

export interface WorldRun {
  readonly world: World;
  readonly changes: readonly ConfigChangeEvent[];
  /** Lets so much virtual time pass. */
  pass(ms: number): Promise<void>;
}

type Watching = Partial<Pick<Checker, keyof WorldWatcher>>;

/** A world whose machines are all started, and have had the time to form their cluster. */
export async function settledWorld(
  checkers: readonly Watching[] = [],
  draft: Partial<ClusterDraft> = {},
): Promise<WorldRun> {
  const run = emptyWorld(checkers, draft);
  for (const machine of run.world.machines) machine.startE2d();
  await run.pass(settledMs);
  return run;
}

/** A world in which nothing runs yet. */
export function emptyWorld(
  checkers: readonly Watching[] = [],
  draft: Partial<ClusterDraft> = {},
): WorldRun {
  const changes: ConfigChangeEvent[] = [];
  const watcher: WorldWatcher = {
    lifeBegan: (life) => {
      for (const checker of checkers) checker.lifeBegan?.(life);
    },
    stepped: (life, entry) => {
      for (const checker of checkers) checker.stepped?.(life, entry);
    },
    happened: (deed) => {
      for (const checker of checkers) checker.happened?.(deed);
    },
    configChanged: (event) => {
      changes.push(event);
      for (const checker of checkers) checker.configChanged?.(event);
    },
  };
  const world = new World(7, { ...calmDraft, ...draft }, [watcher]);
  const pass = (ms: number) => world.time.runUntil(world.time.nowMs() + ms);
  return { world, changes, pass };
}

export function machineAt({ machines }: World, index: number): SimulatedMachine {
  const machine = machines[index];
  if (machine === undefined) throw new Error(`there is no machine ${index}`);
  return machine;
}

export function memberIdOf({ disk, name }: SimulatedMachine): string {
  if (disk.data === null) throw new Error(`${name} has no data`);
  return disk.data.memberId;
}

/** A client of nobody's that talks to the etcd of a machine. */
export function clientOf({ etcd }: World, { config }: SimulatedMachine) {
  return etcd.endpoint(outside, config.urls.clientAdvertise);
}

/** What a call came to after so much virtual time. */
export async function answerOf<T>({ pass }: WorldRun, call: Promise<T>, ms = 5_000): Promise<T> {
  const settled = call.then(
    (value) => () => value,
    (problem: unknown) => () => {
      throw problem;
    },
  );
  await pass(ms);
  return (await settled)();
}

/** No e2d runs, and none is started again: what happens to the cluster is all from outside. */
export function holdE2d({ machines }: World): void {
  for (const machine of machines) {
    machine.stopService(false);
    machine.killE2d();
  }
}

/** Every disk of the world is lost at once; the machines are back after a while. */
export async function loseAll({ world, pass }: WorldRun, keepsIdentity = true): Promise<void> {
  const starts = world.machines.map((machine) => {
    const start = machine.powerOff();
    world.noteLoss(machine);
    machine.disk.wipe();
    if (!keepsIdentity) machine.identity = null;
    return start;
  });
  await pass(1_000);
  for (const start of starts) start();
}

export function storeOf({ store }: World): NonNullable<World['store']> {
  if (store === null) throw new Error('no store is configured');
  return store;
}
