import { statePath } from '../../../machines/state-path.ts';
import { statusReport } from '../../node/status.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/**
 * The longest that any state waits by itself is a minute: the cap on removals is looked at anew.
 */
const longestSilenceMs = 70_000;

/**
 * Once everything is healed the cluster is well in the end, or every node that is not says by which
 * rule it waits. Where nobody has lost data there is nothing to wait for.
 */
export class Liveness implements Checker {
  readonly violations: Violation[] = [];
  /** Whether the cluster was well at the end. */
  isWell = false;
  /** How each node that is not well stands at the end. */
  stands: readonly string[] = [];

  finish(world: World): void {
    const { machines, time } = world;
    this.isWell = isClusterWell(world);
    if (this.isWell) return;
    const unwell = machines.filter((machine) => !isWell(machine));
    this.stands = unwell.map((machine) => `${machine.name} ${standOf(machine)}`);
    const blame = (sentence: string) =>
      this.violations.push({ rule: 'liveness', sentence, atMs: time.nowMs() });
    const stuck = machines.filter(
      (machine) => !isWell(machine) && (isSilent(machine) || waitOf(machine) === null),
    );
    for (const machine of stuck) blame(`${machine.name} ${standOf(machine)}`);
    const waiting = machines.filter((machine) => waitOf(machine) !== null);
    const isWhole = machines.every(
      ({ disk, dataLost }) => !dataLost && disk.state !== 'unreadable',
    );
    if (isWhole && stuck.length === 0 && !isForestalled(world)) {
      const sayings = waiting.map((machine) => `${machine.name} ${standOf(machine)}`);
      blame(`no data was lost, but the cluster is not well: ${sayings.join('; ')}`);
    }
  }
}

/** Before a first cluster formed, its store held what a person has to say something to. */
function isForestalled({ etcd, store }: World): boolean {
  const [formed] = etcd.clusterIds;
  return formed === undefined && store !== null && store.entries.length > 0;
}

export function isClusterWell({ machines, etcd }: World): boolean {
  const [first] = machines;
  const clusterId = first?.disk.data?.clusterId;
  const members = clusterId === undefined ? [] : (etcd.clusters().get(clusterId)?.members ?? []);
  return (
    members.length === machines.length &&
    members.every(({ learner }) => !learner) &&
    machines.every(isWell)
  );
}

/** A node that hangs believes what it believed last: it is well only if it is awake. */
function isWell(machine: SimulatedMachine): boolean {
  const { life, etcd } = machine;
  if (isSilent(machine) || etcd?.isRunning !== true || etcd.isPaused) return false;
  return (
    life?.node.driver.snapshot.matches({
      active: { running: { etcd: { up: 'healthy' }, quorum: 'held', standing: 'voting' } },
    }) ?? false
  );
}

/** Every state looks at the world now and then: longer silence is a loop that stands still. */
function isSilent({ life }: SimulatedMachine): boolean {
  const lastMs = life?.entries.at(-1)?.atMs ?? 0;
  return life === null || life.time.nowMs() - lastMs > longestSilenceMs;
}

function waitOf({ life }: SimulatedMachine): string | null {
  if (life === null) return null;
  const { waitingFor } = statusReport(life.node.driver.snapshot, {
    processId: 0,
    stateSinceMs: 0,
    quorumSinceMs: 0,
    certificates: [],
    warnings: [],
    clock: life.time,
  });
  return waitingFor === null ? null : `waits by ${waitingFor.rule}: ${waitingFor.sentence}`;
}

function standOf(machine: SimulatedMachine): string {
  const { life } = machine;
  if (life === null) return 'does not run';
  const state = statePath(life.node.driver.snapshot.value);
  if (isSilent(machine)) return `stands still in ${state}`;
  return `is in ${state}, and ${waitOf(machine) ?? 'says of no rule that it waits for it'}`;
}
