import type { ClusterId } from '../../../machines/facts.ts';
import { isE2dEntry } from '../../snapshots/catalogue/snapshot-order.ts';
import { restoredFrom } from '../etcd/restored-data.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

interface Birth {
  /** The cluster whose snapshot it was restored from; null for one that began empty. */
  readonly parent: ClusterId | null;
}

/**
 * Of all clusters that etcd ever ran in one began empty, whether it has acknowledged a write or
 * not, unless nothing at all was left of it; the others were restored, and no two of them serve
 * side by side.
 */
export class OneLineage implements Checker {
  readonly violations: Violation[] = [];
  readonly #births = new Map<ClusterId, Birth>();
  /** Began empty when nothing was left that could have told of a cluster before. */
  readonly #anew = new Set<ClusterId>();

  /** To be called every little while: what a cluster came from is told by its first data. */
  look(world: World): void {
    for (const { disk } of world.machines) {
      const { data } = disk;
      if (data === null || data.log.length === 0 || this.#births.has(data.clusterId)) continue;
      const parent = restoredFrom(data)?.keyspace.clusterId ?? null;
      this.#births.set(data.clusterId, { parent });
      if (parent !== null || this.#births.size === 1) continue;
      this.#checkEmpty(world, data.clusterId);
      if (!isRemembered(world, data.clusterId)) this.#anew.add(data.clusterId);
    }
  }

  finish(world: World): void {
    const { etcd, time } = world;
    this.look(world);
    const ids = [...etcd.clusterIds];
    const roots = ids.filter(
      (id) => (this.#births.get(id)?.parent ?? null) === null && !this.#anew.has(id),
    );
    if (roots.length > 1) {
      const sentence = `etcd ran in ${roots.length} clusters: ${roots.join(', ')}`;
      this.violations.push({ rule: 'S7', sentence, atMs: time.nowMs() });
    }
    this.#checkTurns(world);
  }

  /** S4: nobody begins anew where the store holds what there was before. */
  #checkEmpty({ store, time }: World, clusterId: ClusterId): void {
    const held = store?.entries.filter(isE2dEntry) ?? [];
    if (held.length === 0) return;
    const sentence = `cluster ${clusterId} began empty, and the store holds ${held[0]?.id}`;
    this.violations.push({ rule: 'S4', sentence, atMs: time.nowMs() });
  }

  /** A cluster that another one has followed acknowledges nothing any more. */
  #checkTurns({ etcd }: World): void {
    const over = new Set<ClusterId>();
    let current: ClusterId | null = null;
    for (const { clusterId, atMs } of etcd.acknowledged) {
      if (clusterId === current) continue;
      if (over.has(clusterId)) {
        const sentence = `cluster ${clusterId} acknowledges writes beside ${current}, which follows it`;
        this.violations.push({ rule: 'S7', sentence, atMs });
        return;
      }
      if (current !== null) over.add(current);
      current = clusterId;
    }
  }
}

/** Whether any machine knows of a cluster before this one, by its data or by its identity. */
function isRemembered({ machines }: World, clusterId: ClusterId): boolean {
  return machines.some(({ disk, identity }) => {
    const known = [disk.data?.clusterId, identity?.clusterId];
    return known.some((one) => typeof one === 'string' && one !== clusterId);
  });
}
