import type { BootstrapPlan, ClusterId, Identity } from '../../../machines/facts.ts';
import type { RuleId } from '../../../machines/rules.ts';
import type { DriverEntry } from '../../node/driver.ts';
import type { DataDir } from '../etcd/disk.ts';
import { clusterIdOf, memberIdOf } from '../etcd/identifiers.ts';
import { restoredFrom } from '../etcd/restored-data.ts';
import type { Deed } from '../events.ts';
import type { Life } from '../life.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/** The cluster that a plan makes, by the ids that etcd gives. */
function clusterOf({ id, members }: BootstrapPlan): ClusterId {
  return clusterIdOf(members.map(({ peerUrl }) => memberIdOf([peerUrl], id)));
}

/**
 * S1, S2, S3, S4 and S9 at the instant at which a disk changes: what makes way, for what, and with
 * whose word.
 */
export class Restores implements Checker {
  readonly violations: Violation[] = [];
  readonly #world: () => World;
  /** Plans that restore, by the cluster that they make. */
  readonly #plans = new Map<ClusterId, BootstrapPlan>();
  /** Data that was ever seen on a disk, and how often that disk had been lost by then. */
  readonly #seen = new Map<
    DataDir,
    { readonly machine: SimulatedMachine; readonly wiped: number }
  >();
  #isApproved = false;
  readonly #told = new Set<DataDir>();

  constructor(world: () => World) {
    this.#world = world;
  }

  happened(deed: Deed): void {
    if (deed.kind === 'makingWay') this.#checkWay(this.#machine(deed.machine), deed.plan);
    if (deed.kind === 'installed') this.#checkInstalled(this.#machine(deed.machine), deed.plan);
    if (deed.kind === 'chosen') this.#checkChoice(deed);
    if (deed.kind === 'ordered' && deed.order.kind === 'approve') this.#isApproved = true;
  }

  /** A first promise is made only on what the store was found to hold (S1). */
  stepped({ machine, entries, settings }: Life, { effects }: DriverEntry): void {
    if (settings.snapshots === null) return;
    for (const effect of effects) {
      if (effect.kind !== 'start' || effect.src !== 'writeIdentity') continue;
      const { identity } = effect.input as { readonly identity: Identity };
      const { plan } = identity;
      if (plan?.stage !== 'acknowledged' || machine.identity?.plan?.plan.id === plan.plan.id) {
        continue;
      }
      const { snapshot } = plan.plan;
      if (snapshot?.replaces !== undefined) continue;
      const found = lastReading(entries);
      const wanted = snapshot === undefined ? ['empty'] : ['snapshot', 'ambiguous'];
      if (found !== null && wanted.includes(found)) continue;
      // An operator who names a snapshot knows more than a listing that fails.
      if (snapshot !== undefined && this.#isApproved) continue;
      const what = snapshot === undefined ? 'a new cluster' : `to restore ${snapshot.id}`;
      this.#blame('S1', `${machine.name} agrees on ${what}, and found the store ${found}`);
    }
  }

  #checkChoice({ machine, snapshotId, keyspace, order }: Extract<Deed, { kind: 'chosen' }>): void {
    if (order === null) return;
    if (order.snapshotId === null || order.snapshotId === snapshotId) return;
    this.#blame(
      'S4',
      `${machine} was told ${order.snapshotId}, and took ${snapshotId} (${keyspace.sha256})`,
    );
  }

  #checkWay(machine: SimulatedMachine, plan: BootstrapPlan): void {
    const { name, disk, identity } = machine;
    if (disk.staged?.planId !== plan.id) {
      this.#blame('S4', `${name} makes way for plan ${plan.id}, whose data is not ready`);
    }
    if (identity?.plan?.plan.id !== plan.id || identity.plan.stage !== 'launched') {
      this.#blame('S4', `${name} makes way for plan ${plan.id}, to which it has not agreed`);
    }
    const { replaces } = plan.snapshot ?? {};
    if (replaces !== undefined && this.#world().givenUp.has(replaces)) return;
    for (const holder of this.#world().machines) {
      if (!this.#holdsOldData(holder, plan)) continue;
      const sentence = `${name} restores by plan ${plan.id}, and ${holder.name} has its data`;
      this.#blame('S2', sentence);
    }
  }

  /** Data of a member that its cluster still lists. What the plan itself made is not old. */
  #holdsOldData({ disk }: SimulatedMachine, plan: BootstrapPlan): boolean {
    const { data, state } = disk;
    if (data === null || state !== 'readable' || data.clusterId === clusterOf(plan)) return false;
    const members = this.#world().etcd.clusters().get(data.clusterId)?.members ?? [];
    return members.some(({ id }) => id === data.memberId);
  }

  #checkInstalled({ name, disk }: SimulatedMachine, plan: BootstrapPlan): void {
    this.#plans.set(clusterOf(plan), plan);
    const { data } = disk;
    if (data === null) return void this.#blame('S4', `${name} has installed nothing`);
    this.#checkOrigin(name, data, plan);
  }

  #checkOrigin(name: string, data: DataDir, plan: BootstrapPlan): void {
    const origin = restoredFrom(data);
    const isIt = origin?.planId === plan.id && origin.keyspace.sha256 === plan.snapshot?.sha256;
    if (isIt || this.#told.has(data)) return;
    this.#told.add(data);
    const found = origin === null ? 'nothing' : `${origin.keyspace.sha256} by ${origin.planId}`;
    this.#blame('S4', `${name} restored ${found}, and plan ${plan.id} another content`);
  }

  /** To be called every little while. */
  look({ machines }: World): void {
    for (const machine of machines) {
      const { disk, name } = machine;
      if (disk.data !== null && !this.#seen.has(disk.data)) {
        this.#seen.set(disk.data, { machine, wiped: disk.wiped });
      }
      const plan = disk.data === null ? undefined : this.#plans.get(disk.data.clusterId);
      // A member that joined has nothing until its leader sends it the log.
      if (disk.data !== null && plan !== undefined && disk.data.log.length > 0) {
        this.#checkOrigin(name, disk.data, plan);
      }
    }
    for (const [data, { machine, wiped }] of this.#seen) {
      const { disk, name } = machine;
      const isKept = disk.data === data || disk.aside.some((moved) => moved.data === data);
      if (isKept) continue;
      this.#seen.delete(data);
      if (disk.wiped !== wiped) continue;
      this.#blame('S3', `the data of member ${data.memberId} is gone from ${name}`);
    }
  }

  #machine(name: string): SimulatedMachine {
    const machine = this.#world().machines.find((one) => one.name === name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  #blame(rule: RuleId, sentence: string): void {
    this.violations.push({ rule, sentence, atMs: this.#world().time.nowMs() });
  }
}

function lastReading(entries: Life['entries']): string | null {
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const event = entries[at]?.event;
    if (event?.type === 'store.read') return event['reading'].fact;
  }
  return null;
}
