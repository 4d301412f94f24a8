import type { ClusterId } from '../../../machines/facts.ts';
import type { AcknowledgedWrite } from '../etcd/events.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import { restoredFrom } from '../etcd/restored-data.ts';
import { writeName } from '../etcd/writes.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';
import { lineageIn } from './store-kept.ts';

/**
 * No write that was acknowledged to anybody is missing from the history that can be elected, unless
 * more disks were lost than quorum allows. A restored cluster has all of what came before its
 * snapshot; what came after it is missed only where the disks were lost, or where an operator gave
 * it up by the name of its lineage.
 */
export class AcknowledgedWrites implements Checker {
  readonly violations: Violation[] = [];
  /** What clusters were restored from, by themselves. */
  readonly #origins = new Map<ClusterId, Keyspace>();

  /** To be called every little while: the disks of a restored cluster may be lost again. */
  look({ machines }: World): void {
    for (const { disk } of machines) {
      const { data } = disk;
      if (data === null || this.#origins.has(data.clusterId)) continue;
      const origin = restoredFrom(data);
      if (origin !== null) this.#origins.set(data.clusterId, origin.keyspace);
    }
  }

  finish(world: World): void {
    this.look(world);
    for (const clusterId of world.etcd.clusterIds) this.#check(world, clusterId);
  }

  #check(world: World, clusterId: ClusterId): void {
    const { etcd, lostClusters } = world;
    const writes = etcd.acknowledged.filter(
      (write) => write.clusterId === clusterId && write.value !== null,
    );
    const heirs = [...this.#origins.values()].filter((origin) => origin.clusterId === clusterId);
    for (const heir of heirs) this.#checkHeir(world, writes, heir);
    if (heirs.length > 0 || lostClusters.has(clusterId)) return;
    this.#blame(world, missing(writes, etcd.durableWrites(clusterId)));
  }

  #checkHeir(world: World, writes: readonly AcknowledgedWrite[], heir: Keyspace): void {
    const kept = new Set(heir.writes);
    const before = writes.filter(({ revision }) => Number(revision) <= heir.revision);
    this.#blame(world, missing(before, kept));
    const after = writes.filter(({ revision }) => Number(revision) > heir.revision);
    if (world.lostClusters.has(heir.clusterId)) return;
    if (world.givenUp.has(lineageIn(heir) ?? '')) return;
    this.#blame(world, missing(after, kept));
  }

  #blame({ time }: World, lost: readonly AcknowledgedWrite[]): void {
    const [first] = lost;
    if (first === undefined) return;
    const sentence = `${lost.length} acknowledged writes are lost, the first of them ${first.key} at revision ${first.revision}`;
    this.violations.push({ rule: 'S1', sentence, atMs: time.nowMs() });
  }
}

function missing(
  writes: readonly AcknowledgedWrite[],
  held: ReadonlySet<string>,
): readonly AcknowledgedWrite[] {
  return writes.filter(({ key, value }) => value !== null && !held.has(writeName(key, value)));
}
