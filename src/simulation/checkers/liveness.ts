import { statePath } from '../../../machines/state-path.ts';
import { statusReport } from '../../node/status.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/**
 * Once everything is healed the cluster is well in the end, or every node that is not says by which
 * rule it waits. Where nobody has lost data there is nothing to wait for.
 */
export class Liveness implements Checker {
  readonly violations: Violation[] = [];
  /** Whether the cluster was well at the end. */
  isWell = false;

  finish(world: World): void {
    const { machines, time } = world;
    this.isWell = isClusterWell(world);
    if (this.isWell) return;
    const blame = (sentence: string) =>
      this.violations.push({ rule: 'liveness', sentence, atMs: time.nowMs() });
    const stuck = machines.filter((machine) => !isWell(machine) && waitOf(machine) === null);
    for (const machine of stuck) blame(`${machine.name} ${standOf(machine)}`);
    const waiting = machines.filter((machine) => waitOf(machine) !== null);
    const isWhole = machines.every(
      ({ disk, dataLost }) => !dataLost && disk.state !== 'unreadable',
    );
    if (isWhole && stuck.length === 0) {
      const sayings = waiting.map((machine) => `${machine.name} ${standOf(machine)}`);
      blame(`no data was lost, but the cluster is not well: ${sayings.join('; ')}`);
    }
  }
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

function isWell({ life }: SimulatedMachine): boolean {
  return (
    life?.node.driver.snapshot.matches({
      active: { running: { etcd: { up: 'healthy' }, quorum: 'held', standing: 'voting' } },
    }) ?? false
  );
}

function waitOf({ life }: SimulatedMachine): string | null {
  if (life === null) return null;
  const { waitingFor } = statusReport(life.node.driver.snapshot, {
    processId: 0,
    stateSinceMs: 0,
    quorumSinceMs: 0,
    warnings: [],
  });
  return waitingFor === null ? null : `waits by ${waitingFor.rule}: ${waitingFor.sentence}`;
}

function standOf(machine: SimulatedMachine): string {
  const { life } = machine;
  if (life === null) return 'does not run';
  const state = statePath(life.node.driver.snapshot.value);
  return `is in ${state}, and ${waitOf(machine) ?? 'says of no rule that it waits for it'}`;
}
