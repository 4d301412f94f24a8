import type { ClusterId } from '../../../machines/facts.ts';
import type { RuleId } from '../../../machines/rules.ts';
import { clusterRecordKey, snapshotMarkerKey, volatilePrefix } from '../../etcd/membership/keys.ts';
import { stateOf } from '../etcd/durability.ts';
import { restoredFrom } from '../etcd/restored-data.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';
import { lineageIn } from './store-kept.ts';

type Restored = NonNullable<ReturnType<typeof restoredFrom>>;

/**
 * S5: what a restored cluster is, once it says that it is of a new lineage, and that revisions went
 * on rising for whoever watches them.
 */
export class NewLineage implements Checker {
  readonly violations: Violation[] = [];

  finish(world: World): void {
    for (const clusterId of world.etcd.clusterIds) {
      const log = world.etcd.electable(clusterId);
      const origin = log === null ? null : restoredFrom(log);
      if (log === null || origin === null) continue;
      const { keys } = stateOf(log, 'committed');
      const blame = (sentence: string) => this.#blame(world, 'S5', `${clusterId}: ${sentence}`);
      this.#checkRevision(world, clusterId, origin);
      const record = keys.get(clusterRecordKey);
      const lineage = record === undefined ? null : textIn(record.value, 'lineage');
      // Nobody has settled it yet.
      if (lineage === lineageIn(origin.keyspace) && (record?.modRevision ?? 0) <= origin.revision) {
        continue;
      }
      if (lineage !== origin.planId)
        blame(`it says that it is of ${lineage}, not ${origin.planId}`);
      for (const [key, { modRevision }] of keys) {
        if (!key.startsWith(volatilePrefix) || modRevision > origin.revision) continue;
        blame(`${key} is left of the cluster that the snapshot is of`);
      }
      const marker = keys.get(snapshotMarkerKey);
      if (marker === undefined || textIn(marker.value, 'sha256') !== origin.keyspace.sha256) {
        blame(`${snapshotMarkerKey} does not tell what it was restored from`);
      }
    }
  }

  #checkRevision(world: World, clusterId: ClusterId, { keyspace, revision }: Restored): void {
    const shown = world.etcd.acknowledged
      .filter((write) => write.clusterId === keyspace.clusterId)
      .map((write) => Number(write.revision));
    const highest = Math.max(0, ...shown);
    if (revision > highest) return;
    this.#blame(
      world,
      'S5',
      `${clusterId} began at revision ${revision}, and ${highest} was shown`,
    );
  }

  #blame({ time }: World, rule: RuleId, sentence: string): void {
    this.violations.push({ rule, sentence, atMs: time.nowMs() });
  }
}

function textIn(value: string, name: string): unknown {
  return (JSON.parse(value) as Readonly<Record<string, unknown>>)[name];
}
